// SPDX-License-Identifier: Apache-2.0
#include "ops/microsoft/channels_last.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ops/compose.h"

namespace tn::ops {
namespace {

// The axes 0, 1, … of an image in order.
std::vector<int64_t> axes_of(const import::NodeView& node, TensorId x) {
  const TensorType& type = node.type(x);
  model_check(type.rank() >= 3, "an image with channels last is {}", to_string(type));
  std::vector<int64_t> axes(type.dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace

TensorId to_channels_first(import::NodeView& node, TensorId x) {
  std::vector<int64_t> axes = axes_of(node, x);
  std::rotate(axes.begin() + 1, axes.end() - 1, axes.end());
  return transpose(node, x, std::move(axes));
}

TensorId to_channels_last(import::NodeView& node, TensorId x) {
  std::vector<int64_t> axes = axes_of(node, x);
  std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  return transpose(node, x, std::move(axes));
}

}  // namespace tn::ops
