// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "backends/cpu/device/product_step.h"
#include "tuning/tactic.h"

namespace tn::cpu {

/// The expressions after a product in the form that product kernels apply while a tile is hot.
struct MatchedEpilogue {
  EpilogueStep step;
  int residual_input = kNone;  ///< region input with the result's shape, or kNone
};

/// Recognises [+ residual] [activation] [+ residual]. Nothing if the expressions are anything else.
std::optional<MatchedEpilogue> match_epilogue(const Region& region);

}  // namespace tn::cpu
