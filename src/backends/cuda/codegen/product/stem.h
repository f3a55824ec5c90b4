// SPDX-License-Identifier: Apache-2.0
// Convolutions of pixels with few channels, such as a network's first: see stem_text.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/cuda/codegen/product/product.h"

namespace tn::cuda {

/// A block makes h x w results of one image in n columns, a warp so many `fragments` of 16 of them.
struct StemTile {
  int h = 1, w = 64, n = 64, fragments = 1;
  int threads() const { return 2 * h * w / fragments; }
  bool operator==(const StemTile&) const = default;
};

/// "1x112x64 f1".
std::string to_string(const StemTile& tile);
StemTile parse_stem_tile(const std::string& text);

/// Pixels, side by side, of a 16-byte chunk.
int stem_pixels(const Product& product);

/// Why the kernel cannot be made for a product that tensor cores take, if it cannot.
std::optional<std::string> refuses_stem(const Product& product);

/// Up to `most` tiles, the best guess first.
std::vector<StemTile> stem_tiles(const Product& product, const SymbolRanges& ranges, int multiprocessors, size_t most);

/// Parameters: A, B as pack_pixels makes it, inputs and outputs of the epilogue. The strides of A may be any.
KernelText stem_text(const Product& product, const StemTile& tile, std::string entry, const SymbolRanges& ranges);

}  // namespace tn::cuda
