// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "backends/cpu/device/int8_step.h"
#include "backends/cpu/tactics/epilogue.h"

namespace tn::cpu {

/// The expressions after a product of quantized operands in the form that kernels for bytes apply (requantize.h).
struct MatchedRequantization {
  Int8EpilogueStep step;
  double scale = 1;            ///< of what Quantize gives; 1 where results are floats, or behind an activation
  int residual_input = kNone;  ///< region input with the result's shape, or kNone
  double residual_offset = 0;  ///< what its zero point adds to the result, times the scale
  ConstantPtr bias;            ///< f32 [channels], or null
  std::optional<std::array<uint8_t, 256>> table;
};

/// Recognises Quantize behind [+ constant per channel] [+ dequantized residual] [clip] or behind another activation of
/// [+ constant per channel], and behind it whatever depends on its result alone and gives bytes, or Quantize behind its
/// number + dequantized residual [clip]; or, where the result is of floats, what match_epilogue does.
std::optional<MatchedRequantization> match_requantization(const Region& region, int channel_axis = 1);

}  // namespace tn::cpu
