// SPDX-License-Identifier: Apache-2.0
#include "conformance/quantized_forms.h"

#include <fmt/format.h>

#include <cstring>
#include <functional>
#include <ostream>
#include <random>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn::test {
namespace {

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

std::string quantize(std::string_view from, std::string_view type = "u8", int zero_point = 101) {
  return fmt::format("      z = Quantize({}, f32[]{{0.05}}, {}[]{{{}}}) {{to=\"{}\"}}\n", from, type, zero_point, type);
}

}  // namespace

void PrintTo(const QuantizedForm& form, std::ostream* out) {
  *out << form.name;
}

Graph graph_of(const QuantizedForm& form) {
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

std::map<std::string, Value> random_bytes(const Graph& graph) {
  std::mt19937 random(3);
  std::map<std::string, Value> values;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    Value& value = values[tensor.name];
    value = {tensor.type.type, *tensor.type.static_shape(), {}};
    value.bytes.resize(static_cast<size_t>(value.dims.elements()));
    for (std::byte& byte : value.bytes) byte = static_cast<std::byte>(random());
  }
  return values;
}

std::vector<QuantizedForm> quantized_forms() {
  std::vector<QuantizedForm> all;
  const auto add = [&](std::string name, std::string tail) -> QuantizedForm& {
    QuantizedForm form;
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
  add("Silu", "      d = Sigmoid(c)\n      f = Mul(c, d)\n" + quantize("f")).exact = false;
  add("ResidualBehind", R"(      q = Quantize(c, f32[]{0.05}, u8[]{120}) {to="u8"}
      d = Dequantize(q, f32[]{0.05}, u8[]{120})
      e = Dequantize(r, f32[]{0.03}, u8[]{99})
      g = Add(d, e)
      f = Relu(g)
)" + quantize("f", "u8", 5));
  add("Floats", "      z = Relu(c)\n").to = "f32";
  QuantizedForm& bytes = add("SignedBytes", quantize("c", "i8", -3));
  bytes.x = "i8[2,12,9,8]", bytes.zero_point = "-9", bytes.to = "i8";
  QuantizedForm& depthwise = add("Depthwise", "      d = Relu(c)\n" + quantize("d"));
  depthwise.anchor = "Conv(a, b, s) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1], group=20}";
  depthwise.x = "u8[2,20,9,8]", depthwise.w = "i8[20,1,3,3]", depthwise.y = "20,5,4";
  QuantizedForm& stem = add("Stem", "      d = Relu(c)\n" + quantize("d"));
  stem.anchor = "Conv(a, b, s) {strides=[2,2], dilations=[1,1], pads=[3,3,3,3]}";
  stem.x = "u8[2,3,17,16]", stem.w = "i8[20,3,7,7]", stem.y = "20,9,8";
  QuantizedForm& gemm = add("MatMul", "      d = Add(c, s)\n" + quantize("d"));
  gemm.anchor = "MatMul(a, b)", gemm.x = "u8[13,70]", gemm.w = "i8[70,33]", gemm.scales = "1,33", gemm.y = "33";
  QuantizedForm& transposed = add("MatMulTransposed", "      d = Add(c, s)\n      z = Sigmoid(d)\n");
  transposed.anchor = "MatMul(a, b) {transpose_b=true}", transposed.x = "i8[13,70]", transposed.w = "i8[33,70]";
  transposed.scales = "33,1", transposed.y = "33", transposed.zero_point = "5", transposed.to = "f32";
  transposed.exact = false;
  return all;
}

}  // namespace tn::test
