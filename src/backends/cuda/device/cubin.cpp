// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/cubin.h"

#include <cstdint>
#include <cstring>

namespace tn::cuda {
namespace {

// Of a 64-bit ELF file: its header, and the headers of its sections and segments.
constexpr size_t kHeaderBytes = 64, kSectionBytes = 64, kSegmentBytes = 56;
constexpr uint32_t kNoBits = 8;  // a section without bytes in the file

template <typename T>
T read(std::span<const std::byte> image, size_t at) {
  T value;
  std::memcpy(&value, image.data() + at, sizeof(T));
  return value;
}

bool holds(std::span<const std::byte> image, uint64_t begin, uint64_t bytes) {
  return begin <= image.size() && bytes <= image.size() - begin;
}

}  // namespace

bool is_whole_elf(std::span<const std::byte> image) {
  constexpr unsigned char kMagic[] = {0x7f, 'E', 'L', 'F', 2, 1};
  if (image.size() < kHeaderBytes || std::memcmp(image.data(), kMagic, sizeof(kMagic)) != 0) return false;
  const auto segments = read<uint64_t>(image, 32), sections = read<uint64_t>(image, 40);
  const uint64_t segment_count = read<uint16_t>(image, 56), section_count = read<uint16_t>(image, 60);
  if (segment_count > 0 && read<uint16_t>(image, 54) != kSegmentBytes) return false;
  if (section_count == 0 || read<uint16_t>(image, 58) != kSectionBytes) return false;
  if (!holds(image, segments, segment_count * kSegmentBytes)) return false;
  if (!holds(image, sections, section_count * kSectionBytes)) return false;
  for (uint64_t i = 0; i < segment_count; ++i) {
    const size_t header = segments + i * kSegmentBytes;
    if (!holds(image, read<uint64_t>(image, header + 8), read<uint64_t>(image, header + 32))) return false;
  }
  for (uint64_t i = 0; i < section_count; ++i) {
    const size_t header = sections + i * kSectionBytes;
    if (read<uint32_t>(image, header + 4) == kNoBits) continue;
    if (!holds(image, read<uint64_t>(image, header + 24), read<uint64_t>(image, header + 32))) return false;
  }
  return true;
}

}  // namespace tn::cuda
