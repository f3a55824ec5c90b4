// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
using Attributes = std::map<std::string, import::Attribute, std::less<>>;

TEST(Reduce, ModesOverOneAxis) {
  const auto x = floats({2, 3}, {1, 2, 3, 4, -5, 6}), positive = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  const Attributes rows = {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{0}}};
  const auto reduced = [&](std::string_view op, const ConstantPtr& input) {
    return GraphBuilder().compute(op, 11, {input}, rows)[0];
  };
  expect_near(*reduced("ReduceSum", x), {6, 5});
  expect_near(*reduced("ReduceMean", x), {2, 5.0 / 3});
  expect_near(*reduced("ReduceMax", x), {3, 6});
  expect_near(*reduced("ReduceMin", x), {1, -5});
  expect_near(*reduced("ReduceProd", x), {6, -120});
  expect_near(*reduced("ReduceL1", x), {6, 15});
  expect_near(*reduced("ReduceL2", x), {3.74165739, 8.77496439});
  expect_near(*reduced("ReduceSumSquare", x), {14, 77});
  expect_near(*reduced("ReduceLogSum", positive), {1.79175947, 2.7080502});
  expect_near(*reduced("ReduceLogSumExp", x), {3.40760596, 6.12694272});
  EXPECT_EQ(reduced("ReduceLogSumExp", floats({1, 2}, {1000, 1000}))->number(0),
            static_cast<float>(1000 + std::log(2.0)));
}

TEST(Reduce, CompositesOfHalvesDoNotOverflowOnTheWay) {
  const auto y = GraphBuilder().compute("ReduceL2", 13, {tensor_of(DataType::F16, {2}, {3000, 4000})})[0];
  EXPECT_EQ(y->type(), DataType::F16);
  EXPECT_EQ(numbers(*y), Numbers{5000});
}

TEST(Reduce, AxesAsInputAndNone) {
  const auto x = counting({2, 3, 4});
  GraphBuilder b;
  const auto all = b.compute("ReduceSum", 13, {x});
  EXPECT_EQ(to_string(all[0]->dims()), "[1,1,1]");
  EXPECT_EQ(numbers(*all[0]), Numbers{276});
  const auto kept = b.compute("ReduceSum", 13, {x}, {{"noop_with_empty_axes", int64_t{1}}});
  EXPECT_EQ(numbers(*kept[0]), numbers(*x));
  EXPECT_EQ(numbers(*b.compute("ReduceMax", 18, {x, ints({0, 2})})[0]), (Numbers{15, 19, 23}));
  EXPECT_THROW(b.compute("ReduceMax", 18, {x, ints({3})}), Error);
}

TEST(Reduce, EmptyAndIntegers) {
  GraphBuilder b;
  const auto none = floats({2, 0}, {});
  const Attributes rows = {{"axes", std::vector<int64_t>{1}}};
  EXPECT_EQ(numbers(*b.compute("ReduceSum", 11, {none}, rows)[0]), (Numbers{0, 0}));
  EXPECT_EQ(b.compute("ReduceMax", 11, {none}, rows)[0]->number(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(numbers(*b.compute("ReduceMin", 11, {tensor_of(DataType::I8, {2, 0}, {})}, rows)[0]), (Numbers{127, 127}));
  EXPECT_EQ(numbers(*b.compute("ReduceSum", 11, {ints({1, 2, 3})})[0]), Numbers{6});
}

TEST(Reduce, KeepsSymbols) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {Dim::symbol("N"), 3, Dim::symbol("H")});
  EXPECT_EQ(b.type(b.import("ReduceMean", 11, {x}, {{"axes", std::vector<int64_t>{1}}})[0]), "f32[N,1,H]");
  const TensorId shape = b.import("Shape", 15, {x})[0];
  EXPECT_EQ(b.value(b.import("ReduceProd", 11, {shape}, {{"keepdims", int64_t{0}}})[0]), "[3*H*N]");
}

TEST(ArgReduce, FirstOrLastOfEqual) {
  GraphBuilder b;
  const auto x = floats({2, 3}, {2, 2, 1, 3, 10, 10});
  EXPECT_EQ(numbers(*b.compute("ArgMax", 13, {x}, {{"axis", int64_t{1}}})[0]), (Numbers{0, 1}));
  EXPECT_EQ(numbers(*b.compute("ArgMax", 13, {x}, {{"axis", int64_t{1}}, {"select_last_index", int64_t{1}}})[0]),
            (Numbers{1, 2}));
  const auto smallest = b.compute("ArgMin", 13, {x}, {{"keepdims", int64_t{0}}})[0];
  EXPECT_EQ(numbers(*smallest), (Numbers{0, 0, 0}));
  EXPECT_EQ(smallest->type(), DataType::I64);
  EXPECT_EQ(smallest->dims().rank(), 1);
}

TEST(Softmax, AlongAnAxisAndFlattened) {
  GraphBuilder b;
  const auto row = floats({3}, {1, 2, 3});
  expect_near(*b.compute("Softmax", 13, {row})[0], {0.09003057, 0.24472847, 0.66524096});
  expect_near(*b.compute("LogSoftmax", 13, {row})[0], {-2.40760596, -1.40760596, -0.40760596});
  EXPECT_EQ(numbers(*b.compute("Hardmax", 13, {floats({3}, {1, 3, 3})})[0]), (Numbers{0, 1, 0}));
  const auto flat = b.compute("Softmax", 11, {counting({2, 2, 3})})[0];
  EXPECT_EQ(to_string(flat->dims()), "[2,2,3]");
  expect_near(*flat, {0.00426978, 0.01160646, 0.03154963, 0.08576079, 0.23312201, 0.63369132, 0.00426978, 0.01160646,
                      0.03154963, 0.08576079, 0.23312201, 0.63369132});
}

}  // namespace
}  // namespace tn::ops
