// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/heads.h"

#include <cmath>

#include "base/error.h"
#include "ops/compose.h"

namespace tn::ops {

TensorId unpack_heads(import::NodeView& node, TensorId x, int64_t heads) {
  const Dims dims = node.type(x).dims;
  model_check(dims.size() == 3 && heads > 0, "{} does not hold {} heads", to_string(node.type(x)), heads);
  const TensorId split = reshape(node, x, {dims[0], dims[1], heads, Dim::floor_div(dims[2], heads)});
  return transpose(node, split, {0, 2, 1, 3});
}

TensorId pack_heads(import::NodeView& node, TensorId y) {
  const Dims dims = node.type(y).dims;
  return reshape(node, transpose(node, y, {0, 2, 1, 3}), {dims[0], dims[2], dims[1] * dims[3]});
}

double attention_scale(const import::NodeView& node, TensorId q, double scale) {
  if (scale != 0) return scale;
  const auto size = node.type(q).dims.back().constant();
  model_check(size.has_value(), "the head size must be known, or scale given");
  return 1 / std::sqrt(static_cast<double>(*size));
}

TensorId seen_keys(import::NodeView& node, const Visibility& v, const Dim& queries, const Dim& keys) {
  constexpr int64_t kTail[] = {1, 2, 3}, kLast[] = {-1};
  const TensorId columns = counting(node, keys);
  TensorId seen = kNone;
  const auto restrict_to = [&](std::string_view comparison, TensorId bound) {
    const TensorId allowed = compose(node, comparison, {columns, bound});
    seen = seen == kNone ? allowed : compose(node, "And", {seen, allowed});
  };
  const auto per_sample = [&](TensorId x) { return unsqueeze(node, cast_to(node, x, DataType::I64), kTail); };
  if (v.lengths != kNone) restrict_to("Less", per_sample(v.lengths));
  if (!v.causal && v.left < 0 && v.right < 0) return seen;
  const TensorId offset = v.first != kNone ? per_sample(v.first) : extent(node, v.past);
  const TensorId position = compose(node, "Add", {unsqueeze(node, counting(node, queries), kLast), offset});
  const auto shifted = [&](int64_t by) { return compose(node, "Add", {position, extent(node, by)}); };
  if (v.causal) restrict_to("LessOrEqual", position);
  if (v.right >= 0) restrict_to("LessOrEqual", shifted(v.right));
  if (v.left >= 0) restrict_to("GreaterOrEqual", shifted(-v.left));
  return seen;
}

}  // namespace tn::ops
