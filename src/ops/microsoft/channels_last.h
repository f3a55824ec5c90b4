// SPDX-License-Identifier: Apache-2.0
// Images whose channels lie behind the spatial axes.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// [N, …, C] as [N, C, …].
TensorId to_channels_first(import::NodeView& node, TensorId x);
/// [N, C, …] as [N, …, C].
TensorId to_channels_last(import::NodeView& node, TensorId x);

}  // namespace tn::ops
