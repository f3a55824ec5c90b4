// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/packing.h"

#include "base/error.h"
#include "base/half.h"

namespace tn {
namespace {

template <typename Element>
void pack_typed(const ProductPacking& p, const float* weights, const WeightStrides& s, int64_t count, int64_t panel,
                Element* out) {
  const int64_t group = p.kernels->group, padded_depth = (p.depth + group - 1) / group * group;
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    for (int64_t k = 0; k < padded_depth; ++k) {
      Element* row = out + (tap * padded_depth + k / group * group) * panel + k % group;
      const bool inside = k < p.depth;
      const float* from = weights + tap * s.tap;
      if (inside) from += k / s.inner_count * s.outer + k % s.inner_count * s.inner;
      for (int64_t c = 0; c < panel; ++c) {
        row[c * group] = inside && c < count ? static_cast<Element>(from[c * s.channel]) : Element{};
      }
    }
  }
}

}  // namespace

void ProductPacking::pack_block(const float* weights, const WeightStrides& strides, int64_t block,
                                char* out) const noexcept {
  const int64_t group = block / blocks_per_group(), within = block % blocks_per_group();
  weights += group * strides.group + within * panel() * strides.channel;
  const int64_t count = channels_of(within), width = vectors_of(within) * kernels->lanes;
  if (kernels->group == 1) {
    pack_typed(*this, weights, strides, count, width, reinterpret_cast<float*>(out));
  } else {
    pack_typed(*this, weights, strides, count, width, reinterpret_cast<Half*>(out));
  }
}

void ProductPacking::pack(const float* weights, const WeightStrides& strides, std::span<std::byte> out) const {
  internal_check(out.size() >= bytes(), "packed weights need {} bytes, got {}", bytes(), out.size());
  for (int64_t block = 0; block < blocks(); ++block) {
    pack_block(weights, strides, block, reinterpret_cast<char*>(out.data()) + offset_of(block));
  }
}

}  // namespace tn
