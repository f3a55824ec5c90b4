// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/attention/attention_text.h"

#include <gtest/gtest.h>

#include "backends/cuda/codegen/nvrtc_test.h"

namespace tn::cuda {
namespace {

struct Case {
  DataType type;
  int64_t head;
  bool masked = false, causal = false, exact = false;
};

// Q, K and V as parts of one tensor [N,S,3,H,D].
AttentionForm packed(const Case& c) {
  constexpr int64_t kHeads = 12;
  const Dim batch = Dim::symbol("N"), length = Dim::symbol("S");
  const int64_t row = 3 * kHeads * c.head, unit = Operand::kAlignment / static_cast<int64_t>(size_of(c.type));
  const Operand part{c.type, {batch, kHeads, length, c.head}, {length * row, c.head, row, 1}, unit};
  AttentionForm form;
  form.query = form.key = form.value = form.out = part;
  if (c.masked) form.mask = Operand{DataType::Bool, {batch, 1, 1, length}, {length, 0, 0, 1}, 1};
  form.causal = c.causal;
  form.exact = c.exact;
  form.vectors = form.pairs = true;
  return form;
}

constexpr Case kCases[] = {
    {DataType::F16, 32},
    {DataType::F16, 64, true},
    {DataType::F16, 80},
    {DataType::F16, 128},
    {DataType::F16, 256, true},
    {DataType::BF16, 64, true},
    {DataType::BF16, 128, true},
    {DataType::F32, 64, true},
    {DataType::F32, 128},
    {DataType::F32, 256},
    {DataType::F32, 64, true, true, true},
};

using AttentionTextCompiled = NvrtcTest;

TEST_F(AttentionTextCompiled, FirstTilesCompileWithoutSpills) {
  const SymbolRanges ranges = {{"N", {1, 32}}, {"S", {1, 512}}};
  for (const std::string architecture : {"sm_80", "sm_90", "sm_120"}) {
    for (const Case& c : kCases) {
      if (architecture != "sm_90" && !c.masked) continue;
      const AttentionForm form = packed(c);
      ASSERT_FALSE(why_unsupported(form, architecture));
      const KernelText text = attention_text(form, attention_tiles(form).front(), ranges);
      const auto compiled = Nvrtc::get().compile(text.source, text.entry, architecture);
      ASSERT_TRUE(compiled.ok) << text.entry << " for " << architecture << "\n" << compiled.log;
      EXPECT_EQ(resources_in(compiled.log, text.entry).spill_bytes, 0) << text.entry << " for " << architecture;
    }
  }
}

TEST(AttentionText, BlocksCoverTheQueriesAndFitTheirMemory) {
  for (const Case& c : kCases) {
    const AttentionForm form = packed(c);
    for (const AttentionTile& tile : attention_tiles(form)) {
      const KernelText text = attention_text(form, tile, {{"N", {1, 32}}, {"S", {1, 512}}});
      EXPECT_LE(text.shared_bytes, 99 * 1024u);
      EXPECT_EQ(text.block[0], static_cast<uint32_t>(32 * tile.row_warps * tile.key_warps));
      const int64_t rows = 16 * tile.row_warps, blocks = text.grid[0].evaluate({{"N", 3}, {"S", 197}});
      EXPECT_EQ(blocks, 3 * 12 * ((197 + rows - 1) / rows));
    }
  }
}

TEST(AttentionText, SaysWhatItLacks) {
  EXPECT_TRUE(why_unsupported(packed({DataType::F16, 64}), "sm_75"));
  EXPECT_TRUE(why_unsupported(packed({DataType::F16, 264}), "sm_90"));
  EXPECT_TRUE(why_unsupported(packed({DataType::F64, 64}), "sm_90"));
}

}  // namespace
}  // namespace tn::cuda
