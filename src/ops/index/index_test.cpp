// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;

ConstantPtr scalar(int64_t value) {
  return tensor_of(DataType::I64, {}, {static_cast<double>(value)});
}

TEST(Scatter, ReplacesAndReduces) {
  const auto indices = tensor_of(DataType::I64, {1, 3}, {1, -1, 1});
  const auto updates = floats({1, 3}, {10, 20, 30});
  EXPECT_EQ(numbers(*run(make("ScatterElements", {{"axis", int64_t{1}}}), {counting({1, 4}), indices, updates})[0]),
            (Numbers{0, 30, 2, 20}));
  EXPECT_EQ(numbers(*run(make("ScatterElements", {{"axis", int64_t{1}}, {"reduction", "add"}}),
                         {counting({1, 4}), indices, updates})[0]),
            (Numbers{0, 41, 2, 23}));
  EXPECT_EQ(
      numbers(*run(make("ScatterND", {{"reduction", "max"}}),
                   {counting({3, 2}), tensor_of(DataType::I64, {2, 1}, {2, 0}), floats({2, 2}, {9, 1, 7, -1})})[0]),
      (Numbers{7, 1, 2, 3, 9, 5}));
  EXPECT_THROW(run(make("ScatterND"), {counting({3}), tensor_of(DataType::I64, {1, 1}, {3}), floats({1}, {1})}), Error);
}

TEST(Select, OrdersAndMasks) {
  const auto top = run(make("TopK"), {floats({2, 4}, {1, 4, 3, 4, 2, 2, 5, 1}), ints({2})});
  EXPECT_EQ(numbers(*top[0]), (Numbers{4, 4, 5, 2}));
  EXPECT_EQ(numbers(*top[1]), (Numbers{1, 3, 2, 0}));
  const auto low =
      run(make("TopK", {{"axis", int64_t{0}}, {"largest", false}}), {floats({3, 1}, {3, 1, 2}), ints({2})});
  EXPECT_EQ(numbers(*low[1]), (Numbers{1, 2}));
  EXPECT_THROW(run(make("TopK"), {counting({2}), ints({3})}), Error);
  EXPECT_EQ(numbers(*run(make("CumSum"), {floats({2, 3}, {1, 2, 3, 4, 5, 6}), scalar(1)})[0]),
            (Numbers{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(
      numbers(*run(make("CumSum", {{"exclusive", true}, {"reverse", true}}), {floats({3}, {1, 2, 3}), scalar(0)})[0]),
      (Numbers{5, 3, 0}));
  EXPECT_EQ(numbers(*run(make("Trilu"), {counting({2, 3}), scalar(1)})[0]), (Numbers{0, 1, 2, 0, 0, 5}));
  EXPECT_EQ(numbers(*run(make("Trilu", {{"upper", false}}), {counting({2, 3})})[0]), (Numbers{0, 0, 0, 3, 4, 0}));
  EXPECT_EQ(numbers(*run(make("EyeLike", {{"k", int64_t{1}}}), {counting({2, 3})})[0]), (Numbers{0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(
      numbers(*run(make("OneHot", {{"axis", int64_t{0}}}), {ints({1, -1, 5}), scalar(3), floats({2}, {0, 2})})[0]),
      (Numbers{0, 0, 0, 2, 0, 0, 0, 2, 0}));
  EXPECT_EQ(numbers(*run(make("ReverseSequence"), {counting({3, 2}), ints({3, 2})})[0]), (Numbers{4, 3, 2, 1, 0, 5}));
}

// Runs an operator whose reference says the shapes.
std::vector<ConstantPtr> run_sized(const OpPtr& op, const std::vector<ConstantPtr>& inputs, size_t outputs) {
  const ReferenceEntry* entry = find_reference(op->name());
  std::vector<TensorView> in, out;
  for (const auto& input : inputs) in.push_back(input->view());
  std::vector<Shape> shapes(outputs);
  entry->make_extents(op->encode())(in, shapes);
  std::vector<ConstantPtr> results;
  for (size_t i = 0; i < outputs; ++i) {
    const DataType type =
        i == 0 && op->name() != "NonZero" && op->name() != "NonMaxSuppression" ? in[0].type : DataType::I64;
    results.push_back(Constant::make(type, shapes[i], [](const TensorView&) {}));
    out.push_back(results.back()->view());
  }
  entry->make(op->encode())(in, out);
  return results;
}

TEST(Sized, ReferencesSayTheirShapes) {
  const auto indices = run_sized(make("NonZero"), {floats({2, 2}, {1, 0, 3, 4})}, 1)[0];
  EXPECT_EQ(indices->dims(), (Shape{2, 3}));
  EXPECT_EQ(numbers(*indices), (Numbers{0, 1, 1, 0, 0, 1}));
  const auto rows =
      run_sized(make("Compress", {{"flat", false}}), {counting({3, 2}), tensor_of(DataType::Bool, {2}, {0, 1})}, 1)[0];
  EXPECT_EQ(rows->dims(), (Shape{1, 2}));
  EXPECT_EQ(numbers(*rows), (Numbers{2, 3}));
  const auto distinct = run_sized(make("Unique", {{"sorted", false}}), {floats({6}, {2, 1, 1, 3, 4, 3})}, 4);
  EXPECT_EQ(numbers(*distinct[0]), (Numbers{2, 1, 3, 4}));
  EXPECT_EQ(numbers(*distinct[1]), (Numbers{0, 1, 3, 4}));
  EXPECT_EQ(numbers(*distinct[2]), (Numbers{0, 1, 1, 2, 3, 2}));
  EXPECT_EQ(numbers(*distinct[3]), (Numbers{1, 2, 2, 1}));
  const auto boxes = floats({1, 3, 4}, {0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11});
  const auto kept = run_sized(make("NonMaxSuppression"),
                              {boxes, floats({1, 1, 3}, {0.9, 0.75, 0.6}), ints({3}), floats({1}, {0.5})}, 1)[0];
  EXPECT_EQ(numbers(*kept), (Numbers{0, 0, 0, 0, 0, 2}));
}

TEST(Sized, ExtentsAreBounded) {
  GraphBuilder b;
  const TensorId y = b.import("NonZero", 13, {b.input(DataType::F32, {Dim::symbol("N"), 4})})[0];
  const Dims& dims = b.graph.tensor(y).type.dims;
  EXPECT_EQ(dims[0], Dim(2));
  EXPECT_EQ(b.graph.unknowns().at(dims[1].to_string()), Dim::symbol("N") * 4);
}

}  // namespace
}  // namespace tn::ops
