// SPDX-License-Identifier: Apache-2.0
// TIFF 6.0, the first image: strips of 8-bit samples, gray or RGB, plain or packed by PackBits.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/error.h"
#include "dataset/decoders.h"
#include "dataset/numbers.h"

namespace tn {
namespace {

enum Tag : uint16_t {
  kWidth = 256,
  kHeight = 257,
  kBits = 258,
  kCompression = 259,
  kPhotometric = 262,
  kStripOffsets = 273,
  kSamples = 277,
  kRowsPerStrip = 278,
  kStripBytes = 279,
  kPlanes = 284,
};
constexpr uint32_t kPlain = 1, kPackBits = 32773, kWhiteIsZero = 0, kBlackIsZero = 1, kRgb = 2;

constexpr std::array kTags{kWidth,        kHeight,  kBits,         kCompression, kPhotometric,
                           kStripOffsets, kSamples, kRowsPerStrip, kStripBytes,  kPlanes};

/// Whole numbers by tag.
using Fields = std::map<uint16_t, std::vector<uint32_t>>;

Fields read_fields(const Numbers& file) {
  constexpr uint16_t kShort = 3, kLong = 4;
  constexpr size_t kEntry = 12;
  Fields fields;
  const size_t directory = file.u32(4);
  for (size_t i = 0; i < file.u16(directory); ++i) {
    const size_t entry = directory + 2 + i * kEntry;
    const uint16_t tag = file.u16(entry), type = file.u16(entry + 2);
    if ((type != kShort && type != kLong) || std::ranges::find(kTags, tag) == kTags.end() || fields.contains(tag))
      continue;
    const size_t count = file.u32(entry + 4), bytes = type == kShort ? 2 : 4;
    const size_t at = count * bytes <= 4 ? entry + 8 : file.u32(entry + 8);
    file.part(at, count * bytes);
    std::vector<uint32_t>& values = fields[tag];
    for (size_t k = 0; k < count; ++k) values.push_back(type == kShort ? file.u16(at + 2 * k) : file.u32(at + 4 * k));
  }
  return fields;
}

uint32_t number(const Fields& fields, Tag tag, uint32_t otherwise) {
  const auto found = fields.find(tag);
  return found == fields.end() || found->second.empty() ? otherwise : found->second[0];
}

const std::vector<uint32_t>& numbers(const Fields& fields, Tag tag) {
  const auto found = fields.find(tag);
  if (found == fields.end()) throw Error(ErrorCode::InvalidArgument, "damaged TIFF: field {} is missing", int{tag});
  return found->second;
}

void check_is_read(const Fields& fields) {
  const uint32_t compression = number(fields, kCompression, kPlain), photometric = number(fields, kPhotometric, kRgb);
  const auto& bits = numbers(fields, kBits);
  if ((compression != kPlain && compression != kPackBits) || photometric > kRgb || number(fields, kPlanes, 1) != 1 ||
      !std::ranges::all_of(bits, [](uint32_t count) { return count == 8; }))
    throw Error(ErrorCode::Unsupported,
                "a TIFF of compression {} and photometric interpretation {} is not read; plain or PackBits ones of "
                "8-bit gray or RGB in strips are",
                compression, photometric);
}

// Appends what a strip packed by PackBits holds, at most `size` bytes.
void unpack(std::span<const std::byte> packed, size_t size, std::vector<std::byte>& samples) {
  const size_t end = samples.size() + size;
  for (size_t at = 0; at + 1 < packed.size() && samples.size() < end;) {
    const int code = static_cast<int8_t>(packed[at++]);
    if (code == -128) continue;
    const size_t length = static_cast<size_t>(code < 0 ? 1 - code : 1 + code);
    const size_t kept = std::min(length, end - samples.size());
    if (code < 0) {
      samples.insert(samples.end(), kept, packed[at++]);
    } else {
      const auto literal = packed.subspan(at, std::min(kept, packed.size() - at));
      samples.insert(samples.end(), literal.begin(), literal.end());
      at += length;
    }
  }
}

// Row after row; fewer if the strips hold fewer.
std::vector<std::byte> read_samples(const Numbers& file, const Fields& fields, size_t row, size_t height) {
  const auto &offsets = numbers(fields, kStripOffsets), &sizes = numbers(fields, kStripBytes);
  const size_t rows = std::min<size_t>(number(fields, kRowsPerStrip, UINT32_MAX), height);
  const bool packed = number(fields, kCompression, kPlain) == kPackBits;
  std::vector<std::byte> samples;
  for (size_t i = 0; i < std::min(offsets.size(), sizes.size()) && samples.size() < row * height; ++i) {
    const auto strip = file.part(offsets[i], sizes[i]);
    const size_t size = std::min(rows * row, row * height - samples.size());
    if (packed) {
      unpack(strip, size, samples);
    } else {
      const auto kept = strip.first(std::min(size, strip.size()));
      samples.insert(samples.end(), kept.begin(), kept.end());
    }
  }
  return samples;
}

}  // namespace

Image decode_tiff(std::span<const std::byte> bytes) {
  const Numbers file(bytes, bytes[0] == std::byte{'M'});
  const Fields fields = read_fields(file);
  const int64_t width = number(fields, kWidth, 0), height = number(fields, kHeight, 0);
  check_image_size(width, height);
  check_is_read(fields);
  const uint32_t photometric = number(fields, kPhotometric, kRgb);
  const size_t stored = number(fields, kSamples, 1), channels = photometric == kRgb ? 3 : 1;
  constexpr size_t kMostSamples = 16;
  if (stored < channels || stored > kMostSamples)
    throw Error(ErrorCode::InvalidArgument, "damaged TIFF: {} samples a pixel", stored);
  const size_t pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  const auto samples = read_samples(file, fields, static_cast<size_t>(width) * stored, static_cast<size_t>(height));
  if (samples.size() != pixels * stored) throw Error(ErrorCode::InvalidArgument, "damaged TIFF: strips are missing");
  Image image(static_cast<int>(width), static_cast<int>(height), static_cast<int>(channels));
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const auto sample = static_cast<uint8_t>(samples[i / channels * stored + i % channels]);
    image.pixels[i] = photometric == kWhiteIsZero ? static_cast<uint8_t>(255 - sample) : sample;
  }
  return image;
}

}  // namespace tn
