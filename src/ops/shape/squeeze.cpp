// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/entry.h"
#include "ops/rules.h"
#include "ops/shape/reshape.h"

namespace tn::ops {

std::vector<TensorType> Squeeze::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  std::vector<bool> gone(x.dims.size(), false);
  if (context.has(1)) {
    for (const int axis : normalize_axes(required_integers(context, 1, "axes"), x.rank())) {
      const auto index = static_cast<size_t>(axis);
      model_check(may_equal(x.dims[index], 1), "axis {} of {} is not 1", axis, to_string(x));
      gone[index] = true;
    }
  } else {
    for (size_t i = 0; i < gone.size(); ++i) gone[i] = x.dims[i] == Dim(1);
  }
  Dims dims;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) dims.push_back(x.dims[i]);
  }
  return {{x.type, std::move(dims)}};
}

bool Squeeze::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch);
}

std::optional<Dims> Squeeze::value(const InferContext& context) const {
  return reshaped_value(context);
}

std::vector<TensorType> Unsqueeze::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  const auto axes = required_integers(context, 1, "axes");
  const int rank = x.rank() + static_cast<int>(axes.size());
  const auto added = normalize_axes(axes, rank);
  Dims dims;
  size_t next = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const bool one = std::find(added.begin(), added.end(), axis) != added.end();
    dims.push_back(one ? Dim(1) : x.dims[next++]);
  }
  return {{x.type, std::move(dims)}};
}

bool Unsqueeze::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch);
}

std::optional<Dims> Unsqueeze::value(const InferContext& context) const {
  return reshaped_value(context);
}

namespace {

// Up to opset 12 the axes are an attribute.
template <typename T>
std::vector<TensorId> import_axes_attribute(NodeView& node) {
  std::vector<TensorId> inputs = {node.input(0)};
  if (node.has("axes")) inputs.push_back(node.add_integers(node.integers("axes")));
  return node.add_all(std::make_shared<T>(), std::move(inputs));
}

constexpr OnnxImporter kSqueeze[] = {{"Squeeze", 1, import_axes_attribute<Squeeze>},
                                     {"Squeeze", 13, import_same<Squeeze>}};
constexpr OnnxImporter kUnsqueeze[] = {{"Unsqueeze", 1, import_axes_attribute<Unsqueeze>},
                                       {"Unsqueeze", 13, import_same<Unsqueeze>}};
constexpr std::string_view kSqueezeCases[] = {"Squeeze(f32[1,3,1,2], i64[2]{0,-2})"};
constexpr std::string_view kUnsqueezeCases[] = {"Unsqueeze(f32[3,2], i64[2]{0,-1})"};

}  // namespace

extern const OpEntry squeeze_entry = {Squeeze::kName, make_op<Squeeze>, kSqueeze, kSqueezeCases};
extern const OpEntry unsqueeze_entry = {Unsqueeze::kName, make_op<Unsqueeze>, kUnsqueeze, kUnsqueezeCases};

}  // namespace tn::ops
