// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

/// Where dense or strided f32 weights lie, in elements. k is split in two so that a row of a convolution window can be
/// one k: k = outer * inner_count + inner.
struct WeightStrides {
  int64_t group = 0, channel = 0, tap = 0, outer = 0, inner = 0;
  int64_t inner_count = 1;
};

/// The order of weights in memory: [group][block of channels][tap][k-group][vectors * lanes][elements of a k-group].
/// Unused lanes and elements are zero. The last block of a group has only as many vectors as it needs. With two
/// elements in a k-group two vectors that follow each other share their channels alternately: the first has the even
/// ones. Bytes whose products of two may exceed 16 bits, where that matters (ProductKernels::saturates), are stored as
/// 16 bits, for the whole k-group: [even and odd elements][vectors * lanes][2]. What follows in the block moves up,
/// there is room for it to consist of nothing else, and behind all weights stands TileArgs::wide of every block.
/// Depends on the weights, the tile's width and the vector type, on nothing else; its size on the weights' shape only.
struct ProductPacking {
  const ProductKernels* kernels = nullptr;
  int vectors = 0;                                        ///< of a full block
  int64_t groups = 1, channels = 0, taps = 1, depth = 0;  ///< channels and depth: per group

  int64_t panel() const { return static_cast<int64_t>(vectors) * kernels->lanes; }
  int64_t blocks_per_group() const { return (channels + panel() - 1) / panel(); }
  int64_t blocks() const { return groups * blocks_per_group(); }
  /// Channels and vectors of a block, by its number within the group.
  int64_t channels_of(int64_t block) const { return std::min(panel(), channels - block * panel()); }
  int64_t vectors_of(int64_t block) const { return (channels_of(block) + kernels->lanes - 1) / kernels->lanes; }
  int64_t bytes_per_vector() const { return taps * (padded_depth() / kernels->group) * line(); }
  int64_t group_bytes() const { return (channels + kernels->lanes - 1) / kernels->lanes * bytes_per_vector(); }
  /// Where a block begins, by its number over all groups.
  int64_t offset_of(int64_t block) const {
    return block / blocks_per_group() * group_bytes() + block % blocks_per_group() * vectors * bytes_per_vector();
  }
  /// TileArgs::prefetch_step, with which `tiles` tiles fetch a block of so many vectors evenly. Fetched all at once, by
  /// the first of them, its lines would be in the way of those that this tile reads.
  int64_t prefetch_step(int64_t vectors_of_block, int64_t tiles) const {
    return std::min<int64_t>(64, (vectors_of_block * line() + tiles - 1) / tiles);
  }
  size_t bytes() const { return static_cast<size_t>(wide_offset(blocks())); }
  int64_t padded_depth() const {
    const int64_t multiple = std::max(kernels->group, kernels->depth_multiple);
    return (depth + multiple - 1) / multiple * multiple;
  }
  /// Bytes of a k-group of a vector, at most.
  int64_t line() const { return kernels->lanes * (kernels->saturates ? 8 : 4); }
  /// Where TileArgs::wide of a block begins.
  int64_t wide_offset(int64_t block) const {
    return groups * group_bytes() + (kernels->saturates ? block * taps * (padded_depth() / 4) : 0);
  }

  /// Packs one block (numbered over all groups) to `out`, its beginning. `weights` are F32, rounded where the kernels
  /// take F16, or F16 already.
  void pack_block(const void* weights, DataType type, const WeightStrides& strides, int64_t block,
                  char* out) const noexcept;
  /// Packs everything. `out` has bytes() bytes.
  void pack(const void* weights, DataType type, const WeightStrides& strides, std::span<std::byte> out) const;
};

}  // namespace tn
