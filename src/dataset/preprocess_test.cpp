// SPDX-License-Identifier: Apache-2.0
#include "dataset/preprocess.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "dataset/test_images.h"

namespace tn {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::string_view kImageNet =
    "resize=short:256,crop=224,color=rgb,scale=1/255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225";

std::vector<float> run(std::string_view text, const Image& image) {
  const Preprocess preprocess = parse_preprocess(text);
  std::vector<float> out(static_cast<size_t>(preprocess.item_shape(image.height, image.width).elements()));
  preprocess.apply(image, out);
  return out;
}

TEST(PreprocessText, CanonicalTextComesBack) {
  for (const std::string_view text :
       {kImageNet, std::string_view("color=gray"), std::string_view("resize=28x20,color=gray,scale=0.00390625"),
        std::string_view("resize=640x480,letterbox=0,color=bgr,layout=nhwc"),
        std::string_view("crop=3x4,color=bgr,mean=104:117:123,std=1/3"),
        std::string_view("color=rgb,scale=1e-30,mean=-0.1")}) {
    const Preprocess once = parse_preprocess(text);
    EXPECT_EQ(parse_preprocess(to_string(once)), once) << text;
  }
  EXPECT_EQ(to_string(parse_preprocess(kImageNet)), kImageNet);
  EXPECT_EQ(to_string(parse_preprocess("scale=1/256, resize=640x480 ,letterbox")),
            "resize=640x480,letterbox=114,color=rgb,scale=1/256");
}

TEST(PreprocessText, APlainNumberIsTheShorterSide) {
  EXPECT_EQ(parse_preprocess("resize=256"), parse_preprocess("resize=short:256"));
  EXPECT_NE(parse_preprocess("resize=256"), parse_preprocess("resize=256x256"));
}

TEST(PreprocessText, ErrorsNameTheKeyAndWhatIsValid) {
  const auto error_of = [](std::string_view text) -> std::string {
    try {
      parse_preprocess(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of("resise=256"),
              HasSubstr("no key 'resise'; keys are resize, letterbox, crop, color, scale, mean, std, layout"));
  EXPECT_THAT(error_of("color=rbg"), HasSubstr("'color=rbg' is not understood; color takes rgb, bgr, gray"));
  EXPECT_THAT(error_of("layout=chw"), HasSubstr("layout takes nchw, nhwc"));
  EXPECT_THAT(error_of("resize=0"), HasSubstr("N or short:N"));
  EXPECT_THAT(error_of("resize=256x"), HasSubstr("HxW"));
  EXPECT_THAT(error_of("resize=999999999999"), HasSubstr("1 to 16384"));
  EXPECT_THAT(error_of("scale=1/0"), HasSubstr("scale takes a number or a fraction"));
  EXPECT_THAT(error_of("scale=nan"), HasSubstr("scale"));
  EXPECT_THAT(error_of("mean=1:2"), HasSubstr("has 2 values; the color has 3 channels"));
  EXPECT_THAT(error_of("color=gray,mean=1:2:3"), HasSubstr("the color has 1 channel"));
  EXPECT_THAT(error_of("std=0"), HasSubstr("std must not be 0"));
  EXPECT_THAT(error_of("crop"), HasSubstr("'crop' needs a value"));
  EXPECT_THAT(error_of("crop=5,crop=6"), HasSubstr("'crop' is given twice"));
  EXPECT_THAT(error_of("resize=200,crop=224"), HasSubstr("larger than what resize makes"));
  EXPECT_THAT(error_of("letterbox=3"), HasSubstr("letterbox needs resize=HxW"));
  EXPECT_THAT(error_of("resize=3x3,letterbox=256"), HasSubstr("0 to 255"));
  EXPECT_THAT(error_of(""), HasSubstr("no key ''"));
}

TEST(PreprocessText, JsonFile) {
  const TemporaryFolder folder;
  const auto from = [&](const std::string& json) {
    return parse_preprocess("@" + folder.write("p.json", json).string());
  };
  EXPECT_EQ(from(R"({"resize": 256, "crop": [224, 224], "color": "rgb", "scale": "1/255",
                     "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})"),
            parse_preprocess(kImageNet));
  EXPECT_EQ(from(R"({"resize": [4, 6], "letterbox": true})"), parse_preprocess("resize=4x6,letterbox"));
  EXPECT_THAT([&] { from(R"({"sclae": 1})"); },
              ThrowsMessage<Error>(testing::AllOf(HasSubstr("p.json"), HasSubstr("no key 'sclae'"))));
  EXPECT_THAT([&] { from(R"({"scale": 1)"); }, ThrowsMessage<Error>(HasSubstr("p.json")));
  EXPECT_THAT([&] { from("[]"); }, ThrowsMessage<Error>(HasSubstr("must hold a JSON object")));
  EXPECT_THAT([&] { from(R"({"scale": {}})"); }, ThrowsMessage<Error>(HasSubstr("'scale' must be text")));
  EXPECT_THROW(parse_preprocess("@" + (folder.path() / "none.json").string()), Error);
}

TEST(PreprocessApply, ScaleMeanStdAndLayouts) {
  Image image(2, 1, 3);
  image.pixels = {0, 51, 102, 255, 204, 153};
  EXPECT_THAT(run("color=rgb,layout=nhwc", image), ElementsAre(0, 51, 102, 255, 204, 153));
  EXPECT_THAT(run("color=rgb", image), ElementsAre(0, 255, 51, 204, 102, 153));
  EXPECT_THAT(run("color=bgr", image), ElementsAre(102, 153, 51, 204, 0, 255));
  EXPECT_THAT(run("color=bgr,mean=1:2:3,std=1:2:4,layout=nhwc", image), ElementsAre(101, 24.5f, -0.75f, 152, 101, 63));
  EXPECT_THAT(run("scale=1/255,mean=0.5,std=0.5,color=gray", image),
              ElementsAre(FloatNear(-0.670588f, 1e-5f), FloatNear(0.670588f, 1e-5f)));
}

TEST(PreprocessApply, GrayImageForAColorNetwork) {
  Image image(1, 1, 1);
  image.pixels = {7};
  EXPECT_THAT(run("color=rgb", image), ElementsAre(7, 7, 7));
}

TEST(PreprocessApply, EqualsTorchvisionsRecipe) {
  // Resize(6), CenterCrop(5), ToTensor, Normalize of torchvision 0.29.
  const auto out = run("resize=6,crop=5,scale=1/255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225", texture(11, 8, 3));
  ASSERT_EQ(out.size(), 75u);
  const std::vector<std::pair<size_t, float>> expected{{0, 0.125439f},  {7, 0.365185f},  {24, -0.131433f},
                                                       {25, 0.327731f}, {40, 0.170168f}, {60, 0.321917f},
                                                       {74, -0.1661f}};
  for (const auto& [index, value] : expected) EXPECT_NEAR(out[index], value, 2e-6f) << index;
}

TEST(PreprocessApply, LetterboxKeepsTheRatioAndCentres) {
  Image image(4, 2, 1);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{200});
  EXPECT_THAT(run("resize=4x4,letterbox=9,color=gray", image),
              ElementsAre(9, 9, 9, 9, 200, 200, 200, 200, 200, 200, 200, 200, 9, 9, 9, 9));
}

TEST(PreprocessApply, WrongSizesAreErrors) {
  const Image image = texture(10, 8, 3);
  std::vector<float> out(5);
  EXPECT_THAT([&] { parse_preprocess("crop=9").apply(image, out); }, ThrowsMessage<Error>(HasSubstr("image of 8x10")));
  EXPECT_THAT([&] { parse_preprocess("crop=2").apply(image, out); },
              ThrowsMessage<Error>(HasSubstr("makes [3,2,2] of an image of 8x10, but 5 elements are wanted")));
}

TEST(PreprocessShape, SettledBySpecOrByImage) {
  EXPECT_EQ(parse_preprocess(kImageNet).item_shape(), (Shape{3, 224, 224}));
  EXPECT_EQ(parse_preprocess("resize=4x6,layout=nhwc,color=gray").item_shape(), (Shape{4, 6, 1}));
  EXPECT_EQ(parse_preprocess("resize=10").item_shape(), std::nullopt);
  EXPECT_EQ(parse_preprocess("resize=10").item_shape(33, 20), (Shape{3, 16, 10}));
  EXPECT_EQ(parse_preprocess("resize=10").item_shape(20, 33), (Shape{3, 10, 16}));
}

TEST(DefaultPreprocess, FromTheInput) {
  EXPECT_EQ(to_string(default_preprocess({-1, 3, 224, 224}).preprocess), kImageNet);
  EXPECT_EQ(to_string(default_preprocess({1, 3, -1, -1}).preprocess), kImageNet);
  EXPECT_EQ(to_string(default_preprocess({-1, 1, 28, 28}).preprocess), "resize=28x28,color=gray,scale=1/255");
  EXPECT_EQ(to_string(default_preprocess({8, 3, 32, 32}).preprocess), "resize=32x32,color=rgb,scale=1/255");
  EXPECT_EQ(to_string(default_preprocess({1, 48, 64, 3}).preprocess), "resize=48x64,color=rgb,scale=1/255,layout=nhwc");
  EXPECT_EQ(default_preprocess({-1, 3, 224, 224}).reason, "input [N,3,224,224] looks like an ImageNet classifier's");
  EXPECT_THAT(
      [] {
        default_preprocess({1, 128});
      },
      ThrowsMessage<Error>(HasSubstr("input of shape [1,128] is no image")));
}

TEST(CheckPreprocess, ComparesWithTheInput) {
  EXPECT_NO_THROW(check_preprocess(parse_preprocess("color=rgb"), {1, 3, 32, 32}));
  EXPECT_NO_THROW(check_preprocess(parse_preprocess("crop=224"), {-1, 3, -1, 224}));
  EXPECT_THAT(
      [] {
        check_preprocess(parse_preprocess("crop=224"), {-1, 3, 227, 227});
      },
      ThrowsMessage<Error>(HasSubstr("makes images of shape [3,224,224], but the input is [N,3,227,227]")));
  EXPECT_THAT(
      [] {
        check_preprocess(parse_preprocess("color=gray"), {-1, 3, -1, -1});
      },
      ThrowsMessage<Error>(HasSubstr("makes images of shape [1,?,?]")));
}

}  // namespace
}  // namespace tn
