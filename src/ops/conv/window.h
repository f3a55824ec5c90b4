// SPDX-License-Identifier: Apache-2.0
// Sliding windows, shared by convolutions and pools.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// Where the windows of an operator lie along each spatial axis. `pads` holds begins, then ends.
struct Window {
  std::vector<int64_t> kernel, strides, dilations, pads;
};

/// Reads strides, dilations, pads and auto_pad of a node. SAME_UPPER and SAME_LOWER need known spatial extents;
/// they pad so that the output is ceil(input / stride).
Window import_window(const import::NodeView& node, const TensorType& input, std::vector<int64_t> kernel);

/// Extents after sliding: floor or ceil of (in + pads - dilated kernel) / stride, plus 1. With `ceil`, a last window
/// that would start in the end padding is dropped, as ONNX and PyTorch do.
Dims slide(const Dims& spatial, const Window& window, bool ceil = false);

}  // namespace tn::ops
