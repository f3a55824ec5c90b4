// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/softmax.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

void naive(const TensorView& in, const TensorView& out, int axis, bool log) {
  Shape outer = in.dims;
  outer[axis] = 1;
  for (Walk walk(outer, {in.strides, out.strides}); walk.more(); walk.next()) {
    double top = -INFINITY, sum = 0;
    for (int64_t i = 0; i < in.dims[axis]; ++i) {
      top = std::fmax(top, load_double(in, walk.offset(0) + i * in.strides[axis]));
    }
    for (int64_t i = 0; i < in.dims[axis]; ++i) {
      sum += std::exp(load_double(in, walk.offset(0) + i * in.strides[axis]) - top);
    }
    for (int64_t i = 0; i < in.dims[axis]; ++i) {
      const double x = load_double(in, walk.offset(0) + i * in.strides[axis]) - top;
      store_double(out, walk.offset(1) + i * out.strides[axis], log ? x - std::log(sum) : std::exp(x) / sum);
    }
  }
}

class SoftmaxOn : public OnEveryIsa {};

TEST_P(SoftmaxOn, AnyAxisOfAnyLayout) {
  std::mt19937 random(1);
  Lane one(1), two(2);
  const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {2, 1, 0}};
  for (const Shape& dims : {Shape{2, 3, 1}, Shape{3, 5, 7}, Shape{2, 17, 33}, Shape{4, 70, 65}, Shape{1, 2, 1000}}) {
    for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
      for (int axis = 0; axis < 3; ++axis) {
        const bool log = random() % 3 == 0;
        RowTensor in(type, dims, orders[random() % 3], static_cast<int64_t>(random() % 3));
        RowTensor out(type, dims, random() % 2 == 0 ? orders[0] : orders[random() % 3], 1);
        in.fill(random, -9, 9);
        RowTensor want(DataType::F32, dims, orders[0]);
        naive(in.view, want.view, axis, log);
        Softmax softmax(type, log, GetParam());
        softmax.bind(dims, in.view.strides, out.view.strides, axis);
        softmax.run(random() % 2 == 0 ? one : two, in.view.data, out.view.data);
        const double epsilon = epsilon_of(type) + 0x1p-20;
        expect_close(out.view, want.view, epsilon, log ? epsilon : 0x1p-24);
        expect_gaps_untouched(out);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(SoftmaxOn, InPlaceAndExtremeValues) {
  std::vector<float> x = {1e30f, -1e30f, 1e30f, 0, -INFINITY, 3, 1e30f, 1, 2};
  Lane lane(1);
  Softmax softmax(DataType::F32, false, GetParam());
  softmax.bind({9}, {1}, {1}, 0);
  softmax.run(lane, x.data(), x.data());
  for (size_t i = 0; i < x.size(); ++i) EXPECT_FLOAT_EQ(x[i], i == 0 || i == 2 || i == 6 ? 1.0f / 3 : 0.0f);
}

INSTANTIATE_TEST_SUITE_P(Isas, SoftmaxOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         isa_name);

TEST(Softmax, OtherTypesAreRefused) {
  EXPECT_THROW(Softmax(DataType::I32), Error);
}

}  // namespace
}  // namespace tn
