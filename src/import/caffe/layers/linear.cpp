// SPDX-License-Identifier: Apache-2.0
// Products with weights, and arithmetic of several blobs.
#include <algorithm>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

Tops inner_product(LayerContext& layer) {
  const Message& parameters = layer.parameters("inner_product_param");
  const TensorId x = layer.bottom();
  const int64_t outputs = LayerContext::size(parameters, "num_output", 0);
  const int axis = layer.axis(parameters.integer("axis", 1), layer.rank(x));
  int64_t length = 1;
  for (int i = axis; i < layer.rank(x); ++i)
    length = checked_elements(std::vector{length, layer.extent(x, i)}, kMostElements);
  const bool transposed = parameters.flag("transpose", false);
  const Shape dims = transposed ? Shape{length, outputs} : Shape{outputs, length};
  Tops inputs = {layer.op("Flatten", {x}, {{"axis", int64_t{axis}}}), layer.weight(0, dims, Fill::sum_of(length))};
  if (parameters.flag("bias_term", true)) inputs.push_back(layer.weight(1, {outputs}, {}));
  const TensorId rows = layer.op("Gemm", std::move(inputs), {{"transB", int64_t{transposed ? 0 : 1}}});
  if (axis == 1) return {rows};
  std::vector<int64_t> result;
  for (int i = 0; i < axis; ++i) result.push_back(layer.extent(x, i));
  result.push_back(outputs);
  return {layer.reshape(rows, result)};
}

Tops embed(LayerContext& layer) {
  const Message& parameters = layer.parameters("embed_param");
  const int64_t outputs = LayerContext::size(parameters, "num_output", 0);
  const int64_t words = LayerContext::size(parameters, "input_dim", 0);
  const TensorId table = layer.weight(0, {words, outputs}, {-1, 1});
  const TensorId rows = layer.op("Gather", {table, layer.cast(layer.bottom(), DataType::I64)});
  if (!parameters.flag("bias_term", true)) return {rows};
  return {layer.add(rows, layer.weight(1, {outputs}, {}))};
}

/// Where a factor or summand lies: on which axes of the first bottom, and how many ones follow for it to broadcast.
struct Covered {
  Shape dims;
  int trailing;
};

Covered learned_axes(LayerContext& layer, const Message& parameters) {
  const TensorId x = layer.bottom();
  const int64_t count = parameters.integer("num_axes", 1);
  if (count == 0) return {{}, 0};
  const int axis = layer.axis(parameters.integer("axis", 1), layer.rank(x));
  const int64_t end = count == -1 ? layer.rank(x) : axis + count;
  model_check(count >= -1 && end <= layer.rank(x), "num_axes {} from axis {} on, of a blob of {} axes", count, axis,
              layer.rank(x));
  Shape dims;
  for (int i = axis; i < end; ++i) dims.push_back(layer.extent(x, i));
  return {dims, layer.rank(x) - static_cast<int>(end)};
}

TensorId learned(LayerContext& layer, size_t index, const Covered& covered, Fill fill) {
  Shape dims = covered.dims;
  for (int i = 0; i < covered.trailing; ++i) dims.push_back(1);
  return layer.weight(index, dims, fill);
}

// The second bottom with ones behind it.
TensorId second_bottom(LayerContext& layer, const Message& parameters, Covered& covered) {
  const TensorId x = layer.bottom(), factor = layer.bottom(1);
  const int axis = layer.rank(factor) == 0 ? 0 : layer.axis(parameters.integer("axis", 1), layer.rank(x));
  const int trailing = layer.rank(factor) == 0 ? 0 : layer.rank(x) - axis - layer.rank(factor);
  model_check(trailing >= 0, "its second bottom {} does not fit the first, {}, from axis {} on",
              to_string(layer.type(factor)), to_string(layer.type(x)), axis);
  for (int i = 0; i < layer.rank(factor); ++i) {
    const auto at = static_cast<size_t>(i);
    model_check(layer.type(factor).dims[at] == layer.type(x).dims[at + static_cast<size_t>(axis)],
                "its second bottom {} does not fit the first, {}, from axis {} on", to_string(layer.type(factor)),
                to_string(layer.type(x)), axis);
  }
  covered.trailing = trailing;
  if (trailing == 0) return factor;
  std::vector<int64_t> axes;
  for (int i = 0; i < trailing; ++i) axes.push_back(layer.rank(factor) + i);
  return layer.op("Unsqueeze", {factor, layer.integers(axes)});
}

Tops scale(LayerContext& layer) {
  const Message& parameters = layer.parameters("scale_param");
  Covered covered{};
  const bool given = layer.bottoms() > 1;
  TensorId factor = kNone;
  if (given) {
    factor = second_bottom(layer, parameters, covered);
  } else {
    covered = learned_axes(layer, parameters);
    factor = learned(layer, 0, covered, {1, 1});
  }
  const TensorId product = layer.mul(layer.bottom(), factor);
  if (!parameters.flag("bias_term", false)) return {product};
  if (given)
    for (int i = 0; i < layer.rank(layer.bottom(1)); ++i) covered.dims.push_back(layer.extent(layer.bottom(1), i));
  return {layer.add(product, learned(layer, given ? 0 : 1, covered, {}))};
}

Tops bias(LayerContext& layer) {
  const Message& parameters = layer.parameters("bias_param");
  Covered covered{};
  if (layer.bottoms() > 1) return {layer.add(layer.bottom(), second_bottom(layer, parameters, covered))};
  return {layer.add(layer.bottom(), learned(layer, 0, learned_axes(layer, parameters), {}))};
}

Tops eltwise(LayerContext& layer) {
  const Message& parameters = layer.parameters("eltwise_param");
  constexpr std::string_view kOperators[] = {"Mul", "Add", "Max"};
  constexpr size_t kSum = 1;
  const size_t operation = parameters.choice("operation", {"PROD", "SUM", "MAX"}, kSum);
  const auto factors = parameters.numbers("coeff");
  model_check(factors.empty() || (operation == kSum && factors.size() == layer.bottoms()),
              "{} coefficients for {} bottoms (only sums have them)", factors.size(), layer.bottoms());
  TensorId result = kNone;
  for (size_t i = 0; i < layer.bottoms(); ++i) {
    model_check(layer.type(layer.bottom(i)).dims == layer.type(layer.bottom()).dims, "its bottoms differ: {} and {}",
                to_string(layer.type(layer.bottom())), to_string(layer.type(layer.bottom(i))));
    const TensorId part = layer.scale_shift(layer.bottom(i), factors.empty() ? 1 : factors[i], 0);
    result = i == 0 ? part : layer.op(kOperators[operation], {result, part});
  }
  return {layer.bottoms() == 0 ? layer.bottom() : result};
}

Tops parameter(LayerContext& layer) {
  const Shape dims(layer.parameters("parameter_param").child("shape").integers("dim"));
  return {layer.weight(0, dims, {-1, 1})};
}

constexpr LayerEntry kLayers[] = {
    {"Bias", bias},           {"Eltwise", eltwise}, {"Embed", embed}, {"InnerProduct", inner_product},
    {"Parameter", parameter}, {"Scale", scale},
};

}  // namespace

std::span<const LayerEntry> linear_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
