// SPDX-License-Identifier: Apache-2.0
// What the shape of a network's input says about preprocessing.
#include <cmath>

#include "base/error.h"
#include "dataset/preprocess.h"

namespace tn {
namespace {

struct ImageInput {
  int64_t channels = 0;
  int64_t height = -1;
  int64_t width = -1;
  ImageLayout layout = ImageLayout::Nchw;
};

bool is_channels(int64_t dim) {
  return dim == 1 || dim == 3;
}

std::optional<ImageInput> as_image(const Shape& input) {
  if (input.rank() != 4) return std::nullopt;
  if (is_channels(input[1])) return ImageInput{input[1], input[2], input[3], ImageLayout::Nchw};
  if (is_channels(input[3])) return ImageInput{input[3], input[1], input[2], ImageLayout::Nhwc};
  return std::nullopt;
}

std::string shape_text(const Shape& input) {
  std::string text = "[";
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (axis > 0) text += ',';
    text += input[axis] < 0 ? std::string(axis == 0 ? "N" : "?") : std::to_string(input[axis]);
  }
  return text + "]";
}

/// torchvision's recipe: 224 is cropped from a short side of 256, other sizes in the same ratio.
Preprocess imagenet_recipe(int side) {
  Preprocess p;
  p.resize = Preprocess::Resize::ShortSide;
  p.resize_height = p.resize_width = static_cast<int>(std::lround(side * 256.0 / 224.0));
  p.crop_height = p.crop_width = side;
  p.mean = {0.485, 0.456, 0.406};
  p.std = {0.229, 0.224, 0.225};
  return p;
}

}  // namespace

PreprocessChoice default_preprocess(const Shape& input) {
  const auto image = as_image(input);
  if (!image) {
    throw Error(ErrorCode::InvalidArgument,
                "an input of shape {} is no image ([N,C,H,W] or [N,H,W,C] with 1 or 3 channels); say with --preprocess "
                "how an image becomes it",
                shape_text(input));
  }
  const bool known = image->height > 0 && image->width > 0;
  PreprocessChoice choice;
  if (image->channels == 3 &&
      (!known || (image->height == image->width && image->height >= 192 && image->height <= 320))) {
    choice.preprocess = imagenet_recipe(known ? static_cast<int>(image->height) : 224);
    choice.reason = fmt::format("input {} looks like an ImageNet classifier's", shape_text(input));
  } else {
    if (known) {
      choice.preprocess.resize = Preprocess::Resize::Exact;
      choice.preprocess.resize_height = static_cast<int>(image->height);
      choice.preprocess.resize_width = static_cast<int>(image->width);
    }
    choice.preprocess.color = image->channels == 1 ? Color::Gray : Color::Rgb;
    choice.reason = fmt::format("input {} takes {} images", shape_text(input), image->channels == 1 ? "gray" : "color");
  }
  choice.preprocess.scale = 1.0 / 255.0;
  choice.preprocess.layout = image->layout;
  return choice;
}

void check_preprocess(const Preprocess& preprocess, const Shape& input) {
  Shape item = preprocess.layout == ImageLayout::Nchw ? Shape{preprocess.channels(), -1, -1}
                                                      : Shape{-1, -1, preprocess.channels()};
  if (const auto settled = preprocess.item_shape()) item = *settled;
  bool fits = input.rank() == 4;
  for (int axis = 0; fits && axis < 3; ++axis) {
    fits = item[axis] < 0 || input[axis + 1] < 0 || item[axis] == input[axis + 1];
  }
  if (fits) return;
  throw Error(ErrorCode::InvalidArgument,
              "preprocess '{}' makes images of shape [{},{},{}], but the input is {}; change color, crop, resize or "
              "layout",
              to_string(preprocess), item[0] < 0 ? "?" : std::to_string(item[0]),
              item[1] < 0 ? "?" : std::to_string(item[1]), item[2] < 0 ? "?" : std::to_string(item[2]),
              shape_text(input));
}

}  // namespace tn
