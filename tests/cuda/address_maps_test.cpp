// SPDX-License-Identifier: Apache-2.0
// Where the texts of products read and write, over every coordinate of windows of all kinds.
#include <gtest/gtest.h>

#include <cstring>

#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/codegen/product/stem.h"
#include "backends/cuda/codegen/product/tiles.h"
#include "cuda/emulated_conv.h"

namespace tn::test {
namespace {

using cuda::MmaTile;

class Maps : public testing::TestWithParam<ConvCase> {};

const SymbolRanges kNone;
const cuda::Gpu kGpu = {"sm_90", 132};

// The tiles that tuning would be offered first.
TEST_P(Maps, TilesSwizzlesAndWindows) {
  const Conv conv(GetParam());
  const Product& product = conv.product();
  const auto packed = conv.packed();
  ASSERT_EQ(cuda::refuses_mma(product, "sm_90"), std::nullopt);
  for (const MmaTile& tile : cuda::mma_tiles(product, kNone, kGpu, 6)) {
    const std::string fault = conv.fault(cuda::mma_text(product, tile, "product", kNone), packed);
    // Where all taps share pixels, those outside are one row of zeros, whose banks may be those of another row.
    const bool halo = tile.form == MmaTile::Form::Halo;
    EXPECT_TRUE(fault.empty() || (halo && fault.find("bank conflicts") != fault.npos))
        << GetParam().name << " " << cuda::to_string(tile) << ": " << fault;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Maps,
    testing::Values(
        ConvCase{.name = "halo", .images = 2, .channels = 32},
        ConvCase{.name = "bf16", .type = DataType::BF16, .in = {1, 7, 5}, .channels = 64, .columns = 40},
        ConvCase{.name = "tf32", .type = DataType::F32, .images = 2, .in = {1, 7, 9}, .channels = 12, .columns = 20},
        ConvCase{.name = "bytes", .type = DataType::I8, .images = 2, .in = {1, 7, 9}, .channels = 48, .columns = 40},
        ConvCase{.name = "unsigned", .type = DataType::U8, .channels = 32, .columns = 24, .zero_point = 117},
        ConvCase{
            .name = "few_bytes", .type = DataType::I8, .channels = 10, .columns = 7, .groups = 1, .zero_point = -5},
        ConvCase{.name = "odd_bytes", .type = DataType::U8, .channels = 9, .columns = 12, .groups = 3, .zero_point = 3},
        ConvCase{.name = "strides", .in = {1, 11, 13}, .stride = {1, 2, 3}},
        ConvCase{.name = "dilation", .in = {1, 12, 11}, .dilation = {1, 2, 3}, .pad = {0, 2, 3}},
        ConvCase{.name = "uneven", .pad = {0, 2, 0}, .pad_behind = {0, 0, 2}},
        ConvCase{.name = "groups", .images = 2, .channels = 32, .columns = 48, .groups = 4},
        ConvCase{.name = "odd", .images = 2, .channels = 5, .columns = 7},
        ConvCase{.name = "pairs", .channels = 6, .columns = 18},
        ConvCase{.name = "points",
                 .images = 3,
                 .in = {1, 5, 7},
                 .channels = 40,
                 .columns = 33,
                 .kernel = {1, 1, 1},
                 .pad = {0, 0, 0}},
        ConvCase{.name = "apart", .in = {1, 9, 7}, .kernel = {1, 1, 1}, .stride = {1, 2, 2}, .pad = {0, 0, 0}},
        ConvCase{.name = "volume",
                 .in = {4, 5, 6},
                 .channels = 8,
                 .kernel = {3, 2, 3},
                 .stride = {2, 1, 1},
                 .pad = {1, 0, 1}},
        ConvCase{.name = "patches",
                 .in = {1, 16, 24},
                 .channels = 3,
                 .kernel = {1, 8, 8},
                 .stride = {1, 8, 8},
                 .pad = {0, 0, 0}}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(Maps, FormsAreAllThere) {
  const Conv conv({.name = "3x3", .images = 2, .in = {1, 13, 11}, .channels = 64, .columns = 64});
  const Product& product = conv.product();
  const auto packed = conv.packed();
  for (const char* text :
       {"32x32x256 s6 w1x1x4 slab", "128x64x64 s3 w4x2x1", "16x16x256 s4 w1x1x8", "48x64x128 s8 w1x4x2",
        "64x64x128 s4 w4x1x1 wg", "128x32x128 s3 w4x1x1 wg", "128x64x128 s3 w8x1x1 wg"})
    EXPECT_EQ(conv.fault(cuda::mma_text(product, cuda::parse_mma_tile(text), "product", kNone), packed), "") << text;
  const std::string halo =
      conv.fault(cuda::mma_text(product, cuda::parse_mma_tile("64x32x128 s2 w2x1x2 halo"), "product", kNone), packed);
  EXPECT_NE(halo.find("bank conflicts"), halo.npos) << halo;
}

TEST(Maps, FormsOfBytes) {
  const Conv conv({.name = "3x3", .type = DataType::I8, .images = 2, .in = {1, 13, 11}, .channels = 64, .columns = 64});
  const auto packed = conv.packed();
  for (const char* text :
       {"32x32x128 s6 w1x1x4 slab", "128x64x64 s3 w4x2x1", "48x64x128 s4 w1x4x2", "64x64x128 s4 w4x1x1 wg",
        "128x64x128 s3 w8x1x1 wg", "64x32x64 s3 w2x2x1 c3", "64x64x128 s4 w4x1x1 wg c2"})
    EXPECT_EQ(conv.fault(cuda::mma_text(conv.product(), cuda::parse_mma_tile(text), "product", kNone), packed), "")
        << text;
  const std::string halo = conv.fault(
      cuda::mma_text(conv.product(), cuda::parse_mma_tile("64x32x64 s2 w2x1x2 halo"), "product", kNone), packed);
  EXPECT_TRUE(halo.empty() || halo.find("bank conflicts") != halo.npos) << halo;
}

TEST(Maps, OlderArchitectures) {
  const Conv bytes({.name = "bytes", .type = DataType::U8, .channels = 24, .columns = 20, .zero_point = 9});
  const KernelText of_bytes =
      cuda::mma_text(bytes.product(), cuda::parse_mma_tile("32x32x64 s3 w2x1x2"), "product", kNone);
  for (const char* architecture : {"sm_75", "sm_80"})
    EXPECT_EQ(bytes.fault(of_bytes, bytes.packed(), compiler_of(architecture)), "") << architecture;
  const Conv conv({.name = "3x3", .channels = 24, .columns = 20});
  const Product& product = conv.product();
  const auto packed = conv.packed();
  const KernelText text = cuda::mma_text(product, cuda::parse_mma_tile("32x32x64 s3 w2x1x2"), "product", kNone);
  for (const char* architecture : {"sm_75", "sm_80"})
    EXPECT_EQ(conv.fault(text, packed, compiler_of(architecture)), "") << architecture;
}

// A kernel with one mistake.
TEST(Maps, MistakesShow) {
  const Conv conv({.name = "3x3", .images = 2, .channels = 64, .columns = 40});
  const Product& product = conv.product();
  const auto packed = conv.packed();
  const KernelText right = cuda::mma_text(product, cuda::parse_mma_tile("64x64x128 s3 w2x2x1"), "product", kNone);
  ASSERT_EQ(conv.fault(right, packed), "");
  const std::pair<const char*, const char*> mistakes[] = {
      {"        __syncthreads();\n        if (++stage", "        if (++stage"},
      {"        wait_for_copies<STAGES - 2>();\n", "        wait_for_copies<STAGES - 1>();\n"},
      {"  } else\n    __syncthreads();\n#if NORMALIZES", "  }\n#if NORMALIZES"},
      {"< u32(IN_W)", "<= u32(IN_W)"},
      {"tap_w[piece] = tap % KERNEL_W", "tap_w[piece] = tap % (KERNEL_W + 1)"},
      {"(row, load_at), [&](int piece) {\n#if WINDOW", "(row ^ 1, load_at), [&](int piece) {\n#if WINDOW"},
      {"b_chunk = (lane >> 3) & 1", "b_chunk = (lane >> 4) & 1"},
      {"(chunk ^ ((row / kShare) & kMask))", "chunk"}};
  for (const auto& [from, to] : mistakes) {
    KernelText text = right;
    const size_t at = text.source.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.source.replace(at, std::strlen(from), to);
    EXPECT_NE(conv.fault(text, packed), "") << to << " instead of " << from;
  }
}

// 576 elements of depth: in blocks of the grid they are nine times 64, which three share evenly, and four do not.
TEST(Maps, ClustersShareOutTheDepth) {
  const Conv conv({.name = "3x3", .images = 2, .in = {1, 13, 11}, .channels = 64, .columns = 72});
  const Product& product = conv.product();
  const auto packed = conv.packed();
  for (const char* text :
       {"32x64x128 s3 w2x2x1 c3", "48x64x128 s3 w1x4x2 c4", "64x32x128 s4 w2x2x1 slab c3", "16x16x64 s2 w1x1x2 c8",
        "128x64x256 s4 w2x2x1 c2", "64x64x128 s4 w4x1x1 wg c4", "128x32x128 s3 w4x1x1 wg c3"})
    EXPECT_EQ(conv.fault(cuda::mma_text(product, cuda::parse_mma_tile(text), "product", kNone), packed), "") << text;
}

TEST(Maps, Stems) {
  const ConvCase cases[] = {
      {.name = "7x7 by 2",
       .images = 2,
       .in = {1, 21, 30},
       .channels = 3,
       .kernel = {1, 7, 7},
       .stride = {1, 2, 2},
       .pad = {0, 3, 3},
       .row_major = true},
      {.name = "3x3 bf16", .type = DataType::BF16, .in = {1, 9, 33}, .channels = 1, .columns = 16},
      {.name = "6x6 f32",
       .type = DataType::F32,
       .in = {1, 14, 20},
       .channels = 3,
       .columns = 32,
       .kernel = {1, 6, 6},
       .stride = {1, 2, 2},
       .pad = {0, 2, 2},
       .row_major = true},
      {.name = "7x7 bytes",
       .type = DataType::I8,
       .images = 2,
       .in = {1, 19, 33},
       .channels = 3,
       .columns = 16,
       .kernel = {1, 7, 7},
       .stride = {1, 2, 2},
       .pad = {0, 3, 3}},
      {.name = "planes of bytes",
       .type = DataType::U8,
       .images = 2,
       .in = {1, 19, 36},
       .channels = 3,
       .columns = 40,
       .kernel = {1, 7, 7},
       .stride = {1, 2, 2},
       .pad = {0, 3, 3},
       .row_major = true,
       .zero_point = 114},
      {.name = "one plane of bytes",
       .type = DataType::I8,
       .in = {1, 12, 20},
       .channels = 1,
       .columns = 16,
       .row_major = true},
      {.name = "bytes by 1", .type = DataType::I8, .in = {1, 9, 33}, .channels = 4, .columns = 20, .zero_point = 5},
      {.name = "bytes by 3",
       .type = DataType::U8,
       .in = {1, 12, 30},
       .channels = 1,
       .kernel = {1, 3, 6},
       .stride = {1, 1, 3}},
      {.name = "more bytes", .type = DataType::U8, .in = {1, 9, 33}, .channels = 6, .columns = 20, .zero_point = 5},
      {.name = "bytes",
       .type = DataType::U8,
       .in = {1, 15, 20},
       .channels = 3,
       .columns = 24,
       .kernel = {1, 3, 3},
       .stride = {1, 2, 2},
       .row_major = true,
       .zero_point = 114},
      {.name = "dilated",
       .in = {1, 14, 20},
       .channels = 7,
       .columns = 20,
       .kernel = {1, 3, 5},
       .stride = {1, 1, 3},
       .dilation = {1, 2, 1}}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    ASSERT_EQ(cuda::refuses_stem(conv.product()), std::nullopt) << c.name;
    const auto packed =
        cuda::pack_pixels(conv.filters(), c.type, c.type == DataType::F32, cuda::stem_pixels(conv.product()));
    for (const cuda::StemTile& tile : cuda::stem_tiles(conv.product(), kNone, kGpu.multiprocessors, 4))
      EXPECT_EQ(conv.fault(cuda::stem_text(conv.product(), tile, "stem", kNone), packed), "")
          << c.name << " " << cuda::to_string(tile);
  }
}

TEST(Maps, OneMultiplicationAtATime) {
  const ConvCase cases[] = {
      {.name = "f32", .type = DataType::F32, .images = 2, .channels = 6, .columns = 10, .groups = 2},
      {.name = "strides",
       .in = {3, 8, 9},
       .channels = 3,
       .columns = 70,
       .kernel = {2, 3, 3},
       .stride = {1, 2, 1},
       .dilation = {1, 1, 2},
       .pad = {1, 0, 2}}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    const auto packed = cuda::pack_columns(conv.filters(), c.type, cuda::packed_depth(conv.product()), false);
    for (const int rows : {32, 64, 128})
      EXPECT_EQ(conv.fault(cuda::simt_text(conv.product(), rows, "simt", kNone), packed), "") << c.name << " " << rows;
  }
}

TEST(Maps, Depthwise) {
  const ConvCase cases[] = {{.name = "f16", .images = 2, .channels = 24, .columns = 24, .depthwise = true},
                            {.name = "strides",
                             .in = {1, 12, 15},
                             .channels = 12,
                             .columns = 12,
                             .kernel = {1, 5, 5},
                             .stride = {1, 2, 2},
                             .pad = {0, 2, 2},
                             .depthwise = true},
                            {.name = "bytes",
                             .type = DataType::I8,
                             .images = 2,
                             .channels = 48,
                             .columns = 48,
                             .depthwise = true,
                             .zero_point = -11},
                            {.name = "dilated",
                             .type = DataType::F32,
                             .in = {3, 8, 9},
                             .channels = 13,
                             .columns = 13,
                             .kernel = {2, 3, 3},
                             .dilation = {1, 2, 1},
                             .pad = {1, 2, 0},
                             .depthwise = true}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    const auto packed = cuda::pack_taps(conv.filters());
    for (const cuda::DepthwiseTile& tile : {cuda::DepthwiseTile{1, 1, 8}, {8, 1, 8}, {4, 4, 4}, {3, 2, 16}})
      EXPECT_EQ(conv.fault(cuda::depthwise_text(conv.product(), tile, "depthwise", kNone), packed), "")
          << c.name << " " << cuda::to_string(tile);
  }
}

}  // namespace
}  // namespace tn::test
