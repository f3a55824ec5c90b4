// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cuda/codegen/product/product.h"

namespace tn::cuda {

/// What tiles are chosen for.
struct Gpu {
  std::string architecture;  ///< "sm_90"
  int multiprocessors;
};

/// Tiles worth timing, the best guess first: ranked by the cycles that a model of the multiprocessor gives them at the
/// largest shapes, few of each shape and, where others fit, half of one form or in clusters.
std::vector<MmaTile> mma_tiles(const Product& product, const SymbolRanges& ranges, const Gpu& gpu, size_t most);

}  // namespace tn::cuda
