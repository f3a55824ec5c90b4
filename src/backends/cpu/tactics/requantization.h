// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/int8_step.h"
#include "tuning/requantization.h"

namespace tn::cpu {

/// The expressions after a product of quantized operands in the form that kernels for bytes apply (requantize.h).
struct Int8Epilogue {
  MatchedRequantization matched;
  Int8EpilogueStep step;
};

/// What match_requantization finds, with an activation that kernels have; or, where the result is of floats, what
/// match_epilogue does.
std::optional<Int8Epilogue> match_int8_epilogue(const Region& region, int channel_axis = 1);

}  // namespace tn::cpu
