// SPDX-License-Identifier: Apache-2.0
#include "dataset/image_loader.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "dataset/test_images.h"

namespace tn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<int32_t> labels_in_order(const ImageFolder& folder) {
  std::vector<int32_t> labels;
  for (const auto& image : folder.images()) labels.push_back(image.label);
  return labels;
}

TEST(ImageFolder, LeadingIntegersAreLabels) {
  const TemporaryFolder folder;
  for (const auto* name : {"010_cat/b.png", "010_cat/a.JPG", "2dog/x.ppm", "2dog/deep/y.jpeg"}) folder.write(name, "");
  folder.write("2dog/notes.txt", "");
  folder.write("list.csv", "");
  folder.write(".cache/z.png", "");
  const ImageFolder images(folder.path());
  EXPECT_THAT(images.classes(), ElementsAre("010_cat", "2dog"));
  EXPECT_THAT(images.labels(), ElementsAre(10, 2));
  EXPECT_THAT(labels_in_order(images), ElementsAre(10, 10, 2, 2));
  EXPECT_EQ(images.images()[0].path, folder.path() / "010_cat" / "a.JPG");
  EXPECT_EQ(images.images()[2].path, folder.path() / "2dog" / "deep" / "y.jpeg");
  EXPECT_EQ(images.skipped(), 2);
}

TEST(ImageFolder, OtherwiseTheAlphabeticalRank) {
  const TemporaryFolder folder;
  for (const auto* name : {"truck/a.png", "airplane/a.png", "7seas/a.png"}) folder.write(name, "");
  const ImageFolder images(folder.path());
  EXPECT_THAT(images.classes(), ElementsAre("7seas", "airplane", "truck"));
  EXPECT_THAT(images.labels(), ElementsAre(0, 1, 2));
}

TEST(ImageFolder, ErrorsNameTheFolder) {
  const TemporaryFolder folder;
  const auto file = folder.write("file.png", "");
  EXPECT_THAT([&] { ImageFolder(folder.path() / "none"); }, ThrowsMessage<Error>(HasSubstr("none: no such folder")));
  EXPECT_THAT([&] { ImageFolder{file}; }, ThrowsMessage<Error>(HasSubstr("file.png: not a folder")));
  EXPECT_THAT([&] { ImageFolder{folder.path()}; }, ThrowsMessage<Error>(HasSubstr("no class folders")));
  folder.write("cat/readme.txt", "");
  EXPECT_THAT([&] { ImageFolder{folder.path()}; },
              ThrowsMessage<Error>(HasSubstr("no images in its 1 class folders (2 other files)")));
}

/// `count` gray images of 2x2 whose pixels are all the image's number.
std::vector<LabeledImage> numbered_images(const TemporaryFolder& folder, int count) {
  std::vector<LabeledImage> images;
  for (int i = 0; i < count; ++i) {
    const auto name = std::to_string(i);
    images.push_back(
        {folder.write(name + ".pgm", "P2 2 2 255 " + name + " " + name + " " + name + " " + name), i % 10});
  }
  return images;
}

TEST(ImageLoader, BatchesComeInOrderAndTheLastIsZeroFilled) {
  const TemporaryFolder folder;
  const auto images = numbered_images(folder, 103);
  for (const int threads : {1, 4}) {
    ImageLoader loader(images, parse_preprocess("color=gray"), {.batch_size = 8, .threads = threads, .prefetch = 3});
    EXPECT_EQ(loader.item_shape(), (Shape{1, 2, 2}));
    int64_t seen = 0;
    while (const auto batch = loader.next()) {
      EXPECT_EQ(batch->first, seen);
      EXPECT_EQ(batch->count, std::min<int64_t>(8, 103 - seen));
      ASSERT_EQ(batch->labels.size(), static_cast<size_t>(batch->count));
      ASSERT_EQ(batch->data.size(), 32u);
      for (int64_t i = 0; i < 8; ++i) {
        EXPECT_EQ(batch->data[static_cast<size_t>(4 * i + 3)], i < batch->count ? static_cast<float>(seen + i) : 0.0f);
        if (i < batch->count) {
          EXPECT_EQ(batch->labels[static_cast<size_t>(i)], (seen + i) % 10);
        }
      }
      seen += batch->count;
    }
    EXPECT_EQ(seen, 103);
    EXPECT_FALSE(loader.next());
  }
}

TEST(ImageLoader, AnUnreadableImageIsReportedInItsBatch) {
  const TemporaryFolder folder;
  auto images = numbered_images(folder, 40);
  folder.write("21.pgm", "P2 2 2 255 1 2 3");
  folder.write("23.pgm", "P5");
  ImageLoader loader(images, parse_preprocess("color=gray"), {.batch_size = 10, .threads = 3, .prefetch = 2});
  EXPECT_TRUE(loader.next());
  EXPECT_TRUE(loader.next());
  EXPECT_THAT([&] { loader.next(); }, ThrowsMessage<Error>(HasSubstr("21.pgm: damaged")));
  EXPECT_FALSE(loader.next());
}

TEST(ImageLoader, ImagesOfAnotherSizeAreAnError) {
  const TemporaryFolder folder;
  const std::vector<LabeledImage> images{{folder.write("a.pgm", "P2 1 1 255 5"), 0},
                                         {folder.write("b.pgm", "P2 2 1 255 5 5"), 0}};
  ImageLoader loader(images, parse_preprocess("color=gray"), {.batch_size = 2});
  EXPECT_THAT([&] { loader.next(); },
              ThrowsMessage<Error>(HasSubstr("b.pgm: preprocess makes [1,1,2] of this image of 1x2, but [1,1,1]")));
}

TEST(ImageLoader, CanBeDestroyedAtAnyMoment) {
  const TemporaryFolder folder;
  const auto images = numbered_images(folder, 64);
  for (int taken = 0; taken < 20; ++taken) {
    ImageLoader loader(images, parse_preprocess("resize=64x64"), {.batch_size = 4, .threads = 3, .prefetch = 2});
    for (int i = 0; i < taken; ++i) EXPECT_EQ(loader.next().has_value(), i < 16);
  }
}

TEST(ImageLoader, RefusesNothingToDo) {
  EXPECT_THROW(ImageLoader({}, Preprocess{}, {}), Error);
  EXPECT_THROW(ImageLoader({{"a.png", 0}}, parse_preprocess("crop=3"), {.batch_size = 0}), Error);
  EXPECT_THAT(
      [] {
        ImageLoader({{"absent.png", 0}}, Preprocess{}, {});
      },
      ThrowsMessage<Error>(HasSubstr("absent.png")));
}

}  // namespace
}  // namespace tn
