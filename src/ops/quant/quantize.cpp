// SPDX-License-Identifier: Apache-2.0
#include "ops/quant/quantize.h"

#include <cmath>

#include "ops/compose.h"
#include "ops/elementwise/small_float.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

bool is_quantized(DataType type) {
  return (is_integer(type) && size_of(type) <= 4 && type != DataType::U32) || is_small_float(type);
}

struct Limits {
  double low, high;
};
Limits limits_of(DataType type) {
  const double range = static_cast<double>(uint64_t{1} << bits_of(type));
  return is_signed_integer(type) ? Limits{-range / 2, range / 2 - 1} : Limits{0, range - 1};
}

}  // namespace

DataType Quantize::result_type(std::span<const DataType> inputs) const {
  model_check(inputs.size() == 2 || inputs.size() == 3, "{} inputs where 2 or 3 are needed", inputs.size());
  model_check(is_quantized(to), "{} is not a type to quantize to", name_of(to));
  model_check((is_float(inputs[0]) || inputs[0] == DataType::I32) && is_float(inputs[1]),
              "x is {} and the scale {}; both should be floats", name_of(inputs[0]), name_of(inputs[1]));
  model_check(inputs.size() == 2 || inputs[2] == to, "the zero point is {}, not {}", name_of(inputs.back()),
              name_of(to));
  return to;
}

Expr Quantize::expression(std::span<const Expr> inputs) const {
  const auto number = [&](size_t i) { return cast(inputs[i], ScalarType::F32); };
  const Expr quotient = round_to(number(0) / number(1), DataType::F32);  // ties depend on its rounding
  if (is_small_float(to)) {
    const Expr sum = inputs.size() > 2 ? round_to(quotient + number(2), DataType::F32) : quotient;
    return to_small_float(sum, to, saturate);
  }
  Expr result = round(quotient);
  if (inputs.size() > 2) result = result + number(2);
  const Limits limits = limits_of(to);
  return cast(clamp(result, limits.low, limits.high), compute_type(to));
}

DataType Dequantize::result_type(std::span<const DataType> inputs) const {
  model_check(inputs.size() == 2 || inputs.size() == 3, "{} inputs where 2 or 3 are needed", inputs.size());
  model_check(is_quantized(inputs[0]) && is_float(inputs[1]) && is_float(to), "x is {} and the scale {}",
              name_of(inputs[0]), name_of(inputs[1]));
  model_check(inputs.size() == 2 || inputs[2] == inputs[0], "the zero point is {}, not {}", name_of(inputs.back()),
              name_of(inputs[0]));
  return to;
}

Expr Dequantize::expression(std::span<const Expr> inputs) const {
  const Expr distance = inputs.size() > 2 ? inputs[0] - inputs[2] : inputs[0];
  const ScalarType type = compute_type(to);
  return cast(distance, type) * cast(inputs[1], type);
}

namespace {

// A scale or zero point in a shape that broadcasts to x.
TensorId spread(NodeView& node, TensorId parameter, TensorId x, const Quantization& quantization) {
  const TensorType type = node.type(parameter), data = node.type(x);
  if (type.rank() == 0 || (type.rank() == 1 && type.dims[0] == Dim(1))) return parameter;
  const int axis = normalize_axis(quantization.axis, data.rank());
  if (quantization.block_size > 0) {
    const auto extent = data.dims[static_cast<size_t>(axis)].constant();
    model_check(extent.has_value() && type.rank() == data.rank(), "blocks along axis {} of {} under {}", axis,
                to_string(data), to_string(type));
    std::vector<int64_t> block_of(static_cast<size_t>(*extent));
    for (int64_t i = 0; i < *extent; ++i) block_of[static_cast<size_t>(i)] = i / quantization.block_size;
    return compose(node, "Gather", {parameter, node.add_integers(block_of)}, {{"axis", int64_t{axis}}});
  }
  if (type.rank() != 1) return parameter;
  std::vector<int64_t> added;
  for (int i = axis + 1; i < data.rank(); ++i) added.push_back(i - axis);
  return added.empty() ? parameter : unsqueeze(node, parameter, added);
}

std::vector<TensorId> spread_inputs(NodeView& node, TensorId x, const Quantization& quantization) {
  std::vector<TensorId> inputs = {x, spread(node, quantization.scale, x, quantization)};
  if (quantization.zero_point != kNone) inputs.push_back(spread(node, quantization.zero_point, x, quantization));
  return inputs;
}

}  // namespace

namespace {

// Of a known scale: numbers of the data's type have to come of it, and go into it.
void check_scale(NodeView& node, TensorId scale, bool divides) {
  const Constant* constant = node.constant(scale);
  if (!constant || !is_float(constant->type())) return;
  for (int64_t i = 0; i < constant->elements(); ++i) {
    const double value = constant->number(i);
    model_check(std::isfinite(value) && (!divides || value != 0), "'{}' is a scale of {}",
                node.graph().tensor(scale).name, value);
  }
}

}  // namespace

TensorId quantize(NodeView& node, TensorId x, Quantization quantization, DataType to) {
  check_scale(node, quantization.scale, true);
  return compose(node, "Quantize", spread_inputs(node, x, quantization),
                 {{"to", std::string(name_of(to))}, {"saturate", quantization.saturate}});
}

TensorId dequantize(NodeView& node, TensorId x, Quantization quantization, DataType to) {
  check_scale(node, quantization.scale, false);
  return compose(node, "Dequantize", spread_inputs(node, x, quantization), {{"to", std::string(name_of(to))}});
}

namespace {

Quantization read(const NodeView& node) {
  return {node.input(1), node.has_input(2) ? node.input(2) : kNone, node.integer("axis", 1),
          node.integer("block_size", 0), node.integer("saturate", 1) != 0};
}

std::vector<TensorId> import_quantize(NodeView& node) {
  const Quantization quantization = read(node);
  DataType to = DataType::U8;
  if (quantization.zero_point != kNone)
    to = node.type(quantization.zero_point).type;
  else if (node.integer("output_dtype", 0) != 0)
    to = node.data_type("output_dtype", to);
  return {quantize(node, node.input(0), quantization, to)};
}

std::vector<TensorId> import_dequantize(NodeView& node) {
  const Quantization quantization = read(node);
  DataType to = node.type(quantization.scale).type;
  if (node.integer("output_dtype", 0) != 0) to = node.data_type("output_dtype", to);
  return {dequantize(node, node.input(0), quantization, to)};
}

// Scale and zero point from the range of x, zero included.
std::vector<TensorId> import_dynamic(NodeView& node) {
  const TensorId x = node.input(0), zero = scalar_like(node, 0, x);
  std::vector<int64_t> axes(static_cast<size_t>(node.type(x).rank()));
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  const TensorId low = compose(node, "Min", {reduce(node, "Min", x, axes, false), zero});
  const TensorId high = compose(node, "Max", {reduce(node, "Max", x, axes, false), zero});
  const TensorId span = compose(node, "Sub", {high, low});
  const TensorId step = compose(node, "Div", {span, scalar_like(node, 255, x)});
  const TensorId scale = compose(node, "Where", {compose(node, "Equal", {span, zero}), scalar_like(node, 1, x), step});
  const TensorId offset = compose(node, "Round", {compose(node, "Div", {compose(node, "Sub", {zero, low}), scale})});
  const TensorId zero_point =
      cast_to(node, compose(node, "Clip", {offset, zero, scalar_like(node, 255, x)}), DataType::U8);
  return {quantize(node, x, {scale, zero_point}, DataType::U8), scale, zero_point};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kQuantize[] = {{"QuantizeLinear", 10, import_quantize},
                                      {"QuantizeLinear", 1, import_quantize, kMicrosoft},
                                      {"DynamicQuantizeLinear", 11, import_dynamic}};
constexpr OnnxImporter kDequantize[] = {{"DequantizeLinear", 10, import_dequantize},
                                        {"DequantizeLinear", 1, import_dequantize, kMicrosoft}};
constexpr std::string_view kQuantizeCases[] = {
    "Quantize(f32[2,3,5], f32[], u8[]) {to=\"u8\"}",
    "Quantize(f32[2,3,5], f32[3,1], i8[3,1]) {to=\"i8\"}",
    "Quantize(f32[9], f32[]) {to=\"i16\"}",
    "Quantize(f32[2,3,5], f32[3,1], u4[3,1]) {to=\"u4\"}",
    "Quantize(f32[60], f32[], f8e4m3fn[]) {to=\"f8e4m3fn\"}",
    "Quantize(f32[60], f32[]) {to=\"f4e2m1\"}",
};
constexpr std::string_view kDequantizeCases[] = {
    "Dequantize(u8[2,3,5], f32[], u8[])",
    "Dequantize(i8[2,3,5], f32[3,1], i8[3,1])",
    "Dequantize(i32[9], f32[1])",
    "Dequantize(i2[2,3,5], f32[3,1], i2[3,1])",
    "Dequantize(f8e5m2[60], f16[]) {to=\"f16\"}",
};

}  // namespace

extern const OpEntry quantize_entry = {Quantize::kName, make_op<Quantize>, kQuantize, kQuantizeCases};
extern const OpEntry dequantize_entry = {Dequantize::kName, make_op<Dequantize>, kDequantize, kDequantizeCases};

}  // namespace tn::ops
