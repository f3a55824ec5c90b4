// SPDX-License-Identifier: Apache-2.0
// One function per file format. Each throws Error(InvalidArgument) for damaged data, without a path.
#pragma once

#include "dataset/image.h"

namespace tn {

Image decode_jpeg(std::span<const std::byte> bytes);
Image decode_png(std::span<const std::byte> bytes);
Image decode_pnm(std::span<const std::byte> bytes);

/// Throws unless both sides are positive and their product is at most kMaxImagePixels.
void check_image_size(int64_t width, int64_t height);

}  // namespace tn
