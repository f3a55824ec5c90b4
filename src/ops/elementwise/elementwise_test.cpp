// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
using Attributes = std::map<std::string, import::Attribute, std::less<>>;
const Dim kN = Dim::symbol("N");

Numbers computed(std::string_view op_type, const std::vector<ConstantPtr>& inputs, Attributes attributes = {},
                 int64_t version = 24) {
  return numbers(*GraphBuilder().compute(op_type, version, inputs, std::move(attributes))[0]);
}

TEST(Activations, MatchPublishedFormulas) {
  const Numbers x = {-2, -0.5, 0, 0.5, 3};
  struct Case {
    std::string_view op_type;
    Attributes attributes;
    Numbers expected;
  };
  const Case cases[] = {
      {"Relu", {}, {0, 0, 0, 0.5, 3}},
      {"LeakyRelu", {{"alpha", 0.1}}, {-0.2, -0.05, 0, 0.5, 3}},
      {"ThresholdedRelu", {{"alpha", 0.5}}, {0, 0, 0, 0, 3}},
      {"Gelu", {}, {-0.0455003, -0.1542688, 0, 0.3457312, 2.9959503}},
      {"Gelu", {{"approximate", std::string("tanh")}}, {-0.0454023, -0.154286, 0, 0.345714, 2.9963626}},
      {"Elu", {{"alpha", 1.5}}, {-1.2969971, -0.590204, 0, 0.5, 3}},
      {"Celu", {{"alpha", 2.0}}, {-1.2642411, -0.4423984, 0, 0.5, 3}},
      {"Selu", {}, {-1.5201665, -0.6917582, 0, 0.5253505, 3.152103}},
      {"Mish", {}, {-0.2525015, -0.2207438, 0, 0.3752452, 2.986535}},
      {"Swish", {}, {-0.2384058, -0.1887703, 0, 0.3112297, 2.8577224}},
      {"HardSwish", {}, {-0.3333333, -0.2083333, 0, 0.2916667, 3}},
      {"HardSigmoid", {}, {0.1, 0.4, 0.5, 0.6, 1}},
      {"Softplus", {}, {0.126928, 0.474077, 0.6931472, 0.974077, 3.0485874}},
      {"Softsign", {}, {-0.6666667, -0.3333333, 0, 0.3333333, 0.75}},
      {"Shrink", {{"lambd", 0.75}, {"bias", 0.25}}, {-1.75, 0, 0, 0, 2.75}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.op_type);
    expect_near(*floats({5}, computed(c.op_type, {floats({5}, x)}, c.attributes)), c.expected);
  }
}

TEST(Arithmetic, IntegersTruncateWrapAndKeepTheSignOfTheDivisor) {
  const auto i8 = [](Numbers values) { return tensor_of(DataType::I8, {static_cast<int64_t>(values.size())}, values); };
  EXPECT_EQ(computed("Div", {i8({7, -7, 7, -7}), i8({2, 2, -2, -2})}), (Numbers{3, -3, -3, 3}));
  EXPECT_EQ(computed("Mod", {i8({7, -7, 7, -7}), i8({3, 3, -3, -3})}), (Numbers{1, 2, -2, -1}));
  EXPECT_EQ(computed("Mod", {i8({7, -7, 7, -7}), i8({3, 3, -3, -3})}, {{"fmod", int64_t{1}}}), (Numbers{1, -1, 1, -1}));
  EXPECT_EQ(computed("Add", {i8({127}), i8({1})}), (Numbers{-128}));
  EXPECT_EQ(computed("Pow", {ints({3, -2}), ints({4, 3})}), (Numbers{81, -8}));
  EXPECT_TRUE(std::signbit(computed("Mod", {floats({1}, {4}), floats({1}, {-2})})[0]));
}

TEST(Arithmetic, BroadcastsAndTakesManyInputs) {
  const auto a = floats({2, 1}, {1, 2}), b = floats({3}, {10, 20, 30});
  EXPECT_EQ(computed("Sub", {a, b}), (Numbers{-9, -19, -29, -8, -18, -28}));
  EXPECT_EQ(computed("Sum", {a, b, a}), (Numbers{12, 22, 32, 14, 24, 34}));
  EXPECT_EQ(computed("Mean", {a, b}), (Numbers{5.5, 10.5, 15.5, 6, 11, 16}));
  EXPECT_EQ(computed("Max", {a, floats({}, {1.5})}), (Numbers{1.5, 2}));
  EXPECT_THROW(computed("Add", {floats({2}, {1, 2}), b}), Error);
  EXPECT_THROW(computed("Add", {a, ints({1})}), Error);
  EXPECT_THROW(computed("Exp", {ints({1})}), Error);
}

TEST(Arithmetic, OldOpsetsAlignTheSecondInputAtAnAxis) {
  const auto a = counting({2, 3, 1}), b = floats({2}, {10, 20});
  const Attributes at = {{"broadcast", int64_t{1}}, {"axis", int64_t{0}}};
  EXPECT_EQ(computed("Add", {a, b}, at, 6), (Numbers{10, 11, 12, 23, 24, 25}));
  EXPECT_EQ(computed("PRelu", {floats({1, 2, 2}, {-1, 1, -1, 1}), floats({2}, {2, 3})}, {}, 6),
            (Numbers{-2, 1, -3, 1}));
}

TEST(Logic, BitsShiftsAndTruth) {
  const auto u8 = [](Numbers values) { return tensor_of(DataType::U8, {static_cast<int64_t>(values.size())}, values); };
  EXPECT_EQ(computed("BitShift", {u8({16, 255, 1}), u8({1, 4, 9})}, {{"direction", std::string("LEFT")}}),
            (Numbers{32, 240, 0}));
  EXPECT_EQ(computed("BitShift", {u8({16, 255, 1}), u8({1, 4, 9})}, {{"direction", std::string("RIGHT")}}),
            (Numbers{8, 15, 0}));
  EXPECT_EQ(computed("BitwiseNot", {u8({0, 0x0f})}), (Numbers{255, 0xf0}));
  EXPECT_EQ(computed("Where", {tensor_of(DataType::Bool, {2}, {1, 0}), ints({5, 6}), ints({7, 8})}), (Numbers{5, 8}));
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(computed("IsInf", {floats({3}, {inf, -inf, 1})}, {{"detect_negative", int64_t{0}}}), (Numbers{1, 0, 0}));
}

TEST(Cast, TruncatesWrapsAndRoundsOnce) {
  const auto to = [](int64_t code) { return Attributes{{"to", code}}; };
  EXPECT_EQ(computed("Cast", {floats({3}, {1.9, -1.9, 0.5})}, to(7)), (Numbers{1, -1, 0}));
  EXPECT_EQ(computed("Cast", {ints({300, -1})}, to(2)), (Numbers{44, 255}));
  EXPECT_EQ(computed("Cast", {floats({2}, {0.25, 0})}, to(9)), (Numbers{1, 0}));
  // Just above half way between two f16 numbers, by less than f32 resolves.
  const double tie = 1 + 1.0 / 2048 + 1e-12;
  EXPECT_EQ(computed("Cast", {tensor_of(DataType::F64, {1}, {tie})}, to(10)), (Numbers{1 + 1.0 / 1024}));
  EXPECT_EQ(computed("Cast", {floats({1}, {1.9})}, {{"to", std::string("INT32")}}, 5), (Numbers{1}));
  EXPECT_THROW(computed("Cast", {ints({1})}, to(14)), Error);  // complex64
}

TEST(Clip, BoundsAreAttributesOrOptionalInputs) {
  const auto x = floats({3}, {-2, 0, 2});
  EXPECT_EQ(computed("Clip", {x}, {{"min", -1.0}, {"max", 1.0}}, 6), (Numbers{-1, 0, 1}));
  EXPECT_EQ(computed("Clip", {x, floats({}, {-1}), floats({}, {1})}), (Numbers{-1, 0, 1}));
  EXPECT_EQ(computed("Clip", {x, nullptr, floats({}, {1})}), (Numbers{-2, 0, 1}));
  EXPECT_EQ(computed("Clip", {x, floats({}, {-1})}), (Numbers{-1, 0, 2}));
}

TEST(SymbolicValues, ShapeArithmeticStaysSymbolic) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 3, 8});
  const TensorId shape = b.import("Shape", 15, {x})[0];
  const auto binary = [&](std::string_view op, int64_t other) {
    return b.value(b.import(op, 17, {shape, b.constant(ints({other}))})[0]);
  };
  EXPECT_EQ(binary("Mul", 2), "[2*N,6,16]");
  EXPECT_EQ(binary("Div", 2), "[floordiv(N, 2),1,4]");
  EXPECT_EQ(binary("Add", -1), "[N - 1,2,7]");
  EXPECT_EQ(binary("Equal", -1), "[0,0,0]");
  EXPECT_EQ(binary("Equal", 3), "unknown");
  EXPECT_EQ(binary("Greater", 0), "[1,1,1]");
  const TensorId unset = b.import("Equal", 17, {shape, b.constant(ints({-1}))})[0];
  const TensorId chosen = b.import("Where", 17, {unset, b.constant(ints({1, 1, 1})), shape})[0];
  EXPECT_EQ(b.value(chosen), "[N,3,8]");
  EXPECT_EQ(b.value(b.import("Cast", 17, {chosen}, {{"to", int64_t{6}}})[0]), "[N,3,8]");
}

TEST(TypeRules, BroadcastSymbols) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 1, 8}), y = b.input(DataType::F32, {5, 1});
  EXPECT_EQ(b.type(b.import("Add", 14, {x, y})[0]), "f32[N,5,8]");
  EXPECT_EQ(b.type(b.import("Less", 14, {x, y})[0]), "bool[N,5,8]");
}

}  // namespace
}  // namespace tn::ops
