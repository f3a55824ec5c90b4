// SPDX-License-Identifier: Apache-2.0
// Runs tiles over all pixels and output channels, on all threads of a lane.
#pragma once

#include "backends/cpu/kernels/epilogue.h"
#include "backends/cpu/kernels/product/packing.h"
#include "base/lane.h"

namespace tn {

/// The shape of one product, as bind() leaves it: every image has `pixels` rows, cut into `tiles` of nearly equal
/// height.
struct ProductShape {
  ProductPacking packing;
  DataType out_type = DataType::F32;
  int64_t images = 1, pixels = 0, tiles = 0;
  int64_t tile_rows = 0;  ///< the most rows of a tile

  int64_t input_batch = 0, input_row = 0;  ///< bytes; input_row only without offsets
  int64_t input_group = 0;                 ///< bytes from group to group
  int64_t input_bytes = 0;                 ///< of one image, for blocking
  const int32_t* offsets = nullptr;        ///< [pixel of tile begin][tap][row]: see TileArgs
  int64_t first_block = 0;                 ///< the block that `packed` begins with

  Extent out_extent{1, 1, 0};
  ImageStrides out;

  int64_t tile_begin(int64_t tile) const { return tile * (pixels / tiles) + std::min(tile, pixels % tiles); }
};

/// Fills rows of TileArgs::aside before a tile runs.
struct TileFill {
  void (*function)(const void* context, const char* image, int64_t tile, char* aside) = nullptr;
  const void* context = nullptr;
  const uint8_t* wanted = nullptr;  ///< not zero for the tiles of an image that need it
};

struct ProductOperands {
  const void* input = nullptr;
  const void* packed = nullptr;
  void* output = nullptr;
  const char* zeros = nullptr;  ///< what a pixel in the padding reads, without `fill`
  TileFill fill;
  char* aside = nullptr;  ///< with `fill`: aside_bytes for each thread
  int64_t aside_bytes = 0;
};

/// Number of tiles per image for `pixels` rows in tiles of at most `rows`.
inline int64_t tiles_for(int64_t pixels, int64_t rows) {
  return std::max<int64_t>(1, (pixels + rows - 1) / rows);
}

void run_product(Lane& lane, const ProductShape& shape, const ProductOperands& operands,
                 const Epilogue& epilogue) noexcept;

/// One thread's part: blocks [block_begin, block_end) of all tiles [tile_begin, tile_end) of all images.
struct ProductPart {
  int64_t block_begin, block_end, tile_begin, tile_end;
};
void run_product_part(const ProductShape& shape, const ProductOperands& operands, const Epilogue& epilogue,
                      const ProductPart& part, char* aside) noexcept;

/// The largest shapes that kernels exist for, the one that suits most products first.
std::span<const TileShape> tile_shapes(const ProductKernels& kernels);

}  // namespace tn
