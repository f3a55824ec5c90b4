// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/reduce.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

constexpr ReduceOp kOps[] = {ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Max,       ReduceOp::Min,    ReduceOp::Product,
                             ReduceOp::L1,  ReduceOp::L2,   ReduceOp::SumSquare, ReduceOp::LogSum, ReduceOp::LogSumExp};

double naive(ReduceOp op, const std::vector<double>& x) {
  double sum = 0, absolute = 0, square = 0, exponential = 0, product = 1, high = -INFINITY, low = INFINITY;
  for (const double v : x) {
    sum += v;
    absolute += std::fabs(v);
    square += v * v;
    exponential += std::exp(v);
    product *= v;
    high = std::fmax(high, v);
    low = std::fmin(low, v);
  }
  switch (op) {
    case ReduceOp::Sum:
      return sum;
    case ReduceOp::Mean:
      return sum / static_cast<double>(x.size());
    case ReduceOp::Max:
      return high;
    case ReduceOp::Min:
      return low;
    case ReduceOp::Product:
      return product;
    case ReduceOp::L1:
      return absolute;
    case ReduceOp::L2:
      return std::sqrt(square);
    case ReduceOp::SumSquare:
      return square;
    case ReduceOp::LogSum:
      return std::log(sum);
    case ReduceOp::LogSumExp:
      return std::log(exponential);
  }
  return 0;
}

class ReduceOn : public OnEveryIsa {
 protected:
  static void check(ReduceOp op, const RowTensor& in, uint32_t axes, DataType type, Lane& lane) {
    const Shape& dims = in.view.dims;
    Shape kept = dims, reduced = dims;
    for (int i = 0; i < dims.rank(); ++i) (((axes >> i) & 1u) != 0 ? kept : reduced)[i] = 1;
    std::vector<int> order;
    for (int i = 0; i < dims.rank(); ++i) order.push_back(i);
    RowTensor out(type, kept, order, 1), want(DataType::F32, kept, order);
    double scale = 0;
    for (Walk walk(kept, {in.view.strides, want.view.strides}); walk.more(); walk.next()) {
      std::vector<double> x;
      double size = 0;
      for (Walk inner(reduced, {in.view.strides}); inner.more(); inner.next()) {
        x.push_back(in.at(walk.offset(0) + inner.offset(0)));
        size += std::fabs(x.back());
      }
      store_double(want.view, walk.offset(1), naive(op, x));
      scale = std::max(scale, op == ReduceOp::Sum ? size : 1.0);
    }
    Reduce reduce(type, op, GetParam());
    reduce.bind(dims, in.view.strides, axes, out.view.strides);
    reduce.run(lane, in.view.data, out.view.data);
    const double relative = op == ReduceOp::Product ? 1e-5 : 2e-6;
    expect_close(out.view, want.view, epsilon_of(type) + relative, 4e-7 * scale);
    expect_gaps_untouched(out);
  }
};

TEST_P(ReduceOn, EverySetOfAxesOpTypeAndLayout) {
  std::mt19937 random(3);
  Lane one(1), two(2);
  const std::vector<std::vector<int>> orders = {{0, 1, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}};
  for (const Shape& dims : {Shape{2, 3, 4, 5}, Shape{1, 33, 7, 7}, Shape{2, 70, 3, 9}, Shape{3, 1, 1, 40}}) {
    for (uint32_t axes = 0; axes < 16; ++axes) {
      for (const ReduceOp op : kOps) {
        const DataType type = random() % 2 == 0 ? DataType::F32 : random() % 2 == 0 ? DataType::F16 : DataType::BF16;
        RowTensor in(type, dims, orders[random() % 3], static_cast<int64_t>(random() % 2));
        const bool positive = op == ReduceOp::LogSum;
        if (op == ReduceOp::Product)
          in.fill(random, 0.97, 1.03);
        else
          in.fill(random, positive ? 0.1 : -2, 2);
        check(op, in, axes, type, random() % 2 == 0 ? one : two);
        if (HasFatalFailure()) FAIL() << "op " << static_cast<int>(op) << " axes " << axes << " " << name_of(type);
      }
    }
  }
}

TEST_P(ReduceOn, LongSumsStayAccurate) {
  std::mt19937 random(4);
  Lane two(2);
  for (const uint32_t axes : {1u, 2u, 3u}) {
    RowTensor in(DataType::F32, {50021, 5}, {0, 1});
    in.fill(random, 0, 1);
    check(ReduceOp::Sum, in, axes, DataType::F32, two);
    RowTensor turned(DataType::F32, {5, 50021}, {0, 1});
    turned.fill(random, 0, 1);
    check(ReduceOp::Mean, turned, axes, DataType::F32, two);
    if (HasFatalFailure()) return;
  }
}

TEST_P(ReduceOn, LogSumExpOfLargeValuesAndNaNInMax) {
  const std::vector<float> x = {1000, 1000, -1000, 999, 1000, 3, 4, 5, 1000};
  float result = 0;
  Lane lane(1);
  Reduce lse(DataType::F32, ReduceOp::LogSumExp, GetParam());
  lse.bind({9}, {1}, 1, {0});
  lse.run(lane, x.data(), &result);
  EXPECT_NEAR(result, 1000 + std::log(4 + std::exp(-1.0)), 1e-3);
  for (size_t at = 0; at < 70; at += 3) {
    std::vector<float> with_nan(70, 1.0f);
    with_nan[at] = NAN;
    Reduce highest(DataType::F32, ReduceOp::Max, GetParam());
    highest.bind({70}, {1}, 1, {0});
    highest.run(lane, with_nan.data(), &result);
    EXPECT_TRUE(std::isnan(result)) << at;
  }
}

TEST_P(ReduceOn, EmptyReductionIsNeutral) {
  Lane lane(1);
  std::vector<float> out(3, 7.0f);
  Reduce sum(DataType::F32, ReduceOp::Sum, GetParam());
  sum.bind({3, 0}, {0, 1}, 2, {1, 0});
  sum.run(lane, nullptr, out.data());
  EXPECT_EQ(out, std::vector<float>(3, 0.0f));
}

INSTANTIATE_TEST_SUITE_P(Isas, ReduceOn, testing::ValuesIn(available_isas().begin(), available_isas().end()), isa_name);

}  // namespace
}  // namespace tn
