// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cuda/codegen/product/product.h"

namespace tn::cuda {

/// Tiles worth timing, the best guess first: ranked by the cycles that a model of the multiprocessor gives them at the
/// largest shapes, few of each shape and, where others fit, half of one form.
std::vector<MmaTile> mma_tiles(const Product& product, const SymbolRanges& ranges, int multiprocessors, size_t most);

}  // namespace tn::cuda
