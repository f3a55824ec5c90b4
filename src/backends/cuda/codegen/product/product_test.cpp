// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/product_test.h"

#include <gmock/gmock.h>

#include "backends/cuda/codegen/product/tiles.h"

namespace tn::cuda {
namespace {

Product matmul(DataType type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k) {
  Product product;
  product.type = type;
  product.tf32 = true;
  product.batch = {Dim::symbol("B")};
  product.rows = product.window.in = {1, 1, m};
  product.columns = n;
  product.channels = k;
  product.a.batch = {m * k};
  product.b.batch = {n * k};
  product.a.points[2] = transpose_a ? 1 : k;
  product.a.channel = transpose_a ? m : 1;
  product.b.column = transpose_b ? k : 1;
  product.b.depth = transpose_b ? 1 : n;
  product.a.alignment = product.b.alignment = 8;
  ResultOperand result;
  result.type = type;
  result.strides = {m * n, 0, 0, 0, n, 1};
  result.alignment = 8;
  product.epilogue.outputs = {result};
  product.epilogue.program = store_sums(ScalarType::F32);
  return product;
}

const Gpu kH200 = {"sm_90", 132};

std::vector<std::pair<std::string, Product>> cases() {
  const Dim batch = Dim::symbol("N");
  std::vector<std::pair<std::string, Product>> all;
  const ConvCase convs[] = {
      {.name = "stem", .in = {1, 224, 224}, .channels = 3, .kernel = {1, 7, 7}, .stride = {1, 2, 2}},
      {.name = "3x3", .images = batch},
      {.name = "1x1 by a stride", .channels = 256, .columns = 512, .kernel = {1, 1, 1}, .stride = {1, 2, 2}},
      {.name = "bf16", .type = DataType::BF16, .channels = 24, .columns = 144, .kernel = {1, 1, 1}},
      {.name = "tf32", .type = DataType::F32, .images = batch},
      {.name = "groups", .channels = 128, .columns = 128, .groups = 32},
      {.name = "odd numbers", .channels = 5, .columns = 7, .pitch = 19},
      {.name = "3-d", .in = {5, 9, 7}, .channels = 16, .columns = 24, .kernel = {3, 3, 3}},
  };
  for (const ConvCase& c : convs) all.emplace_back(c.name, conv(c));
  const ConvCase bytes[] = {
      {.name = "bytes", .type = DataType::U8, .images = batch, .channels = 256, .columns = 256},
      {.name = "signed bytes", .type = DataType::I8, .channels = 144, .columns = 24, .kernel = {1, 1, 1}},
      {.name = "odd bytes", .type = DataType::U8, .channels = 10, .columns = 7, .pitch = 19},
  };
  for (const ConvCase& c : bytes) all.emplace_back(c.name, conv_of_bytes(c));
  for (const DataType type : {DataType::F16, DataType::F32}) {
    all.emplace_back("A·B", matmul(type, false, false, 128, 64, 96));
    all.emplace_back("Aᵀ·Bᵀ", matmul(type, true, true, 128, 64, 96));
    all.emplace_back("odd A·B", matmul(type, false, false, 77, 83, 61));
  }
  return all;
}

TEST_F(ProductText, FirstTilesCompileWithoutSpills) {
  for (const auto& [name, product] : cases()) {
    const MmaTile tile = mma_tiles(product, kRanges, kH200, 1).at(0);
    expect_compiles(mma_text(product, tile, "product", kRanges), "sm_90", name + " " + to_string(tile));
  }
}

TEST_F(ProductText, EveryFormCompiles) {
  const Product product = conv({.name = "3x3", .channels = 64});
  for (const char* text :
       {"32x32x256 s6 w1x1x4 slab", "64x32x128 s2 w2x1x2 halo", "128x64x64 s3 w4x2x1", "16x16x256 s4 w1x1x8"})
    expect_compiles(mma_text(product, parse_mma_tile(text), "product", kRanges), "sm_90", text);
}

TEST_F(ProductText, WarpgroupsMultiply) {
  for (const DataType type : {DataType::F16, DataType::BF16}) {
    const Product product = conv({.name = "3x3", .type = type, .images = 128, .channels = 256, .columns = 512});
    for (const char* text : {"128x256x128 s4 w8x1x1 wg", "192x256x128 s4 w12x1x1 wg", "256x128x128 s4 w8x1x1 wg",
                             "128x128x128 s3 w8x1x1 wg o2", "64x64x128 s4 w4x1x1 wg o3"})
      expect_compiles(mma_text(product, parse_mma_tile(text), "product", kRanges), "sm_90", text);
  }
}

TEST_F(ProductText, WarpgroupsMultiplyBytes) {
  for (const DataType type : {DataType::I8, DataType::U8}) {
    const Product product =
        conv_of_bytes({.name = "3x3", .type = type, .images = 128, .channels = 256, .columns = 512});
    for (const char* text : {"128x256x128 s4 w8x1x1 wg", "128x128x128 s3 w8x1x1 wg o2", "64x80x128 s4 w4x1x1 wg o3"})
      expect_compiles(mma_text(product, parse_mma_tile(text), "product", kRanges), "sm_90", text);
  }
}

// Their results need no shared memory.
TEST(ProductTiles, BytesOfOneWarpLeaveFromRegisters) {
  const Product bytes = conv_of_bytes({.name = "3x3", .type = DataType::I8, .images = 128, .channels = 256});
  const Product halves = conv({.name = "3x3", .images = 128, .channels = 256});
  const MmaTile own = parse_mma_tile("128x64x64 s2 w4x1x1"), shared = parse_mma_tile("128x64x64 s2 w4x1x2");
  EXPECT_LT(shared_bytes(bytes, own), shared_bytes(halves, own));
  EXPECT_EQ(shared_bytes(bytes, shared), shared_bytes(halves, shared));
}

TEST_F(ProductText, ClustersShareOutTheDepth) {
  const Product product = matmul(DataType::F16, false, true, 128, 768, 3072);
  for (const char* text : {"32x64x128 s3 w2x2x2 c3", "64x64x256 s4 w2x2x1 slab c8", "112x128x64 s4 w1x4x1 c8",
                           "64x96x128 s6 w2x2x1 c4", "128x128x128 s4 w8x1x1 wg c2"}) {
    const KernelText kernel = mma_text(product, parse_mma_tile(text), "product", kRanges);
    expect_compiles(kernel, "sm_90", text);
    EXPECT_EQ(*kernel.grid[0].constant() % kernel.cluster, 0) << text;
    EXPECT_EQ(static_cast<int>(kernel.cluster), parse_mma_tile(text).cluster) << text;
  }
  EXPECT_TRUE(fits(product, parse_mma_tile("32x64x1024 s2 w2x2x1 c3")));
  EXPECT_FALSE(fits(product, parse_mma_tile("32x64x1024 s2 w2x2x1 c4"))) << "less than two blocks of the depth each";
  EXPECT_FALSE(fits(product, parse_mma_tile("64x64x256 s6 w2x2x1 slab c5"))) << "the depth is no multiple";
  EXPECT_FALSE(fits(product, parse_mma_tile("32x64x64 s3 w2x2x1 c16"))) << "more blocks than a cluster has";
}

// Few rows and a great depth: tiles alone would leave most multiprocessors idle.
TEST(ProductTiles, DeepProductsOfFewRowsAreSplit) {
  const SymbolRanges one = {{"B", {1, 1}}};
  const auto clusters = [](const std::vector<MmaTile>& tiles) {
    return std::ranges::count_if(tiles, [](const MmaTile& tile) { return tile.cluster > 1; });
  };
  const Product deep = matmul(DataType::F16, false, true, 128, 768, 3072);
  EXPECT_GE(clusters(mma_tiles(deep, one, kH200, 16)), 1);
  EXPECT_LE(clusters(mma_tiles(deep, one, kH200, 16)), 8);
  for (const char* architecture : {"sm_80", "sm_120"})
    EXPECT_EQ(clusters(mma_tiles(deep, one, {architecture, 132}, 16)), 0);
  EXPECT_EQ(clusters(mma_tiles(deep, kRanges, kH200, 16)), 0) << "more tiles than multiprocessors";
  EXPECT_EQ(clusters(mma_tiles(conv({.name = "3x3"}), kRanges, kH200, 16)), 0);
}

// 197 rows are four tiles of 64: 33 blocks for each make a wave.
TEST(ProductTiles, AreAsWideAsAWaveNeeds) {
  const SymbolRanges one = {{"B", {1, 1}}};
  const auto offered = [&](int64_t n, int64_t k) {
    std::vector<std::string> texts;
    for (const MmaTile& tile : mma_tiles(matmul(DataType::F16, false, true, 197, n, k), one, kH200, 16)) {
      if (tile.form == MmaTile::Form::Warpgroup)
        texts.push_back(fmt::format("{}x{} c{}", tile.m, tile.n, tile.cluster));
      const int64_t blocks = (196 / tile.m + 1) * ((n - 1) / tile.n + 1) * tile.cluster;
      EXPECT_LE(blocks, tile.cluster > 2 ? 113 : blocks) << to_string(tile) << ": more clusters than run at once";
    }
    return texts;
  };
  EXPECT_THAT(offered(2304, 768), testing::Contains("64x80 c1"));
  EXPECT_THAT(offered(3072, 768), testing::Contains("64x96 c1"));
  EXPECT_THAT(offered(768, 3072), testing::Contains("64x48 c2"));
}

TEST(ProductTiles, WarpgroupsAreForOneArchitecture) {
  const Product large = conv({.name = "3x3", .images = 128, .channels = 256, .columns = 512});
  const auto offered = [&](const char* architecture) {
    const auto tiles = mma_tiles(large, kRanges, {architecture, 132}, 16);
    return std::ranges::count(tiles, MmaTile::Form::Warpgroup, &MmaTile::form);
  };
  EXPECT_GE(offered("sm_90"), 4);
  EXPECT_EQ(offered("sm_80"), 0);
  EXPECT_EQ(offered("sm_120"), 0);
  const Product wide = conv({.name = "tf32", .type = DataType::F32});
  EXPECT_FALSE(fits(wide, parse_mma_tile("128x128x128 s4 w8x1x1 wg")));
}

TEST_F(ProductText, CompilesForOtherArchitectures) {
  const Product product = conv({.name = "3x3"});
  const MmaTile tile = parse_mma_tile("64x64x128 s3 w2x2x1");
  for (const char* architecture : {"sm_75", "sm_80", "sm_120"})
    if (Nvrtc::get().knows(architecture))
      expect_compiles(mma_text(product, tile, "product", kRanges), architecture, "3x3");
  const Product bytes = conv_of_bytes({.name = "bytes", .type = DataType::U8});
  for (const char* architecture : {"sm_75", "sm_80", "sm_120"})
    if (Nvrtc::get().knows(architecture))
      expect_compiles(mma_text(bytes, tile, "product", kRanges), architecture, "bytes");
}

TEST_F(ProductText, OneMultiplicationAtATime) {
  Product product = conv({.name = "f32", .type = DataType::F32, .channels = 20});
  expect_compiles(simt_text(product, 128, "product", kRanges), "sm_90", "conv");
  product.window.transposed = true;
  expect_compiles(simt_text(product, 32, "product", kRanges), "sm_90", "transposed conv");
  Product integers = matmul(DataType::I64, false, true, 5, 7, 9);
  integers.sums = ScalarType::I64;
  integers.epilogue.program = store_sums(ScalarType::I64);
  expect_compiles(simt_text(integers, 32, "product", kRanges), "sm_90", "integers");
}

TEST_F(ProductText, Depthwise) {
  for (const int64_t channels : {96, 20}) {
    Product product = conv({.name = "depthwise", .channels = channels, .columns = channels});
    product.depthwise = true;
    for (const DepthwiseTile& tile : {DepthwiseTile{1, 1, 8}, DepthwiseTile{8, 1, 8}, DepthwiseTile{4, 4, 4}})
      expect_compiles(depthwise_text(product, tile, "product", kRanges), "sm_90", fmt::format("{} channels", channels));
  }
  Product bytes = conv_of_bytes({.name = "depthwise", .type = DataType::I8, .channels = 96, .columns = 96});
  bytes.depthwise = true;
  for (const DepthwiseTile& tile : {DepthwiseTile{2, 7, 4}, DepthwiseTile{8, 1, 8}})
    expect_compiles(depthwise_text(bytes, tile, "product", kRanges), "sm_90", "bytes");
}

// Runs of columns begin wherever a group does.
TEST(ProductEpilogue, PiecesOfRunsDivideTheGroup) {
  for (const int64_t groups : {64, 32, 8}) {
    const Product product = conv({.name = "groups", .channels = 64, .columns = 64, .groups = groups});
    const std::string source = simt_text(product, 32, "product", kRanges).source;
    EXPECT_NE(source.find(fmt::format("store_run<{}>(", 64 / groups)), std::string::npos) << groups << " groups";
  }
}

TEST(ProductTiles, AreManyForAllProductsAndReadBack) {
  for (const auto& [name, product] : cases()) {
    const std::vector<MmaTile> tiles = mma_tiles(product, kRanges, kH200, 16);
    EXPECT_GE(tiles.size(), 8u) << name;
    for (const MmaTile& tile : tiles) {
      EXPECT_TRUE(fits(product, tile)) << name;
      EXPECT_EQ(parse_mma_tile(to_string(tile)), tile);
    }
  }
  EXPECT_THROW(parse_mma_tile("64x64"), Error);
}

TEST(ProductTiles, KeepToTheSharedMemoryOfABlock) {
  constexpr uint32_t kSmall = 99 * 1024;
  bool cut = false;
  for (auto [name, product] : cases()) {
    const auto more = [&](const MmaTile& tile) { return shared_bytes(product, tile) > kSmall; };
    cut = cut || std::ranges::any_of(mma_tiles(product, kRanges, kH200, 16), more);
    product.most_shared = kSmall;
    const auto tiles = mma_tiles(product, kRanges, kH200, 16);
    EXPECT_FALSE(tiles.empty()) << name;
    EXPECT_TRUE(std::ranges::none_of(tiles, more)) << name;
  }
  EXPECT_TRUE(cut);
}

// 197 rows, as ViT has them, leave less over in tiles of 80 or 112 rows than in those of 64 or 128.
TEST(ProductTiles, FewRowsAreDividedEvenly) {
  const Product layer = matmul(DataType::F16, false, true, 197, 2304, 768);
  const SymbolRanges one = {{"B", {1, 1}}};
  const auto tiles = mma_tiles(layer, one, kH200, 16);
  EXPECT_TRUE(std::ranges::any_of(tiles, [](const MmaTile& tile) { return tile.m == 80 || tile.m == 112; }));
  for (const MmaTile& tile : mma_tiles(matmul(DataType::F16, true, true, 197, 2304, 768), one, kH200, 16))
    EXPECT_TRUE((tile.m & (tile.m - 1)) == 0 || tile.form == MmaTile::Form::Warpgroup) << to_string(tile);
}

TEST_F(ProductText, EvenTilesCompile) {
  const Product layer = matmul(DataType::F16, false, true, 197, 2304, 768);
  for (const char* text : {"48x64x128 s8 w1x4x2", "80x64x128 s8 w1x4x2", "112x64x128 s6 w1x4x2"})
    expect_compiles(mma_text(layer, parse_mma_tile(text), "product", kRanges), "sm_90", text);
}

TEST(ProductTiles, TextsBelongToTheProduct) {
  const Product small = conv({.name = "3x3"});
  const Product batched = conv({.name = "3x3", .images = Dim::symbol("N")});
  const MmaTile tile = parse_mma_tile("64x64x128 s3 w2x2x1");
  const KernelText text = mma_text(small, tile, "product", kRanges),
                   dynamic = mma_text(batched, tile, "product", kRanges);
  EXPECT_TRUE(text.scalars.empty());
  EXPECT_EQ(text.grid[0], Dim(4));  // 196 rows, 64 columns
  EXPECT_THAT(dynamic.scalars, testing::Contains(Dim::symbol("N") * Dim(196)));
  EXPECT_EQ(dynamic.block, text.block);
  EXPECT_GE(text.shared_bytes, 3u * 128 * 128);
}

// A run that begins in another group is not aligned, nor may it go beyond its own.
TEST(ProductTiles, RunsOfColumnsKeepToTheirGroup) {
  const MmaTile tile = parse_mma_tile("64x16x128 s3 w4x1x1");
  const auto text = [&](int64_t groups) {
    const Product product = conv({.name = "groups", .channels = 96, .columns = 96, .groups = groups});
    return mma_text(product, tile, "product", kRanges).source;
  };
  EXPECT_THAT(text(1), testing::HasSubstr("store_run<8>(out0"));
  EXPECT_THAT(text(8), testing::HasSubstr("store_run<4>(out0"));
  EXPECT_THAT(text(32), testing::HasSubstr("store_run<1>(out0"));
  EXPECT_THAT(text(32), testing::HasSubstr("load_run<1>(to.in2"));
}

}  // namespace
}  // namespace tn::cuda
