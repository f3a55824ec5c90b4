// SPDX-License-Identifier: Apache-2.0
// One function per file format, for data that begin as it does. Each throws Error without a path: InvalidArgument for
// damaged data, Unsupported for kinds of the format that are not read.
#pragma once

#include "dataset/image.h"

namespace tn {

Image decode_bmp(std::span<const std::byte> bytes);
Image decode_jpeg(std::span<const std::byte> bytes);
Image decode_png(std::span<const std::byte> bytes);
Image decode_pnm(std::span<const std::byte> bytes);
Image decode_tiff(std::span<const std::byte> bytes);

/// Throws unless both sides are positive and their product is at most kMaxImagePixels.
void check_image_size(int64_t width, int64_t height);

}  // namespace tn
