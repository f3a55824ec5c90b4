// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "tuning/region.h"

namespace tn {

/// What a region's expression reads besides its anchor's result, sorted by what it could be to a product kernel.
struct EpilogueOperands {
  struct Operand {
    int index;  ///< of the region's inputs
    Expr expr;  ///< its Input in the region's expression
  };
  std::optional<Operand> bias, residual;
};

/// The operands of the first expression; the predicates take an index of the region's inputs. Nothing if an operand is
/// neither, or a second of its kind, or if there is more than one output or arithmetic in another type than f32. How
/// the expression uses them is not looked at.
std::optional<EpilogueOperands> epilogue_operands(const Region& region, const std::function<bool(int)>& is_bias,
                                                  const std::function<bool(int)>& is_residual);

/// Whether the input holds one number per channel of the first output. `channel_axis` is counted from the back: 1 is
/// the last.
bool is_per_channel(const Region& region, int input, int channel_axis);

}  // namespace tn
