// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/concat.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Concat::infer(const InferContext& context) const {
  TensorType result = context.type(0);
  model_check(result.rank() > 0, "scalars cannot be concatenated");
  const auto along = static_cast<size_t>(normalize_axis(axis, result.rank()));
  for (int i = 1; i < context.inputs(); ++i) {
    const TensorType& x = context.type(i);
    check_same_type(context, 0, i);
    model_check(x.rank() == result.rank(), "input {} is {} beside {}", i, to_string(x), to_string(result));
    for (size_t k = 0; k < x.dims.size(); ++k) {
      if (k == along)
        result.dims[k] = result.dims[k] + x.dims[k];
      else
        result.dims[k] = unify(result.dims[k], x.dims[k], fmt::format("extents of axis {}", k));
    }
  }
  return {std::move(result)};
}

bool Concat::splits_batch(const InferContext& context, const Dim& batch) const {
  for (int i = 0; i < context.inputs(); ++i) {
    if (!begins_with(context, i, batch)) return false;
  }
  return true;
}

std::optional<Dims> Concat::value(const InferContext& context) const {
  if (normalize_axis(axis, context.type(0).rank()) != 0) return std::nullopt;
  Dims result;
  for (int i = 0; i < context.inputs(); ++i) {
    const Dims* value = context.value(i);
    if (!value) return std::nullopt;
    result.insert(result.end(), value->begin(), value->end());
  }
  return result;
}

namespace {

std::vector<TensorId> import_concat(NodeView& node) {
  model_check(node.has("axis") || node.version < 4, "attribute 'axis' is missing");
  const int64_t axis = normalize_axis(node.integer("axis", 1), node.type(node.input(0)).rank());
  return node.add_all(std::make_shared<Concat>(axis), node.inputs);
}

constexpr OnnxImporter kOnnx[] = {{"Concat", 1, import_concat}};
constexpr std::string_view kCases[] = {"Concat(f32[2,3], f32[2,1], f32[2,4]) {axis=1}",
                                       "Concat(u8[1,2,3], u8[2,2,3]) {axis=-3}"};

}  // namespace

extern const OpEntry concat_entry = {Concat::kName, make_op<Concat>, kOnnx, kCases};

}  // namespace tn::ops
