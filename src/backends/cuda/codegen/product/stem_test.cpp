// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/stem.h"

#include "backends/cuda/codegen/product/product_test.h"

namespace tn::cuda {
namespace {

std::vector<ConvCase> stems() {
  return {
      {.name = "7x7 by 2",
       .images = Dim::symbol("N"),
       .in = {1, 224, 224},
       .channels = 3,
       .kernel = {1, 7, 7},
       .stride = {1, 2, 2}},
      {.name = "3x3 bf16", .type = DataType::BF16, .in = {1, 32, 32}, .channels = 1, .columns = 16},
      {.name = "6x6 f32",
       .type = DataType::F32,
       .in = {1, 640, 640},
       .channels = 3,
       .columns = 32,
       .kernel = {1, 6, 6},
       .stride = {1, 2, 2}},
      {.name = "1x5 by 3", .in = {1, 1, 50}, .channels = 7, .columns = 20, .kernel = {1, 1, 5}, .stride = {1, 1, 3}}};
}

TEST_F(ProductText, StemsCompileWithoutSpills) {
  for (const ConvCase& c : stems()) {
    Product product = conv(c);
    product.a.points[2] = 1, product.a.channel = c.in[1] * c.in[2];  // row by row for each channel
    const std::vector<StemTile> tiles = stem_tiles(product, kRanges, 132, 12);
    ASSERT_GE(tiles.size(), 3u) << c.name;
    for (const StemTile& tile : tiles) {
      EXPECT_EQ(parse_stem_tile(to_string(tile)), tile);
      expect_compiles(stem_text(product, tile, "product", kRanges), "sm_90",
                      fmt::format("{} {}", c.name, to_string(tile)));
    }
  }
  const Product bytes =
      conv_of_bytes({.name = "bytes", .type = DataType::U8, .in = {1, 64, 64}, .channels = 3, .stride = {1, 2, 2}});
  expect_compiles(stem_text(bytes, {1, 32, 64, 1}, "product", kRanges), "sm_90", "stem of bytes");
  for (const char* architecture : {"sm_75", "sm_80", "sm_120"})
    if (Nvrtc::get().knows(architecture))
      expect_compiles(stem_text(conv(stems()[0]), {1, 64, 64, 1}, "product", kRanges), architecture, "stem");
}

TEST(ProductStem, RefusesWhatIsNone) {
  for (const ConvCase& c : stems()) EXPECT_EQ(refuses_stem(conv(c)), std::nullopt) << c.name;
  EXPECT_TRUE(refuses_stem(conv({.name = "nine channels", .channels = 9})));
  EXPECT_TRUE(refuses_stem(conv({.name = "five of f32", .type = DataType::F32, .channels = 5})));
  EXPECT_TRUE(refuses_stem(conv({.name = "groups", .channels = 4, .groups = 2})));
  EXPECT_TRUE(refuses_stem(conv({.name = "3-d", .in = {4, 4, 4}, .channels = 3, .kernel = {3, 3, 3}})));
  EXPECT_TRUE(refuses_stem(conv({.name = "1x1", .channels = 3, .kernel = {1, 1, 1}})));
  EXPECT_THROW(parse_stem_tile("1x64"), Error);
}

}  // namespace
}  // namespace tn::cuda
