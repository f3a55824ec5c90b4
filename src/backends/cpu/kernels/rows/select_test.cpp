// SPDX-License-Identifier: Apache-2.0
// ArgReduce, TopK and CumulativeSum.
#include <algorithm>
#include <numeric>

#include "backends/cpu/kernels/rows/arg_reduce.h"
#include "backends/cpu/kernels/rows/cumulative.h"
#include "backends/cpu/kernels/rows/row_fixture_test.h"
#include "backends/cpu/kernels/rows/top_k.h"

namespace tn {
namespace {

const std::vector<std::vector<int>> kOrders = {{0, 1, 2}, {0, 2, 1}, {2, 1, 0}};
const Shape kShapes[] = {{2, 3, 1}, {3, 5, 7}, {2, 17, 70}, {1, 2, 1000}};

// Few distinct values, so that ties are common.
void fill_with_ties(RowTensor& tensor, std::mt19937& random) {
  for (Walk walk(tensor.view.dims, {tensor.view.strides}); walk.more(); walk.next()) {
    store_double(tensor.view, walk.offset(0), static_cast<double>(random() % 9) - 4);
  }
}

Shape without(Shape dims, int axis) {
  dims[axis] = 1;
  return dims;
}

class ArgReduceOn : public OnEveryIsa {};

TEST_P(ArgReduceOn, EveryRuleAxisAndLayout) {
  std::mt19937 random(13);
  Lane one(1), two(2);
  for (const Shape& dims : kShapes) {
    for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
      for (int axis = 0; axis < 3; ++axis) {
        for (const bool smallest : {false, true}) {
          for (const bool last : {false, true}) {
            RowTensor in(type, dims, kOrders[random() % 3], 1);
            fill_with_ties(in, random);
            const Shape kept = without(dims, axis);
            RowTensor out(DataType::I64, kept, kOrders[random() % 3], 1);
            ArgReduce arg(type, {smallest, last}, GetParam());
            arg.bind(dims, in.view.strides, axis, out.view.strides);
            arg.run(random() % 2 == 0 ? one : two, in.view.data, out.view.as<int64_t>());
            for (Walk walk(kept, {in.view.strides, out.view.strides}); walk.more(); walk.next()) {
              int64_t want = 0;
              const auto at = [&](int64_t i) {
                return (smallest ? -1 : 1) * in.at(walk.offset(0) + i * in.view.strides[axis]);
              };
              for (int64_t i = 1; i < dims[axis]; ++i) {
                if (at(i) > at(want) || (last && at(i) == at(want))) want = i;
              }
              ASSERT_EQ(load_int64(out.view, walk.offset(1)), want) << to_string(dims) << axis << smallest << last;
            }
            expect_gaps_untouched(out);
          }
        }
      }
    }
  }
}

TEST_P(ArgReduceOn, RowsOfMinusInfinity) {
  Lane lane(1);
  for (const int64_t count : {1, 5, 16, 37}) {
    std::vector<float> in(static_cast<size_t>(count), -INFINITY);
    int64_t out = -1;
    ArgReduce arg(DataType::F32, {false, true}, GetParam());
    arg.bind({count}, {1}, 0, {0});
    arg.run(lane, in.data(), &out);
    EXPECT_EQ(out, count - 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ArgReduceOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         isa_name);

TEST(TopK, AgainstASort) {
  std::mt19937 random(14);
  for (const Shape& dims : kShapes) {
    for (const DataType type : {DataType::F32, DataType::F16}) {
      for (int axis = 0; axis < 3; ++axis) {
        for (const int64_t k : {int64_t{1}, (dims[axis] + 1) / 2, dims[axis]}) {
          const bool largest = random() % 2 == 0;
          RowTensor in(type, dims, kOrders[random() % 3], 1);
          fill_with_ties(in, random);
          Shape out_dims = dims;
          out_dims[axis] = k;
          RowTensor values(type, out_dims, kOrders[random() % 3], 1), indices(DataType::I64, out_dims, kOrders[0], 1);
          const int threads = 1 + static_cast<int>(random() % 2);
          Lane lane(threads);
          std::vector<int64_t> workspace(TopK::workspace_bytes(dims[axis], threads) / 8);
          TopK top(type, largest);
          top.bind(dims, in.view.strides, axis, k, values.view.strides, indices.view.strides);
          top.run(lane, in.view.data, values.view.data, indices.view.as<int64_t>(), workspace.data());
          for (Walk walk(without(dims, axis), {in.view.strides, values.view.strides, indices.view.strides});
               walk.more(); walk.next()) {
            std::vector<int64_t> order(static_cast<size_t>(dims[axis]));
            std::iota(order.begin(), order.end(), 0);
            const auto at = [&](int64_t i) { return in.at(walk.offset(0) + i * in.view.strides[axis]); };
            std::stable_sort(order.begin(), order.end(),
                             [&](int64_t a, int64_t b) { return largest ? at(a) > at(b) : at(a) < at(b); });
            for (int64_t i = 0; i < k; ++i) {
              const int64_t want = order[static_cast<size_t>(i)];
              ASSERT_EQ(load_int64(indices.view, walk.offset(2) + i * indices.view.strides[axis]), want);
              ASSERT_EQ(values.at(walk.offset(1) + i * values.view.strides[axis]), at(want));
            }
          }
          expect_gaps_untouched(values);
          expect_gaps_untouched(indices);
        }
      }
    }
  }
}

TEST(CumulativeSum, EveryRuleAxisAndLayout) {
  std::mt19937 random(15);
  for (const Shape& dims : kShapes) {
    for (const DataType type : {DataType::F32, DataType::F16}) {
      for (int axis = 0; axis < 3; ++axis) {
        for (const CumulativeSum::Rule rule : {CumulativeSum::Rule{false, false}, CumulativeSum::Rule{true, false},
                                               CumulativeSum::Rule{false, true}, CumulativeSum::Rule{true, true}}) {
          RowTensor in(type, dims, kOrders[random() % 3], 1), out(type, dims, kOrders[random() % 3], 1);
          RowTensor want(DataType::F32, dims, kOrders[0]);
          in.fill(random, -1, 1);
          for (Walk walk(without(dims, axis), {in.view.strides, want.view.strides}); walk.more(); walk.next()) {
            double sum = 0;
            for (int64_t k = 0; k < dims[axis]; ++k) {
              const int64_t i = rule.reverse ? dims[axis] - 1 - k : k;
              const double value = in.at(walk.offset(0) + i * in.view.strides[axis]);
              store_double(want.view, walk.offset(1) + i * want.view.strides[axis], rule.exclusive ? sum : sum + value);
              sum += value;
            }
          }
          Lane lane(2);
          CumulativeSum cumulative(type, rule);
          cumulative.bind(dims, in.view.strides, out.view.strides, axis);
          cumulative.run(lane, in.view.data, out.view.data);
          expect_close(out.view, want.view, 2 * epsilon_of(type), 1e-6);
          expect_gaps_untouched(out);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tn
