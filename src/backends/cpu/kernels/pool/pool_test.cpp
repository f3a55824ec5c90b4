// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

// PyTorch's and ONNX's definition: ceil mode lets the last window start inside the tensor or its left padding.
int64_t out_size(int64_t in, int64_t kernel, int64_t stride, int64_t dilation, int64_t before, int64_t after,
                 bool ceil) {
  const int64_t room = in + before + after - (dilation * (kernel - 1) + 1);
  int64_t out = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (out - 1) * stride >= in + before) --out;
  return out;
}

void naive(const TensorView& in, const TensorView& out, Pool::Kind kind, const PoolWindow& w) {
  const int spatial = w.kernel.rank();
  for (Walk walk(out.dims, {out.strides}); walk.more(); walk.next()) {
    double sum = 0, top = -INFINITY, counted = 0;
    for (Walk tap(w.kernel, {}); tap.more(); tap.next()) {
      int64_t offset = walk.index()[0] * in.strides[0] + walk.index()[1] * in.strides[1];
      bool inside = true, padded = true;
      for (int i = 0; i < spatial; ++i) {
        const int64_t at = walk.index()[2 + i] * w.stride[i] - w.pad_before[i] + tap.index()[i] * w.dilation[i];
        inside = inside && at >= 0 && at < in.dims[2 + i];
        padded = padded && at < in.dims[2 + i] + w.pad_after[i];
        offset += at * in.strides[2 + i];
      }
      if (inside) {
        sum += load_double(in, offset);
        top = std::fmax(top, load_double(in, offset));
      }
      if (w.count_include_pad ? padded : inside) ++counted;
    }
    store_double(out, walk.offset(0), kind == Pool::Kind::Max ? top : sum / counted);
  }
}

class PoolOn : public OnEveryIsa {
 protected:
  static void check(const Shape& dims, const PoolWindow& window, bool ceil, Pool::Kind kind, DataType type,
                    const std::vector<int>& in_order, const std::vector<int>& out_order, std::mt19937& random) {
    Lane lane(random() % 2 == 0 ? 1 : 2);
    Shape out_dims = dims;
    for (int i = 0; i < window.kernel.rank(); ++i) {
      out_dims[2 + i] = out_size(dims[2 + i], window.kernel[i], window.stride[i], window.dilation[i],
                                 window.pad_before[i], window.pad_after[i], ceil);
    }
    std::vector<int> plain;
    for (int i = 0; i < dims.rank(); ++i) plain.push_back(i);
    RowTensor in(type, dims, in_order, static_cast<int64_t>(random() % 2)), out(type, out_dims, out_order, 1);
    RowTensor want(DataType::F32, out_dims, plain);
    in.fill(random, type == DataType::U8 ? 0 : type == DataType::I8 ? -128 : -3, type == DataType::U8 ? 255 : 3);
    naive(in.view, want.view, kind, window);
    Pool pool(type, kind, window, GetParam());
    pool.bind(dims, in.view.strides, out_dims, out.view.strides);
    pool.run(lane, in.view.data, out.view.data);
    expect_close(out.view, want.view, epsilon_of(type) + 1e-6, 1e-6);
    expect_gaps_untouched(out);
  }
};

TEST_P(PoolOn, TwoDimensionsInEveryLayout) {
  std::mt19937 random(5);
  const std::vector<std::vector<int>> orders = {{0, 1, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}};
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int i = 0; i < 120; ++i) {
    PoolWindow w;
    w.kernel = {1 + below(5), 1 + below(5)};
    w.stride = {1 + below(3), 1 + below(3)};
    w.dilation = {1 + below(2), 1 + below(2)};
    w.pad_before = {below(w.kernel[0]), below(w.kernel[1])};
    w.pad_after = {below(w.kernel[0]), below(w.kernel[1])};
    w.count_include_pad = below(2) == 0;
    const Shape dims{1 + below(2), 1 + below(70), 9 + below(12), 9 + below(40)};
    const auto kind = below(2) == 0 ? Pool::Kind::Max : Pool::Kind::Average;
    const DataType floats[] = {DataType::F32, DataType::F16, DataType::BF16},
                   all[] = {DataType::F32, DataType::F16, DataType::BF16, DataType::I8, DataType::U8};
    const DataType type = kind == Pool::Kind::Max ? all[below(5)] : floats[below(3)];
    const auto& order = orders[random() % 3];
    check(dims, w, below(2) == 0, kind, type, order, below(4) == 0 ? orders[0] : order, random);
    if (HasFatalFailure()) return;
  }
}

TEST_P(PoolOn, OneAndThreeDimensionsAndWideRows) {
  std::mt19937 random(6);
  for (const Pool::Kind kind : {Pool::Kind::Max, Pool::Kind::Average}) {
    check({2, 3, 5000}, {{7}, {3}, {2}, {3}, {2}}, false, kind, DataType::F32, {0, 1, 2}, {0, 1, 2}, random);
    check({1, 2, 2500}, {{600}, {500}, {1}, {0}, {0}}, true, kind, DataType::F32, {0, 1, 2}, {0, 1, 2}, random);
    check({2, 20, 6, 7, 8}, {{2, 3, 2}, {2, 1, 2}, {1, 2, 1}, {1, 1, 0}, {0, 1, 1}}, false, kind, DataType::F32,
          {0, 2, 3, 4, 1}, {0, 2, 3, 4, 1}, random);
    check({2, 5, 6, 7, 8}, {{2, 3, 2}, {2, 1, 2}, {1, 2, 1}, {1, 1, 0}, {0, 1, 1}}, true, kind, DataType::F16,
          {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, random);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, PoolOn, testing::ValuesIn(available_isas().begin(), available_isas().end()), isa_name);

}  // namespace
}  // namespace tn
