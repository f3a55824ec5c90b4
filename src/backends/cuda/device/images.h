// SPDX-License-Identifier: Apache-2.0
// One kernel compiled for several architectures.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tn::cuda {

struct Image {
  std::string architecture;  ///< "sm_90"
  std::vector<std::byte> bytes;
};

/// Puts the images into one block of bytes.
std::vector<std::byte> join_images(std::span<const Image> images);
/// The image of a block that fits the device best. Bytes that are no such block are an image by themselves. Throws
/// Error(InvalidEngine) for a damaged block and where none fits, naming those that there are.
std::span<const std::byte> image_for(std::span<const std::byte> block, const std::string& device);

}  // namespace tn::cuda
