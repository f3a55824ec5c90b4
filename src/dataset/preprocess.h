// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "dataset/image.h"

namespace tn {

enum class Color : uint8_t { Rgb, Bgr, Gray };
enum class ImageLayout : uint8_t { Nchw, Nhwc };

/// How an image becomes the input of a network. Order: decode, color, resize, crop, x * scale, (x - mean) / std,
/// layout.
///
/// Text form: comma-separated keys, each at most once, in any order.
///   resize=256 or resize=short:256  the shorter side becomes 256, the longer one keeps the ratio (rounded down)
///   resize=HxW                      both sides, ratio not kept
///   letterbox or letterbox=114      with resize=HxW: keep the ratio, centre, fill the rest with this value (0..255)
///   crop=224 or crop=HxW            the centre of what resize made; an image smaller than that is an error
///   color=rgb|bgr|gray              order or reduction of the channels; gray is ITU-R 601 luma (default rgb)
///   scale=1/255                     a number or a fraction (default 1)
///   mean=a:b:c  std=a:b:c           one value, or one per channel in the order of `color` (defaults 0 and 1)
///   layout=nchw|nhwc                default nchw
/// or "@file.json": an object of the same keys, whose values may be text, numbers and arrays.
/// Resizing is bilinear and antialiased, bit-equal to Pillow and so to torchvision (resize.h).
struct Preprocess {
  enum class Resize : uint8_t { None, ShortSide, Exact, Letterbox };

  Resize resize = Resize::None;
  int resize_height = 0;  ///< ShortSide: the side; else the height
  int resize_width = 0;
  uint8_t pad_value = 114;
  int crop_height = 0;  ///< 0: no crop
  int crop_width = 0;
  Color color = Color::Rgb;
  double scale = 1;
  std::vector<double> mean;  ///< empty (0), one value or one per channel
  std::vector<double> std;   ///< empty (1), one value or one per channel; never 0
  ImageLayout layout = ImageLayout::Nchw;

  int channels() const { return color == Color::Gray ? 1 : 3; }
  /// Shape of one image's result, [C,H,W] or [H,W,C], where the spec alone settles it.
  std::optional<Shape> item_shape() const;
  /// The same for an image of this size. Throws Error(InvalidArgument) if crop exceeds it.
  Shape item_shape(int image_height, int image_width) const;

  /// Writes the result of one image, dense. out.size() must be the elements of item_shape(image.height, image.width).
  void apply(const Image& image, std::span<float> out) const;

  friend bool operator==(const Preprocess&, const Preprocess&) = default;
};

/// Throws Error(InvalidArgument) that names the bad key or value and lists what is valid.
Preprocess parse_preprocess(std::string_view text);
/// Canonical text: parse_preprocess(to_string(p)) == p. Keys that do nothing are left out; color is always there.
std::string to_string(const Preprocess& preprocess);

struct PreprocessChoice {
  Preprocess preprocess;
  std::string reason;  ///< "input [N,3,224,224] looks like an ImageNet classifier's"
};
/// What to do when nothing was said, from the shape of the network's input: [N,C,H,W] or [N,H,W,C] with C 1 or 3;
/// dimensions that are not known are -1. Gray: resize to HxW, 1/255. Colour: the same, but square sides of 192 to 320
/// (or unknown, taken as 224) get the ImageNet recipe. Throws Error(InvalidArgument) where the input is no image.
PreprocessChoice default_preprocess(const Shape& input);

/// Throws Error(InvalidArgument) unless results of this spec fit the network's input, as above.
void check_preprocess(const Preprocess& preprocess, const Shape& input);

}  // namespace tn
