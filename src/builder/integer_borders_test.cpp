// SPDX-License-Identifier: Apache-2.0
#include "builder/integer_borders.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/fit.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/region.h"

namespace tn {
namespace {

constexpr std::string_view kConvolution = R"(graph g(x: f32[1,16,8,8]) {
  constant w: f32[16,16,3,3] = #01
  a = Conv(x, w) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  y = Relu(a)
  return y
})";

Graph parse(std::string_view text) {
  return parse_graph(text, ops::make_op_by_name);
}

TEST(IntegerBorders, NothingIsRoundedTwice) {
  Graph graph = parse(kConvolution);
  Rounding rounding;
  rounding.plan = {{"x", quant::symmetric(2, quant::Source::User)}, {"y", quant::symmetric(4, quant::Source::User)}};
  const auto scales = quantize_borders(graph, {.borders = {"x", "y"}}, rounding);
  EXPECT_FLOAT_EQ(scales.at("x"), 2.0F / 127);
  EXPECT_FLOAT_EQ(scales.at("y"), 4.0F / 127);
  EXPECT_EQ(graph.tensor(graph.outputs()[0]).name, "y");
  EXPECT_EQ(graph.tensor(graph.inputs()[0]).type.type, DataType::I8);
  EXPECT_EQ(graph.tensor(graph.outputs()[0]).type.type, DataType::I8);
  round_products(graph, rounding, {});
  fuse_network(graph, {}, true);
  ASSERT_EQ(graph.order().size(), 1U) << to_text(graph);
  EXPECT_TRUE(region_of(graph, graph.node(graph.order()[0]))->loads_quantized()) << to_text(graph);
}

TEST(IntegerBorders, TheNetworksOwnScalesCount) {
  Graph graph = parse(R"(graph g(x: f32[1,16,8,8]) {
    q = Quantize(x, f32[]{0.25}) {to="i8"}
    d = Dequantize(q, f32[]{0.25})
    e = Exp(d)
    p = Quantize(e, f32[]{0.5}) {to="i8"}
    y = Dequantize(p, f32[]{0.5})
    return y
  })");
  Rounding rounding;
  rounding.binding = true;
  const auto scales = quantize_borders(graph, {.borders = {"x", "y"}}, rounding);
  EXPECT_FLOAT_EQ(scales.at("x"), 0.25F);
  EXPECT_FLOAT_EQ(scales.at("y"), 0.5F);
}

TEST(IntegerBorders, WithoutAScaleTheTensorIsNamed) {
  Graph graph = parse(kConvolution);
  Rounding rounding;
  rounding.plan = {{"x", quant::symmetric(2, quant::Source::User)}};
  try {
    quantize_borders(graph, {.borders = {"y"}}, rounding);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'y' cannot be int8"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tn
