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
  ConstantPtr bias;            ///< f32 [channels], or null
  std::string bias_name;
};

/// Recognises [+ constant per channel] [+ residual] [activation] [+ residual]. Nothing if the expressions are anything
/// else. `channel_axis` is counted from the back: 1 is the last.
std::optional<MatchedEpilogue> match_epilogue(const Region& region, int channel_axis = 1);

/// The activation of `sum` that `wanted` is; nothing if it is anything else.
std::optional<EpilogueStep> match_activation(const Expr& wanted, const Expr& sum);

/// The constant as f32, which packing and biases take.
ConstantPtr as_f32(const ConstantPtr& constant);

/// Whether products of this type can be computed, or what is missing.
Support supports_products(DataType type, Isa isa);

}  // namespace tn::cpu
