// SPDX-License-Identifier: Apache-2.0
// Fused operators against the plain ones that they stand for, and numbers.
#include "ops/microsoft/microsoft_test.h"

#include "base/error.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;

TEST(Microsoft, FusedConvolutionAddsAndActivates) {
  const ConstantPtr x = wavy({1, 2, 4, 3}), w = wavy({3, 2, 2, 2}, 0.3), b = wavy({3}, 1.1),
                    z = wavy({1, 3, 3, 2}, 0.2);
  const ConstantPtr sum = compute_plain("Add", {compute_plain("Conv", {x, w, b}), z});
  const Attributes leaky = {{"activation", "LeakyRelu"}, {"activation_params", std::vector{0.25}}};
  const ConstantPtr y = compute_plain("LeakyRelu", {sum}, {{"alpha", 0.25}});
  expect_same(compute_microsoft("FusedConv", {x, w, b, z}, leaky)[0], y);
  const auto last = [](const ConstantPtr& image) {
    return compute_plain("Transpose", {image}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
  };
  expect_same(compute_microsoft("NhwcFusedConv", {last(x), w, b, last(z)}, leaky)[0], last(y));
  const Attributes clip = {{"activation", "Clip"}, {"activation_params", std::vector{-0.5, 0.25}}};
  expect_same(compute_microsoft("FusedConv", {x, w, b}, clip)[0],
              compute_plain("Clip", {compute_plain("Conv", {x, w, b}), floats({}, {-0.5}), floats({}, {0.25})}));
  EXPECT_THROW(compute_microsoft("FusedConv", {x, w, b}, {{"activation", "Swirl"}}), Error);
}

TEST(Microsoft, FusedProducts) {
  const ConstantPtr a = wavy({2, 3}), b = wavy({3, 4}, 0.3), c = wavy({4});
  expect_same(compute_microsoft("FusedGemm", {a, b, c}, {{"activation", "Selu"}, {"activation_gamma", 2.0}})[0],
              compute_plain("Selu", {compute_plain("Gemm", {a, b, c})}, {{"gamma", 2.0}}));
  const ConstantPtr product = compute_plain("MatMul", {a, b});
  const ConstantPtr turned = compute_plain("Transpose", {b}, {{"perm", std::vector<int64_t>{1, 0}}});
  expect_same(compute_microsoft("FusedMatMul", {a, turned}, {{"transB", int64_t{1}}, {"alpha", 0.5}})[0],
              compute_plain("Mul", {product, floats({}, {0.5})}));
  expect_same(compute_microsoft("FusedMatMulActivation", {a, b}, {{"activation", "Tanh"}})[0],
              compute_plain("Tanh", {product}));
  // [rows, samples, K] with the samples moved to the front.
  const ConstantPtr stacked = floats({2, 1, 3}, numbers(*a));
  expect_same(compute_microsoft("FusedMatMul", {stacked, b}, {{"transBatchA", int64_t{1}}})[0],
              floats({1, 2, 4}, numbers(*product)));
}

TEST(Microsoft, FormsOfGelu) {
  const ConstantPtr x = wavy({2, 4}), b = wavy({4}, 0.3);
  const ConstantPtr sum = compute_plain("Add", {x, b});
  const Attributes tanh = {{"approximate", "tanh"}};
  expect_same(compute_microsoft("BiasGelu", {x, b})[0], compute_plain("Gelu", {sum}));
  expect_same(compute_microsoft("Gelu", {x})[0], compute_plain("Gelu", {x}));
  expect_same(compute_microsoft("FastGelu", {x, b})[0], compute_plain("Gelu", {sum}, tanh));
  expect_near(*compute_microsoft("QuickGelu", {floats({1}, {1})})[0], {0.84579576});
  expect_near(*compute_microsoft("BiasSplitGelu", {floats({1, 4}, {2, 3, 1, -1}), floats({4}, {0, 0, 0, 0})})[0],
              {2 * 0.84134475, 3 * -0.15865525});
  const ConstantPtr w = wavy({4, 2}, 0.2);
  expect_same(compute_microsoft("GemmFastGelu", {x, w})[0],
              compute_plain("Gelu", {compute_plain("MatMul", {x, w})}, tanh));
}

TEST(Microsoft, NormsAddFirst) {
  const ConstantPtr x = floats({1, 1, 2}, {1, 2}), skip = floats({1, 1, 2}, {2, 5}), one = floats({2}, {1, 1}),
                    bias = floats({2}, {0, 2});
  const auto y = compute_microsoft("SkipLayerNormalization", {x, skip, one, nullptr, bias}, {}, 4);
  expect_near(*y[0], {-1, 1});
  expect_near(*y[3], {3, 9});
  expect_near(*y[1], {6});
  expect_near(
      *compute_microsoft("SkipSimplifiedLayerNormalization", {x, skip, floats({2}, {5, 5}), floats({2}, {-2, 0})})[0],
      {1, 7});
  const auto embedded =
      compute_microsoft("EmbedLayerNormalization",
                        {small(DataType::I32, {1, 2}, {1, 0}), small(DataType::I32, {1, 2}, {0, 0}),
                         floats({2, 2}, {1, 2, 3, 4}), floats({3, 2}, {0, 1, 2, 0, 0, 0}), floats({1, 2}, {1, 0}), one,
                         floats({2}, {0, 0}), small(DataType::I32, {1, 2}, {1, 0})},
                        {}, 3);
  EXPECT_EQ(numbers(*embedded[1]), Numbers{1});
  EXPECT_EQ(numbers(*embedded[2]), (Numbers{4, 5, 4, 2}));
  expect_near(*embedded[0], {-1, 1, 1, -1});
}

TEST(Microsoft, GroupsOfChannelsThatAreLast) {
  const ConstantPtr x = floats({1, 1, 1, 4}, {1, 3, 2, 8}), one = floats({4}, {1, 1, 1, 1}),
                    none = floats({4}, {0, 0, 0, 0});
  const Attributes groups = {{"groups", int64_t{2}}, {"activation", int64_t{0}}, {"epsilon", 0.0}};
  expect_near(*compute_microsoft("GroupNorm", {x, one, none}, groups)[0], {-1, 1, -1, 1});
  const auto y = compute_microsoft("SkipGroupNorm", {x, one, none, floats({1, 4}, {4, 0, 0, 0}), one}, groups, 2);
  expect_near(*y[0], {1, -1, -1, 1});
  expect_near(*y[1], {6, 4, 3, 9});
}

ConstantPtr u8(const Shape& dims, const Numbers& values) {
  return small(DataType::U8, dims, values);
}
ConstantPtr scalar(double value) {
  return floats({}, {value});
}

TEST(Microsoft, QuantizedOperators) {
  const ConstantPtr a = u8({2}, {12, 20}), zero = u8({}, {10}), half = scalar(0.5), one = scalar(1);
  const auto bytes = [](std::string_view op, const std::vector<ConstantPtr>& inputs, Attributes attributes = {}) {
    return numbers(*compute_microsoft(op, inputs, std::move(attributes))[0]);
  };
  EXPECT_EQ(bytes("QLinearAdd", {a, half, zero, a, one, zero, one, zero}), (Numbers{13, 25}));
  EXPECT_EQ(bytes("QLinearMul", {a, half, zero, a, one, zero, one, zero}), (Numbers{12, 60}));
  EXPECT_EQ(bytes("QLinearSigmoid", {u8({1}, {10}), one, zero, scalar(0.01), u8({}, {0})}), Numbers{50});
  EXPECT_EQ(bytes("QLinearLeakyRelu", {u8({2}, {0, 20}), one, zero, one, zero}, {{"alpha", 0.5}}), (Numbers{5, 20}));
  EXPECT_EQ(bytes("QLinearConcat", {half, u8({}, {0}), a, one, zero, a, half, zero}, {{"axis", int64_t{0}}}),
            (Numbers{4, 20, 2, 10}));
  EXPECT_EQ(bytes("QLinearWhere", {tensor_of(DataType::Bool, {2}, {1, 0}), a, half, zero, a, one, zero, one, zero}),
            (Numbers{11, 20}));
  EXPECT_EQ(
      bytes("QLinearSoftmax", {u8({1, 2}, {5, 5}), one, zero, scalar(0.01), u8({}, {0})}, {{"opset", int64_t{13}}}),
      (Numbers{50, 50}));
  const ConstantPtr image = u8({1, 2, 1, 2}, {10, 20, 14, 40});
  const std::vector<ConstantPtr> pool = {image, one, zero, half, zero};
  EXPECT_EQ(bytes("QLinearGlobalAveragePool", pool, {{"channels_last", int64_t{1}}}), (Numbers{14, 50}));
  const Attributes window = {{"kernel_shape", std::vector<int64_t>{2, 1}}, {"channels_last", int64_t{1}}};
  EXPECT_EQ(bytes("QLinearAveragePool", pool, window), (Numbers{14, 50}));
  EXPECT_EQ(bytes("NhwcMaxPool", {image}, {{"kernel_shape", std::vector<int64_t>{2, 1}}}), (Numbers{14, 40}));
}

TEST(Microsoft, QuantizedProducts) {
  const ConstantPtr a = u8({1, 2}, {12, 14}), zero = u8({}, {10}), b = small(DataType::I8, {2, 1}, {1, 3}),
                    none = small(DataType::I8, {}, {0}), half = scalar(0.5), one = scalar(1);
  const ConstantPtr bias = small(DataType::I32, {1}, {4});
  // The bias counts in steps of alpha, too.
  const auto y = compute_microsoft("QGemm", {a, half, zero, b, one, none, bias}, {{"alpha", 0.5}});
  expect_near(*y[0], {4.5});
  const auto bytes =
      compute_microsoft("QGemm", {a, half, zero, b, one, none, bias, half, u8({}, {1})}, {{"alpha", 0.5}});
  EXPECT_EQ(numbers(*bytes[0]), Numbers{10});
  const auto real =
      compute_microsoft("MatMulIntegerToFloat", {a, b, half, floats({1}, {2}), zero, none, floats({1}, {1})});
  expect_near(*real[0], {15});
  const auto dynamic = compute_microsoft("DynamicQuantizeMatMul", {floats({1, 2}, {0, 255}), b, one});
  expect_near(*dynamic[0], {765});
}

// Two rows of four numbers, in blocks of two.
TEST(Microsoft, WeightsOfFewBits) {
  const Attributes four = {{"N", int64_t{2}}, {"K", int64_t{3}}, {"block_size", int64_t{2}}, {"bits", int64_t{4}}};
  const ConstantPtr a = floats({1, 3}, {1, 10, 100}), scales = floats({2, 2}, {1, 2, 1, 0.5});
  const ConstantPtr b = u8({2, 2, 1}, {0x98, 0x0a, 0x19, 0x06});
  expect_near(*compute_microsoft("MatMulNBits", {a, b, scales}, four)[0], {10 + 400, 1 - 70 - 100});
  expect_near(*compute_microsoft("MatMulNBits", {a, b, scales, u8({2, 1}, {0x78, 0x89}), nullptr, floats({2}, {1, 2})},
                                 four)[0],
              {1 + 10 + 600, 2 - 80 - 100});
  const ConstantPtr groups = small(DataType::I32, {3}, {1, 0, 0});
  expect_near(*compute_microsoft("MatMulNBits", {a, b, scales, nullptr, groups}, four)[0], {10 + 200, 0.5 - 70 - 200});
  Attributes odd = four;
  odd["bits"] = int64_t{3};
  odd["block_size"] = int64_t{8};
  EXPECT_THROW(compute_microsoft("MatMulNBits", {a, b, scales}, odd), Error);
}

}  // namespace
}  // namespace tn::ops
