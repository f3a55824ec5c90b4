// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/packing.h"

#include <array>

#include "base/error.h"
#include "base/half.h"

namespace tn {
namespace {

constexpr size_t kMaxPanel = 64;

/// Where the channels of a block lie in its panel.
std::array<uint8_t, kMaxPanel> places_of(const ProductPacking& p, int64_t panel) {
  std::array<uint8_t, kMaxPanel> places;
  const int64_t lanes = p.kernels->lanes, pair = 2 * lanes, paired = p.kernels->group == 2 ? panel / pair * pair : 0;
  for (int64_t c = 0; c < panel; ++c) {
    const int64_t within = c % pair;
    places[static_cast<size_t>(c)] =
        static_cast<uint8_t>(c < paired ? c - within + within % 2 * lanes + within / 2 : c);
  }
  return places;
}

template <typename Source, typename Element>
void pack_typed(const ProductPacking& p, const void* weights, const WeightStrides& s, int64_t block, char* to) {
  const int64_t group = p.kernels->group, padded_depth = p.padded_depth();
  const int64_t within = block % p.blocks_per_group(), count = p.channels_of(within);
  const int64_t panel = p.vectors_of(within) * p.kernels->lanes;
  const auto places = places_of(p, panel);
  const Source* first =
      static_cast<const Source*>(weights) + block / p.blocks_per_group() * s.group + within * p.panel() * s.channel;
  auto* out = reinterpret_cast<Element*>(to);
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    for (int64_t k = 0; k < padded_depth; ++k) {
      Element* row = out + (tap * padded_depth + k / group * group) * panel + k % group;
      const bool inside = k < p.depth;
      const Source* from = first + tap * s.tap;
      if (inside) from += k / s.inner_count * s.outer + k % s.inner_count * s.inner;
      const auto at = [&](int64_t c) -> Element& {
        if constexpr (sizeof(Element) == sizeof(float)) return row[c];
        return row[places[static_cast<size_t>(c)] * group];
      };
      int64_t c = 0;
      for (; inside && c < count; ++c) at(c) = static_cast<Element>(from[c * s.channel]);
      for (; c < panel; ++c) at(c) = Element{};
    }
  }
}

/// Whether products of two of these by bytes may exceed 16 bits together.
bool may_saturate(const int (&w)[4]) {
  const auto exceeds = [&](int i) {
    const int most = std::max(w[i], 0) + std::max(w[i + 1], 0), least = std::min(w[i], 0) + std::min(w[i + 1], 0);
    return 255 * most > INT16_MAX || 255 * least < INT16_MIN;
  };
  return exceeds(0) || exceeds(2);
}

/// Four bytes of each channel of a panel.
using ByteGroup = std::array<int[4], kMaxPanel>;

/// As 16 bits, first what stands at even places.
void store_wide(const ByteGroup& group, int64_t panel, char* to) {
  auto* out = reinterpret_cast<int16_t*>(to);
  for (int place = 0; place < 2; ++place)
    for (size_t c = 0; c < static_cast<size_t>(panel); ++c)
      for (int i = place; i < 4; i += 2) *out++ = static_cast<int16_t>(group[c][i]);
}

/// Bytes, and which of them are wide.
void pack_bytes(const ProductPacking& p, const int8_t* weights, const WeightStrides& s, int64_t block, char* to,
                char* wide) {
  const int64_t within = block % p.blocks_per_group(), count = p.channels_of(within);
  const int64_t panel = p.vectors_of(within) * p.kernels->lanes;
  const int8_t* first = weights + block / p.blocks_per_group() * s.group + within * p.panel() * s.channel;
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    for (int64_t k = 0; k < p.padded_depth(); k += 4, to += panel * 4) {
      ByteGroup group{};
      bool saturates = false;
      for (int64_t c = 0; c < panel; ++c) {
        int(&w)[4] = group[static_cast<size_t>(c)];
        for (int64_t i = 0; i < 4 && c < count && k + i < p.depth; ++i) {
          const int64_t outer = (k + i) / s.inner_count, inner = (k + i) % s.inner_count;
          w[i] = first[tap * s.tap + outer * s.outer + inner * s.inner + c * s.channel];
        }
        for (int i = 0; i < 4; ++i) to[c * 4 + i] = static_cast<char>(w[i]);
        saturates = saturates || may_saturate(w);
      }
      if (!p.kernels->saturates) continue;
      *wide++ = static_cast<char>(saturates);
      if (!saturates) continue;
      store_wide(group, panel, to);
      to += panel * 4;
    }
  }
}

}  // namespace

void ProductPacking::pack_block(const void* weights, DataType type, const WeightStrides& strides, int64_t block,
                                char* out) const noexcept {
  if (kernels->group == 1) {
    pack_typed<float, float>(*this, weights, strides, block, out);
  } else if (type == DataType::F32) {
    pack_typed<float, Half>(*this, weights, strides, block, out);
  } else {
    pack_typed<Half, Half>(*this, weights, strides, block, out);
  }
}

void ProductPacking::pack(const void* weights, DataType type, const WeightStrides& strides,
                          std::span<std::byte> out) const {
  internal_check((kernels->group == 4) == (type == DataType::I8), "weights of {} for kernels of another type",
                 name_of(type));
  internal_check(out.size() >= bytes(), "packed weights need {} bytes, got {}", bytes(), out.size());
  for (int64_t block = 0; block < blocks(); ++block) {
    char* to = reinterpret_cast<char*>(out.data());
    if (type == DataType::I8) {
      pack_bytes(*this, static_cast<const int8_t*>(weights), strides, block, to + offset_of(block),
                 to + wide_offset(block));
    } else {
      pack_block(weights, type, strides, block, to + offset_of(block));
    }
  }
}

}  // namespace tn
