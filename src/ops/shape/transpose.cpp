// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/transpose.h"

#include <fmt/ranges.h>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Transpose::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  std::vector<bool> used(x.dims.size(), false);
  model_check(perm.size() == x.dims.size(), "perm has {} axes for {}", perm.size(), to_string(x));
  Dims dims;
  for (const int64_t axis : perm) {
    const bool valid = axis >= 0 && axis < x.rank() && !used[static_cast<size_t>(axis)];
    model_check(valid, "perm [{}] is no permutation of the axes of {}", fmt::join(perm, ","), to_string(x));
    used[static_cast<size_t>(axis)] = true;
    dims.push_back(x.dims[static_cast<size_t>(axis)]);
  }
  return {{x.type, std::move(dims)}};
}

bool Transpose::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch);
}

std::optional<Dims> Transpose::value(const InferContext& context) const {
  const auto dims = context.type(0).static_shape();
  if (!context.value(0) || !dims) return std::nullopt;
  Shape from = dims->row_major_strides(), strides, extents;
  for (const int64_t axis : perm) {
    strides.push_back(from[static_cast<int>(axis)]);
    extents.push_back((*dims)[static_cast<int>(axis)]);
  }
  Dims result;
  for (Walk walk(extents, {strides}); walk.more(); walk.next()) {
    result.push_back((*context.value(0))[static_cast<size_t>(walk.offset(0))]);
  }
  return result;
}

namespace {

std::vector<TensorId> import_transpose(NodeView& node) {
  std::vector<int64_t> perm = node.integers("perm");
  if (!node.has("perm")) {
    for (int axis = node.type(node.input(0)).rank() - 1; axis >= 0; --axis) perm.push_back(axis);
  }
  return node.add_all(std::make_shared<Transpose>(std::move(perm)), {node.input(0)});
}

constexpr OnnxImporter kOnnx[] = {{"Transpose", 1, import_transpose}};
constexpr std::string_view kCases[] = {"Transpose(f32[2,3,4]) {perm=[2,0,1]}",
                                       "Transpose(i8[1,3,2,5]) {perm=[0,2,3,1]}"};

}  // namespace

extern const OpEntry transpose_entry = {Transpose::kName, make_op<Transpose>, kOnnx, kCases};

}  // namespace tn::ops
