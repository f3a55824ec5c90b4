// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
const Dim kN = Dim::symbol("N"), kS = Dim::symbol("S"), kH = Dim::symbol("H");

std::string reshaped(const Dims& data, const Dims& shape) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, data);
  const TensorId s = b.input(DataType::I64, {static_cast<int64_t>(shape.size())});
  b.graph.edit_tensor(s).value = shape;
  return b.type(b.import("Reshape", 17, {x, s})[0]);
}

TEST(Reshape, ResolvesZeroMinusOneAndSymbols) {
  EXPECT_EQ(reshaped({2, 3, 4}, {0, -1}), "f32[2,12]");
  EXPECT_EQ(reshaped({kN, 3, 4}, {-1, 12}), "f32[N,12]");
  EXPECT_EQ(reshaped({kN, kS, 768}, {0, 0, 12, 64}), "f32[N,S,12,64]");
  EXPECT_EQ(reshaped({kN, kS, 768}, {kN, -1, 12, 64}), "f32[N,S,12,64]");
  EXPECT_EQ(reshaped({kN, kS + 1, 768}, {kN, kS + 1, 12, -1}), "f32[N,S + 1,12,64]");
  EXPECT_EQ(reshaped({kN * kS, 768}, {kN, -1, 768}), "f32[N,S,768]");
  EXPECT_EQ(reshaped({0, 3, 4}, {0, -1}), "f32[0,12]");
  EXPECT_EQ(reshaped({1}, {}), "f32[]");
  EXPECT_THROW(reshaped({2, 3}, {4, -1}), Error);
  EXPECT_THROW(reshaped({2, 3}, {7}), Error);
  EXPECT_THROW(reshaped({2, 3}, {-1, -1}), Error);
}

TEST(Reshape, AttributeOfOldOpsetsAndFlatten) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 3, kH, 4});
  EXPECT_EQ(b.type(b.import("Reshape", 1, {x}, {{"shape", std::vector<int64_t>{0, -1}}})[0]), "f32[N,12*H]");
  EXPECT_EQ(b.type(b.import("Flatten", 13, {x})[0]), "f32[N,12*H]");
  EXPECT_EQ(b.type(b.import("Flatten", 13, {x}, {{"axis", int64_t{-1}}})[0]), "f32[3*H*N,4]");
  EXPECT_EQ(b.type(b.import("Flatten", 13, {x}, {{"axis", int64_t{2}}})[0]), "f32[3*N,4*H]");
  EXPECT_EQ(b.type(b.import("Flatten", 13, {x}, {{"axis", int64_t{0}}})[0]), "f32[1,12*H*N]");
  EXPECT_EQ(b.type(b.import("Flatten", 13, {x}, {{"axis", int64_t{4}}})[0]), "f32[12*H*N,1]");
}

TEST(Squeeze, AxesAsAttributeOrInput) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {1, kN, 1, 5});
  EXPECT_EQ(b.type(b.import("Squeeze", 11, {x}, {{"axes", std::vector<int64_t>{0}}})[0]), "f32[N,1,5]");
  EXPECT_EQ(b.type(b.import("Squeeze", 13, {x, b.constant(ints({-2}))})[0]), "f32[1,N,5]");
  EXPECT_EQ(b.type(b.import("Squeeze", 13, {x})[0]), "f32[N,5]");
  EXPECT_THROW(b.import("Squeeze", 13, {x, b.constant(ints({3}))}), Error);
  EXPECT_EQ(b.type(b.import("Unsqueeze", 13, {x, b.constant(ints({-1, 0}))})[0]), "f32[1,1,N,1,5,1]");
  EXPECT_THROW(b.import("Unsqueeze", 13, {x, b.constant(ints({0, 0}))}), Error);
}

std::string sliced(const Dims& data, const Dims& starts, const Dims& ends, std::vector<int64_t> steps = {}) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, data);
  const auto rank = static_cast<int64_t>(starts.size());
  const TensorId s = b.input(DataType::I64, {rank}), e = b.input(DataType::I64, {rank});
  b.graph.edit_tensor(s).value = starts;
  b.graph.edit_tensor(e).value = ends;
  const TensorId step = steps.empty() ? kNone : b.constant(ints(steps));
  return b.type(b.import("Slice", 13, {x, s, e, kNone, step})[0]);
}

TEST(Slice, ClampsAndStaysSymbolic) {
  EXPECT_EQ(sliced({10}, {2}, {INT64_MAX}), "f32[8]");
  EXPECT_EQ(sliced({10}, {-3}, {100}), "f32[3]");
  EXPECT_EQ(sliced({10}, {-1}, {INT64_MIN}, {-1}), "f32[10]");
  EXPECT_EQ(sliced({10}, {8}, {1}, {-3}), "f32[3]");
  EXPECT_EQ(sliced({10}, {5}, {2}), "f32[0]");
  EXPECT_EQ(sliced({kN}, {0}, {-1}), "f32[N - 1]");
  EXPECT_EQ(sliced({kN}, {1}, {INT64_MAX}), "f32[N - 1]");
  EXPECT_EQ(sliced({kN}, {0}, {77}), "f32[min(77, N)]");
  EXPECT_EQ(sliced({1024, 1024}, {kS - kS, 0}, {kS, kS}), "f32[min(1024, S),min(1024, S)]");
  EXPECT_EQ(sliced({kS + 3}, {kS * -1}, {INT64_MAX}), "f32[S]");
  EXPECT_EQ(sliced({kS}, {-1}, {INT64_MAX}), "f32[1]");
}

TEST(Slice, UnknownStartsGiveABoundedExtent) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 8});
  const TensorId s = b.input(DataType::I64, {1}), e = b.input(DataType::I64, {1});
  const TensorId y = b.import("Slice", 13, {x, s, e, b.constant(ints({1}))})[0];
  EXPECT_EQ(b.graph.tensor(y).type.dims[0], kN);
  const Dim extent = b.graph.tensor(y).type.dims[1];
  EXPECT_EQ(b.graph.unknowns().at(extent.to_string()), Dim(8));
}

TEST(ShapeArithmetic, StaysSymbolicThroughShapeOperators) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, kS, 768});
  const TensorId shape = b.import("Shape", 17, {x})[0];
  EXPECT_EQ(b.value(shape), "[N,S,768]");
  EXPECT_EQ(b.value(b.import("Shape", 17, {x}, {{"start", int64_t{-2}}})[0]), "[S,768]");
  EXPECT_EQ(b.value(b.import("Size", 17, {x})[0]), "[768*N*S]");
  const TensorId s = b.import("Gather", 17, {shape, b.constant(tensor_of(DataType::I64, {}, {1}))})[0];
  EXPECT_EQ(b.value(s), "[S]");
  EXPECT_EQ(b.type(s), "i64[]");
  const TensorId s1 = b.import("Unsqueeze", 17, {s, b.constant(ints({0}))})[0];
  const TensorId tail = b.import("Slice", 17, {shape, b.constant(ints({2})), b.constant(ints({INT64_MAX}))})[0];
  EXPECT_EQ(b.value(b.import("Concat", 17, {s1, tail, b.constant(ints({-1}))}, {{"axis", int64_t{0}}})[0]),
            "[S,768,-1]");
  const TensorId range =
      b.import("Range", 17,
               {b.constant(tensor_of(DataType::I64, {}, {0})), s, b.constant(tensor_of(DataType::I64, {}, {1}))})[0];
  EXPECT_EQ(b.type(range), "i64[S]");
  EXPECT_EQ(b.type(b.import("ConstantOfShape", 17, {shape})[0]), "f32[N,S,768]");
  EXPECT_EQ(b.value(b.import("ConstantOfShape", 17, {b.constant(ints({2}))}, {{"value", ints({7})}})[0]), "[7,7]");
  EXPECT_EQ(b.type(b.import("Expand", 17, {s1, b.import("Concat", 17, {s1, s1}, {{"axis", int64_t{0}}})[0]})[0]),
            "i64[S,S]");
  EXPECT_EQ(b.type(b.import("Tile", 17, {x, b.constant(ints({1, 2, 1}))})[0]), "f32[N,2*S,768]");
}

// What PyTorch writes for the pads of F.pad: pairs, last axis first, turned around.
TEST(ShapeArithmetic, GoesThroughMatrices) {
  GraphBuilder b;
  const TensorId size = b.import("Size", 17, {b.input(DataType::F32, {kN})})[0];
  const TensorId pad = b.import("Unsqueeze", 17, {size, b.constant(ints({0}))})[0];
  const TensorId pads = b.import("Concat", 17, {b.constant(ints({0, 64, 3})), pad}, {{"axis", int64_t{0}}})[0];
  const TensorId pairs = b.import("Reshape", 17, {pads, b.constant(ints({-1, 2}))})[0];
  EXPECT_EQ(b.value(pairs), "[0,64,3,N]");
  const TensorId turned = b.import("Slice", 17,
                                   {pairs, b.constant(ints({-1})), b.constant(ints({-INT64_MAX})),
                                    b.constant(ints({0})), b.constant(ints({-1}))})[0];
  EXPECT_EQ(b.value(turned), "[3,N,0,64]");
  const TensorId columns = b.import("Transpose", 17, {turned}, {{"perm", std::vector<int64_t>{1, 0}}})[0];
  EXPECT_EQ(b.value(b.import("Reshape", 17, {columns, b.constant(ints({-1}))})[0]), "[3,0,N,64]");
}

// What PyTorch writes for arange over an extent in floats.
TEST(ShapeArithmetic, CountsInFloats) {
  GraphBuilder b;
  const TensorId size = b.import("Size", 17, {b.input(DataType::F32, {kN})})[0];
  const TensorId limit = b.import("Cast", 17, {size}, {{"to", int64_t{1}}})[0];
  const TensorId zero = b.constant(floats({}, {0})), one = b.constant(floats({}, {1}));
  EXPECT_EQ(b.type(b.import("Range", 17, {zero, limit, one})[0]), "f32[N]");
  const TensorId half = b.import("Div", 17, {limit, b.constant(floats({}, {2}))})[0];
  EXPECT_EQ(b.value(half), "unknown");
  EXPECT_EQ(b.value(b.import("Cast", 17, {limit}, {{"to", int64_t{7}}})[0]), "[N]");
}

TEST(ShapeValue, HasItsExpressionsAsValue) {
  GraphBuilder b;
  const TensorId v =
      b.graph.add("v", make("ShapeValue", {{"dims", std::vector<std::string>{"N", "floordiv(H, 2)"}}}), {});
  EXPECT_EQ(b.type(v), "i64[2]");
  EXPECT_EQ(b.value(v), "[N,floordiv(H, 2)]");
}

TEST(Split, SizesFromInputAttributeOrCount) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 7});
  auto y = b.import("Split", 18, {x}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{3}}}, 3);
  EXPECT_EQ(b.type(y[0]) + b.type(y[2]), "f32[N,3]f32[N,1]");
  y = b.import("Split", 11, {x}, {{"axis", int64_t{-1}}, {"split", std::vector<int64_t>{2, 5}}}, 2);
  EXPECT_EQ(b.type(y[0]) + b.type(y[1]), "f32[N,2]f32[N,5]");
  EXPECT_THROW(b.import("Split", 13, {x, b.constant(ints({2, 4}))}, {{"axis", int64_t{1}}}, 2), Error);
}

TEST(ShapeReferences, MoveTheRightElements) {
  EXPECT_EQ(numbers(*run(make("Transpose", {{"perm", std::vector<int64_t>{2, 0, 1}}}), {counting({2, 3, 2})})[0]),
            (Numbers{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}));
  EXPECT_EQ(
      numbers(*run(make("Concat", {{"axis", int64_t{-1}}}), {floats({2, 1}, {1, 2}), floats({2, 2}, {3, 4, 5, 6})})[0]),
      (Numbers{1, 3, 4, 2, 5, 6}));
  const auto parts = run(make("Split", {{"axis", int64_t{1}}, {"outputs", int64_t{2}}}), {counting({2, 3})});
  EXPECT_EQ(numbers(*parts[0]), (Numbers{0, 1, 3, 4}));
  EXPECT_EQ(numbers(*parts[1]), (Numbers{2, 5}));
  EXPECT_EQ(numbers(*run(make("Slice"),
                         {counting({4, 3}), ints({-1, 0}), ints({INT64_MIN, 2}), ints({0, 1}), ints({-2, 1})})[0]),
            (Numbers{9, 10, 3, 4}));
  EXPECT_EQ(numbers(*run(make("Expand"), {floats({2, 1}, {5, 6}), ints({2, 1, 2})})[0]),
            (Numbers{5, 5, 6, 6, 5, 5, 6, 6}));
  EXPECT_EQ(numbers(*run(make("Tile"), {floats({1, 2}, {5, 6}), ints({2, 2})})[0]), (Numbers{5, 6, 5, 6, 5, 6, 5, 6}));
  EXPECT_EQ(numbers(*run(make("Range"), {floats({}, {1}), floats({}, {-1}), floats({}, {-0.5})})[0]),
            (Numbers{1, 0.5, 0, -0.5}));
  EXPECT_EQ(numbers(*run(make("Shape", {{"start", int64_t{1}}}), {counting({4, 3, 2})})[0]), (Numbers{3, 2}));
  EXPECT_EQ(numbers(*run(make("Reshape"), {counting({2, 3}), ints({3, 2})})[0]), (Numbers{0, 1, 2, 3, 4, 5}));
}

TEST(Gather, AlongAnAxisElementsAndND) {
  EXPECT_EQ(numbers(*run(make("Gather", {{"axis", int64_t{1}}}), {counting({2, 3}), ints({-1, 0})})[0]),
            (Numbers{2, 0, 5, 3}));
  EXPECT_EQ(numbers(*run(make("GatherElements", {{"axis", int64_t{1}}}),
                         {floats({2, 2}, {1, 2, 3, 4}), tensor_of(DataType::I64, {2, 2}, {0, 0, 1, 0})})[0]),
            (Numbers{1, 1, 4, 3}));
  EXPECT_EQ(
      numbers(*run(make("GatherND"), {counting({2, 2, 2}), tensor_of(DataType::I64, {2, 1, 2}, {0, 1, 1, 0})})[0]),
      (Numbers{2, 3, 4, 5}));
  EXPECT_EQ(numbers(*run(make("GatherND", {{"batch_dims", int64_t{1}}}),
                         {counting({2, 2, 2}), tensor_of(DataType::I64, {2, 1}, {1, 0})})[0]),
            (Numbers{2, 3, 4, 5}));
  EXPECT_THROW(run(make("Gather"), {counting({3}), ints({3})}), Error);
}

}  // namespace
}  // namespace tn::ops
