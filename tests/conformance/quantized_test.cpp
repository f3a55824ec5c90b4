// SPDX-License-Identifier: Apache-2.0
// Regions around a product of quantized operands, in every way that takes them, against their definition. Kernels fold
// scales into one factor, so that a result which lies near the middle between two steps may take the other one.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "ir/text.h"
#include "ops/entry.h"
#include "passes/evaluate.h"
#include "support/session.h"
#include "tuning/region.h"

namespace tn::test {
namespace {

constexpr double kShareOfOtherSteps = 0.003;

struct Form {
  std::string name;
  std::string anchor = "Conv(a, b, s) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}";
  std::string x = "u8[2,12,9,8]", w = "i8[20,12,3,3]", y = "20,9,8";
  std::string scales = "20,1,1,1";
  std::string zero_point = "117";
  std::string tail;  ///< from c to the result z; r is a residual of bytes
  std::string to = "u8";
  bool with_bias = true;
};
void PrintTo(const Form& form, std::ostream* out) {
  *out << form.name;
}

template <typename T>
std::string random_hex(std::mt19937& random, int64_t count, const std::function<T(uint32_t)>& make) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    const T value = make(random());
    uint8_t bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof value);
    for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  }
  return text;
}

int64_t count_of(const std::string& dims) {
  int64_t count = 1;
  for (size_t at = dims.find_first_of("[") == std::string::npos ? 0 : dims.find('[') + 1; at < dims.size();) {
    size_t end = dims.find_first_of(",]", at);
    if (end == std::string::npos) end = dims.size();
    count *= std::stoll(dims.substr(at, end - at));
    at = end + 1;
    if (end < dims.size() && dims[end] == ']') break;
  }
  return count;
}

Graph graph_of(const Form& form) {
  std::mt19937 random(7);
  const std::string x_type = form.x.substr(0, 2);
  const int64_t channels = count_of(form.scales);
  const std::string batch = form.x.substr(form.x.find('[') + 1, form.x.find(',') - form.x.find('[') - 1);
  const std::string result = fmt::format("{}[{},{}]", form.to, batch, form.y);
  const std::string bias = random_hex<float>(
      random, channels, [](uint32_t r) { return static_cast<float>(static_cast<int>(r % 2001) - 1000) * 1e-3f; });
  return parse_graph(
      fmt::format(
          R"(graph g(x: {x}, r: u8[{batch},{y}]) {{
    constant w: {w} = #{weights}
    constant ws: f32[{scales}] = #{factors}
    constant s: f32[{channels}] = #{bias}
    out = Region(x, w, ws, s, r) {{ graph body(x: {x}, w: {w}, ws: f32[{scales}], s: f32[{channels}], r: u8[{batch},{y}]) {{
      a = Dequantize(x, f32[]{{0.021}}, {x_type}[]{{{zero_point}}})
      b = Dequantize(w, ws)
      c = {anchor}
{tail}
      return z
    }} }}
    return out
  }})",
          fmt::arg("x", form.x), fmt::arg("w", form.w), fmt::arg("scales", form.scales), fmt::arg("channels", channels),
          fmt::arg("batch", batch), fmt::arg("y", form.y), fmt::arg("x_type", x_type),
          fmt::arg("zero_point", form.zero_point), fmt::arg("anchor", form.anchor), fmt::arg("tail", form.tail),
          fmt::arg("weights", random_hex<int8_t>(random, count_of(form.w),
                                                 [](uint32_t r) { return static_cast<int8_t>(r % 255 - 127); })),
          fmt::arg("factors",
                   random_hex<float>(random, channels,
                                     [](uint32_t r) { return 0.001f + static_cast<float>(r % 1000) * 1e-6f; })),
          fmt::arg("bias", bias)),
      ops::make_op_by_name);
}

class Quantized : public testing::TestWithParam<Form> {};

TEST_P(Quantized, MatchesTheDefinition) {
  const Graph graph = graph_of(GetParam());
  std::mt19937 random(3);
  std::vector<ConstantPtr> inputs;
  std::map<std::string, Value> values;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    inputs.push_back(Constant::make(tensor.type.type, *tensor.type.static_shape(), [&](const TensorView& view) {
      auto* bytes = static_cast<uint8_t*>(view.data);
      for (int64_t i = 0; i < view.elements(); ++i) bytes[i] = static_cast<uint8_t>(random());
    }));
    const auto bytes = inputs.back()->bytes();
    values[tensor.name] = {tensor.type.type, inputs.back()->dims(), {bytes.begin(), bytes.end()}};
  }
  const ConstantPtr expected = passes::evaluate(graph, inputs)[0];

  const Node& node = graph.node(graph.order().back());
  const auto region = region_of(graph, node);
  ASSERT_TRUE(region && region->loads_quantized());
  int ways = 0;
  for (const Tactic* tactic : place_backend().tactics) {
    if (!tactic->takes_quantized() || !tactic->supports(*region, place_target())) continue;
    ++ways;
    set_place({.preferred_tactic = std::string(tactic->name())});
    const Value got = build_and_run(graph, values)[0];
    set_place({});
    ASSERT_EQ(got.type, expected->type());
    int64_t others = 0;
    for (int64_t i = 0; i < expected->elements(); ++i) {
      const double want = expected->number(i), have = load_double(got.view(), i);
      if (is_float(got.type)) {
        ASSERT_NEAR(have, want, 2e-5 * (1 + std::fabs(want))) << tactic->name() << " at " << i;
      } else {
        ASSERT_LE(std::fabs(have - want), 1) << tactic->name() << " at " << i;
        others += have != want ? 1 : 0;
      }
    }
    EXPECT_LE(static_cast<double>(others), kShareOfOtherSteps * static_cast<double>(expected->elements()) + 1)
        << tactic->name();
    RecordProperty(std::string(tactic->name()), fmt::format("{} of {} a step apart", others, expected->elements()));
  }
  EXPECT_GE(ways, 1) << "nothing computes it as bytes";
}

std::string quantize(std::string_view from, std::string_view type = "u8", int zero_point = 101) {
  return fmt::format("      z = Quantize({}, f32[]{{0.05}}, {}[]{{{}}}) {{to=\"{}\"}}\n", from, type, zero_point, type);
}

std::vector<Form> forms() {
  std::vector<Form> all;
  const auto add = [&](std::string name, std::string tail) -> Form& {
    Form form;
    form.name = std::move(name);
    form.tail = std::move(tail);
    all.push_back(std::move(form));
    return all.back();
  };
  add("Plain", quantize("c"));
  add("Relu", "      d = Relu(c)\n" + quantize("d", "u8", 0));
  add("Relu6", "      d = Clip(c, f32[]{0}, f32[]{6})\n" + quantize("d", "u8", 3));
  add("Residual",
      "      e = Dequantize(r, f32[]{0.03}, u8[]{99})\n      d = Add(c, e)\n      f = Relu(d)\n" + quantize("f"));
  add("Table", R"(      q = Quantize(c, f32[]{0.05}, u8[]{120}) {to="u8"}
      d = Dequantize(q, f32[]{0.05}, u8[]{120})
      e = Sigmoid(d)
      f = Mul(d, e)
)" + quantize("f"));
  add("Silu", "      d = Sigmoid(c)\n      f = Mul(c, d)\n" + quantize("f"));
  add("ResidualBehind", R"(      q = Quantize(c, f32[]{0.05}, u8[]{120}) {to="u8"}
      d = Dequantize(q, f32[]{0.05}, u8[]{120})
      e = Dequantize(r, f32[]{0.03}, u8[]{99})
      g = Add(d, e)
      f = Relu(g)
)" + quantize("f", "u8", 5));
  add("Floats", "      z = Relu(c)\n").to = "f32";
  Form& bytes = add("SignedBytes", quantize("c", "i8", -3));
  bytes.x = "i8[2,12,9,8]", bytes.zero_point = "-9", bytes.to = "i8";
  Form& depthwise = add("Depthwise", "      d = Relu(c)\n" + quantize("d"));
  depthwise.anchor = "Conv(a, b, s) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1], group=20}";
  depthwise.x = "u8[2,20,9,8]", depthwise.w = "i8[20,1,3,3]", depthwise.y = "20,5,4";
  Form& stem = add("Stem", "      d = Relu(c)\n" + quantize("d"));
  stem.anchor = "Conv(a, b, s) {strides=[2,2], dilations=[1,1], pads=[3,3,3,3]}";
  stem.x = "u8[2,3,17,16]", stem.w = "i8[20,3,7,7]", stem.y = "20,9,8";
  Form& gemm = add("MatMul", "      d = Add(c, s)\n" + quantize("d"));
  gemm.anchor = "MatMul(a, b)", gemm.x = "u8[13,70]", gemm.w = "i8[70,33]", gemm.scales = "1,33", gemm.y = "33";
  Form& transposed = add("MatMulTransposed", "      d = Add(c, s)\n      z = Sigmoid(d)\n");
  transposed.anchor = "MatMul(a, b) {transpose_b=true}", transposed.x = "i8[13,70]", transposed.w = "i8[33,70]";
  transposed.scales = "33,1", transposed.y = "33", transposed.zero_point = "5", transposed.to = "f32";
  return all;
}

INSTANTIATE_TEST_SUITE_P(Regions, Quantized, testing::ValuesIn(forms()),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace tn::test
