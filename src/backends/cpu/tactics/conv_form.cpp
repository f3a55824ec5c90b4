// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/conv_form.h"

#include <fmt/format.h>

#include "ops/conv/conv.h"

namespace tn::cpu {
namespace {

Extent extent_of(std::span<const int64_t> spatial, int64_t missing) {
  Extent extent{missing, missing, missing};
  for (size_t i = 0; i < spatial.size(); ++i) extent[3 - spatial.size() + i] = spatial[i];
  return extent;
}

}  // namespace

ConvParams conv_params(const Region& region) {
  const auto& conv = dynamic_cast<const ops::Conv&>(*region.anchor);
  const Shape weights = *region.input_type(region.anchor_inputs[1]).static_shape();
  const size_t spatial = conv.strides.size();
  ConvParams params;
  params.in_channels = weights[1] * conv.group;
  params.out_channels = weights[0];
  params.groups = conv.group;
  params.kernel = extent_of({weights.begin() + 2, spatial}, 1);
  params.stride = extent_of(conv.strides, 1);
  params.dilation = extent_of(conv.dilations, 1);
  params.pad_before = extent_of({conv.pads.data(), spatial}, 0);
  params.pad_after = extent_of({conv.pads.data() + spatial, spatial}, 0);
  params.type = region.input_type(region.anchor_inputs[0]).type;
  params.out_type = region.output_type(0).type;
  return params;
}

bool has_bias(const Region& region) {
  return region.anchor_inputs.size() > 2 && region.anchor_inputs[2] != kNone;
}

std::string text_of(const ConvConfig& config) {
  return fmt::format("{}x{}{}", config.tile.rows, config.tile.vectors, config.merge_width ? "w" : "");
}

}  // namespace tn::cpu
