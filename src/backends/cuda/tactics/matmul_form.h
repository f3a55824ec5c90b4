// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "backends/cuda/device/libraries/matmul_step.h"
#include "backends/cuda/tactics/product_region.h"

namespace tn::cuda {

/// The product that the region's anchor (MatMul) is, as a library sees it: extents, and the strides of A, B, the
/// result, which goes to `out`, and the residual (an input of the region, or kNone). Nothing if extents or strides
/// vary, or if the axes cannot be seen as one of a batch, rows and columns.
std::optional<MatmulStep> matmul_form(const Region& region, const SymbolRanges& ranges, const Places& places,
                                      const Place& out, int residual, bool tf32);

}  // namespace tn::cuda
