// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "backends/cuda/device/libraries/matmul_step.h"
#include "tuning/tactic.h"

namespace tn::cuda {

/// The expression behind a product in the form that libraries compute with it.
struct LibraryEpilogue {
  int bias = kNone, residual = kNone;  ///< inputs of the region
  MatmulStep::Activation activation = MatmulStep::Activation::None;
};

/// Recognises activation(product [+ bias per channel] [+ residual]) where that is all of the region's expressions.
/// `channel_axis` is counted from the back: 1 is the last.
std::optional<LibraryEpilogue> match_library_epilogue(const Region& region, int channel_axis);

/// A bias as [channels] of `type` without gaps: a constant is converted while building.
int place_bias(const Region& region, int bias, DataType type, RegionLowering& lowering);

}  // namespace tn::cuda
