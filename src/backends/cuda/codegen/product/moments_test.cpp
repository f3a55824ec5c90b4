// SPDX-License-Identifier: Apache-2.0
// Products that leave moments of their rows to products that normalize these.
#include <gmock/gmock.h>

#include "backends/cuda/codegen/nvrtc_test.h"
#include "backends/cuda/codegen/product/product.h"
#include "expr/expr.h"

namespace tn::cuda {
namespace {

ResultOperand operand(DataType type, const Dims& strides, bool constant) {
  ResultOperand operand;
  operand.type = type;
  operand.strides = strides;
  operand.alignment = 8;
  operand.constant = constant;
  return operand;
}

// 197 rows, as ViT has them.
Product linear(int64_t columns, int64_t depth) {
  Product product;
  product.type = DataType::F16;
  product.rows = product.window.in = {1, 1, 197};
  product.columns = columns;
  product.channels = depth;
  product.a.points[2] = depth;
  product.a.alignment = 8;
  product.b.packed = true;
  product.epilogue.outputs = {operand(DataType::F16, {0, 0, 0, columns, 1}, false)};
  return product;
}

Product giver(int64_t columns, int64_t depth) {
  Product product = linear(columns, depth);
  product.epilogue.inputs = {operand(DataType::F32, {0, 0, 0, 0, 1}, true),
                             operand(DataType::F16, {0, 0, 0, columns, 1}, false)};
  product.epilogue.program = lower(std::vector<Expr>{input(0) + input(1) + input(2)});
  product.gives_moments = product.epilogue.keeps_result = true;
  return product;
}

Product reader(int64_t columns, int64_t depth) {
  Product product = linear(columns, depth);
  product.epilogue.inputs.assign(2, operand(DataType::F32, {0, 0, 0, 0, 1}, true));
  product.epilogue.program = store_sums(ScalarType::F32);
  product.normalizes = 1e-6;
  product.reads_moments = true;
  return product;
}

constexpr const char* kTiles[] = {"64x80x128 s8 w4x1x1 wg", "64x48x128 s6 w4x1x1 wg c2", "128x64x128 s4 w4x1x1 wg",
                                  "80x64x128 s4 w1x4x2",    "64x32x128 s4 w2x2x2 c2",    "16x64x256 s3 w1x4x2",
                                  "128x128x128 s3 w2x4x1"};

using MomentsText = NvrtcTest;

TEST_F(MomentsText, CompilesWithoutSpills) {
  for (const char* text : kTiles) {
    const MmaTile tile = parse_mma_tile(text);
    for (const Product& product : {giver(768, 3072), reader(2304, 768)}) {
      ASSERT_TRUE(fits(product, tile)) << text;
      const KernelText kernel = mma_text(product, tile, "product", {});
      const auto compiled = Nvrtc::get().compile(kernel.source, kernel.entry, "sm_90a");
      ASSERT_TRUE(compiled.ok) << text << "\n" << compiled.log;
      EXPECT_EQ(resources_in(compiled.log, kernel.entry).spill_bytes, 0) << text;
    }
  }
}

TEST(Moments, AreReadBehindTheWait) {
  const KernelText kernel = mma_text(reader(2304, 768), parse_mma_tile(kTiles[0]), "product", {});
  EXPECT_EQ(kernel.reads_early, -1) << "what A comes from is complete says nothing of its moments";
  EXPECT_LT(kernel.source.find("  if (!COMPLETE) wait_for_inputs();"), kernel.source.find("const float4* const pairs"));
  EXPECT_EQ(mma_text(giver(768, 3072), parse_mma_tile(kTiles[0]), "product", {}).reads_early, 0);
}

TEST(Moments, SpareTheRegistersOfStatistics) {
  Product product = reader(2304, 768);
  const MmaTile large = parse_mma_tile("128x192x128 s3 w4x1x1 wg");
  EXPECT_TRUE(fits(product, large));
  product.reads_moments = false;
  EXPECT_FALSE(fits(product, large));
  for (const Product& full : {giver(768, 3072), reader(2304, 768)})
    EXPECT_FALSE(fits(full, parse_mma_tile("128x128x128 s3 w2x2x1"))) << "no register is left";
}

}  // namespace
}  // namespace tn::cuda
