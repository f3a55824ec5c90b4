// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataset/image.h"

namespace tn {

/// Bilinear with half-pixel centres; when shrinking, the triangle is widened by the factor (antialiasing). Weights,
/// fixed point and rounding follow Pillow's BILINEAR, which torchvision uses, so that the pixels are the same to the
/// bit.
Image resize_bilinear(const Image& image, int height, int width);

/// The rectangle of the image that begins at (top, left); it must lie within.
Image crop(const Image& image, int top, int left, int height, int width);

/// An image of one value with `image` put at (top, left), where it must fit.
Image pad(const Image& image, int top, int left, int height, int width, uint8_t value);

/// ITU-R 601 luma with Pillow's rounding. A gray image comes back unchanged.
Image to_gray(const Image& image);
/// Three equal channels. An RGB image comes back unchanged.
Image to_rgb(const Image& image);

}  // namespace tn
