// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/window.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace tn::ops {
namespace {

// Total padding along one axis so that the output has ceil(in / stride) positions.
int64_t same_padding(const Dim& in, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t extent = (kernel - 1) * dilation + 1;
  if (stride == 1) return extent - 1;
  model_check(in.is_constant(), "auto_pad SAME with a stride needs a known spatial extent, not {}", in.to_string());
  const int64_t size = *in.constant(), out = (size + stride - 1) / stride;
  return std::max<int64_t>(0, (out - 1) * stride + extent - size);
}

void check_size(int64_t value, int64_t least, std::string_view what) {
  constexpr int64_t kMost = int64_t{1} << 30;  // products of two do not overflow
  model_check(value >= least && value <= kMost, "{} {}", what, value);
}

}  // namespace

Window import_window(const import::NodeView& node, const TensorType& input, std::vector<int64_t> kernel) {
  const size_t spatial = kernel.size();
  model_check(input.rank() == static_cast<int>(spatial) + 2, "input {} has not the rank of kernel_shape plus 2",
              to_string(input));
  Window window;
  window.kernel = std::move(kernel);
  window.strides = node.integers("strides", std::vector<int64_t>(spatial, 1));
  window.dilations = node.integers("dilations", std::vector<int64_t>(spatial, 1));
  window.pads = node.integers("pads", std::vector<int64_t>(2 * spatial, 0));
  model_check(
      window.strides.size() == spatial && window.dilations.size() == spatial && window.pads.size() == 2 * spatial,
      "strides, dilations or pads do not fit {} spatial axes", spatial);
  for (size_t i = 0; i < spatial; ++i) {
    check_size(window.kernel[i], 1, "a kernel of extent");
    check_size(window.strides[i], 1, "a stride of");
    check_size(window.dilations[i], 1, "a dilation of");
  }
  for (const int64_t pad : window.pads) check_size(pad, -(int64_t{1} << 30), "padding of");
  model_check(node.integers("kernel_shape", window.kernel) == window.kernel, "kernel_shape is [{}], the filter [{}]",
              fmt::join(node.integers("kernel_shape"), ","), fmt::join(window.kernel, ","));
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (mode == "VALID") window.pads.assign(2 * spatial, 0);
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") return window;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t total = same_padding(input.dims[2 + i], window.kernel[i], window.strides[i], window.dilations[i]);
    window.pads[i] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    window.pads[spatial + i] = total - window.pads[i];
  }
  return window;
}

Dims slide(const Dims& spatial, const Window& window, bool ceil) {
  Dims result;
  const size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    const Dim stride = window.strides[i], extent = (Dim(window.kernel[i]) - 1) * window.dilations[i] + 1;
    const Dim room = spatial[i] + window.pads[i] + window.pads[rank + i] - extent;
    Dim out = (ceil ? Dim::ceil_div(room, stride) : Dim::floor_div(room, stride)) + 1;
    // The last window must start inside the image or its begin padding.
    if (ceil) out = Dim::min(out, Dim::floor_div(spatial[i] + window.pads[i] - 1, stride) + 1);
    model_check(!out.is_constant() || *out.constant() > 0,
                "a window of {} does not fit an extent of {} with pads {} and {}", extent.to_string(),
                spatial[i].to_string(), window.pads[i], window.pads[rank + i]);
    result.push_back(out);
  }
  return result;
}

}  // namespace tn::ops
