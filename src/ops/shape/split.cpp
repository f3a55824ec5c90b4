// SPDX-License-Identifier: Apache-2.0
#include "ops/entry.h"
#include "ops/rules.h"
#include "ops/shape/concat.h"

namespace tn::ops {
namespace {

Dims part_sizes(const InferContext& context, int64_t outputs, const Dim& extent) {
  Dims sizes;
  if (!context.has(1)) {
    const Dim part = Dim::ceil_div(extent, outputs);
    for (int64_t i = 0; i + 1 < outputs; ++i) sizes.push_back(part);
    sizes.push_back(extent - part * (outputs - 1));
    return sizes;
  }
  if (const Dims* given = context.value(1)) {
    Dim total(0);
    for (const Dim& size : *given) total = total + size;
    model_check(may_equal(total, extent), "sizes {} do not add up to {}", to_string(*given), extent.to_string());
    return *given;
  }
  return sizes;
}

}  // namespace

std::vector<TensorType> Split::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(outputs > 0, "{} outputs", outputs);
  const int along = normalize_axis(axis, x.rank());
  model_check(x.rank() > 0, "a scalar cannot be split");
  const Dim extent = x.dims[static_cast<size_t>(along)];
  const Dims sizes = part_sizes(context, outputs, extent);
  model_check(sizes.empty() || static_cast<int64_t>(sizes.size()) == outputs, "{} sizes for {} outputs", sizes.size(),
              outputs);
  std::vector<TensorType> types(static_cast<size_t>(outputs), x);
  for (size_t i = 0; i < types.size(); ++i) {
    const Dim size = sizes.empty() ? context.unknown(static_cast<int>(i), along, extent) : sizes[i];
    model_check(!size.is_constant() || *size.constant() >= 0, "{} cannot be split into {} parts", to_string(x),
                outputs);
    types[i].dims[static_cast<size_t>(along)] = size;
  }
  return types;
}

bool Split::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

namespace {

// The sizes are an attribute up to opset 12 (opset 1 allows an input too); without them the parts are equal.
std::vector<TensorId> import_split(NodeView& node) {
  const TensorId x = node.input(0);
  const int64_t axis = normalize_axis(node.integer("axis", 0), node.type(x).rank());
  std::vector<TensorId> inputs = {x};
  if (node.has_input(1))
    inputs.push_back(node.input(1));
  else if (node.has("split"))
    inputs.push_back(node.add_integers(node.integers("split")));
  const auto parts = static_cast<int64_t>(node.output_count);
  model_check(node.integer("num_outputs", parts) == parts, "num_outputs is not {}", parts);
  return node.add_all(std::make_shared<Split>(axis, parts), std::move(inputs));
}

constexpr OnnxImporter kOnnx[] = {{"Split", 1, import_split}};
constexpr std::string_view kCases[] = {"Split(f32[2,7], i64[3]{2,1,4}) {axis=1, outputs=3}",
                                       "Split(f32[7]) {axis=0, outputs=3}"};

}  // namespace

extern const OpEntry split_entry = {Split::kName, make_op<Split>, kOnnx, kCases};

}  // namespace tn::ops
