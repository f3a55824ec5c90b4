// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/images.h"

#include <algorithm>

#include "backends/cuda/device/architecture.h"
#include "base/bytes.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr std::string_view kMagic = "TENON images 1";
constexpr size_t kAlignment = 64;

bool begins_block(std::span<const std::byte> bytes) {
  ByteWriter magic;
  magic.put_text(kMagic);
  const auto expected = magic.take();
  return bytes.size() >= expected.size() && std::ranges::equal(expected, bytes.first(expected.size()));
}

std::vector<std::byte> header_of(std::span<const Image> images, std::span<const uint64_t> positions) {
  ByteWriter header;
  header.put_text(kMagic);
  header.put(static_cast<uint32_t>(images.size()));
  for (size_t i = 0; i < images.size(); ++i) {
    header.put_text(images[i].architecture);
    header.put(positions[i]);
    header.put(static_cast<uint64_t>(images[i].bytes.size()));
  }
  return header.take();
}

size_t aligned(size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

std::vector<std::byte> join_images(std::span<const Image> images) {
  std::vector<uint64_t> positions(images.size());
  size_t end = header_of(images, positions).size();
  for (size_t i = 0; i < images.size(); ++i) {
    positions[i] = aligned(end);
    end = positions[i] + images[i].bytes.size();
  }
  std::vector<std::byte> block = header_of(images, positions);
  for (size_t i = 0; i < images.size(); ++i) {
    block.resize(positions[i]);
    block.insert(block.end(), images[i].bytes.begin(), images[i].bytes.end());
  }
  return block;
}

std::span<const std::byte> image_for(std::span<const std::byte> block, const std::string& device) {
  if (!begins_block(block)) return block;
  ByteReader reader(block);
  reader.get_text();
  std::span<const std::byte> best;
  int best_number = -1;
  std::string names;
  const size_t count = reader.get_count(20);
  for (size_t i = 0; i < count; ++i) {
    const std::string name = reader.get_text();
    const auto position = reader.get<uint64_t>(), bytes = reader.get<uint64_t>();
    if (position > block.size() || bytes > block.size() - position)
      throw Error(ErrorCode::InvalidEngine, "the image for {} lies outside of its block", name);
    names += (names.empty() ? "" : ", ") + name;
    if (!runs_on(name, device) || capability_of(name) < best_number) continue;
    best_number = capability_of(name);
    best = block.subspan(position, bytes);
  }
  if (best_number < 0)
    throw Error(ErrorCode::InvalidEngine, "there are images for {}, and none for a device of architecture {}", names,
                device);
  return best;
}

}  // namespace tn::cuda
