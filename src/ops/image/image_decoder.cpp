// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/image_decoder.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// The bytes of an image file as pixels [H,W,C].
struct ImageDecoder final : OpBase<ImageDecoder, Referenced>, ImageDecoderAttributes {
  static constexpr std::string_view kName = "ImageDecoder";
  using ImageDecoderAttributes::fields;

  std::vector<TensorType> infer(const InferContext& context) const override {
    check_rank(context, 0, 1);
    model_check(context.type(0).type == DataType::U8, "an image file is {}, not bytes", to_string(context.type(0)));
    model_check(pixel_format == "RGB" || pixel_format == "BGR" || pixel_format == "Grayscale", "pixel_format '{}'",
                pixel_format);
    return {{DataType::U8, {context.unknown(0, 0, kMostSide), context.unknown(0, 1, kMostSide), channels()}}};
  }
};

std::vector<TensorId> import_image_decoder(NodeView& node) {
  auto op = std::make_shared<ImageDecoder>();
  op->pixel_format = node.text("pixel_format", "RGB");
  return {node.add(std::move(op), {node.input(0)})};
}

constexpr OnnxImporter kOnnx[] = {{"ImageDecoder", 20, import_image_decoder}};
// PPM files: "P6 2 1 9 " and six bytes.
constexpr std::string_view kCases[] = {
    "ImageDecoder(u8[15]{80,54,32,50,32,49,32,57,32,0,1,2,7,8,9}) {pixel_format=\"BGR\"}",
    "ImageDecoder(u8[15]{80,54,32,50,32,49,32,57,32,0,1,2,7,8,9}) {pixel_format=\"Grayscale\"}",
    "ImageDecoder(u8[3]{80,54,32})",
};

}  // namespace

extern const OpEntry image_decoder_entry = {ImageDecoder::kName, make_op<ImageDecoder>, kOnnx, kCases};

}  // namespace tn::ops
