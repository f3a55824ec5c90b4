// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/rows/row_text.h"

#include <gtest/gtest.h>

#include "backends/cuda/codegen/nvrtc_test.h"
#include "expr/expr.h"

namespace tn::cuda {
namespace {

// x of extents `dims` with strides `strides`, of which the last axis is the row.
RowForm form_of(RowOperation operation, DataType type, const Dims& dims, const Dims& strides) {
  const size_t last = dims.size() - 1;
  const auto rows_of = [&](const Dims& d) { return Dims(d.begin(), d.end() - 1); };
  const int64_t unit = Operand::kAlignment / static_cast<int64_t>(size_of(type));
  RowForm form;
  form.operation = operation;
  form.epsilon = 1e-5;
  form.count = dims[last];
  form.types = {type, DataType::F32, type};  // x, one number per column, the result
  form.aligned = {unit, 4, unit};
  form.constant = {false, true, false};
  const bool single = reduces(operation);
  form.rows = {rows_of(dims), {rows_of(strides), Dims(last, 0), rows_of(strides)}};
  form.columns = {{dims[last]}, {{strides[last]}, {single ? 0 : 1}, {single ? Dim(0) : strides[last]}}};
  const ScalarType scalar = compute_type(type);
  form.expressions = lower(std::vector<Expr>{input(0, scalar) * cast(input(1), scalar)});
  return flattened(form, {{"R", {1, 4096}}, {"C", {1, 4096}}});
}

TEST(RowPlan, WarpsTakeShortRowsAndBlocksLongOnes) {
  const auto plan = [](int64_t rows, int64_t columns) {
    return plan_rows(form_of(RowOperation::LayerNorm, DataType::F16, {rows, columns}, {columns, 1}), {});
  };
  EXPECT_EQ(plan(6304, 768).vector, 8);
  EXPECT_EQ(plan(6304, 768).team, 32);
  EXPECT_EQ(plan(6304, 768).steps, 3);
  EXPECT_EQ(plan(6304, 767).vector, 1);
  EXPECT_EQ(plan(6304, 8192).team, 256);
  EXPECT_EQ(plan(6304, 8192).rows, 1);
  EXPECT_EQ(plan(100000, 16).team * plan(100000, 16).rows, 128);
  EXPECT_EQ(plan(2, 1 << 20).steps, 0) << "too long to be kept";
}

TEST(RowPlan, NeighbouringThreadsReadNeighbours) {
  const RowForm form = form_of(RowOperation::Mean, DataType::F16, {8, 2048, 49}, {49 * 2048, 1, 2048});
  const RowPlan plan = plan_rows(form, {});
  EXPECT_TRUE(plan.across);
  EXPECT_EQ(plan.vector, 1);
  EXPECT_EQ(row_splits(form, {}), 1);
}

TEST(RowPlan, FewLongRowsAreSplit) {
  const auto splits = [](int64_t rows, int64_t columns) {
    return row_splits(form_of(RowOperation::Sum, DataType::F32, {rows, columns}, {columns, 1}), {});
  };
  EXPECT_EQ(splits(1, 1 << 20), 128);
  EXPECT_EQ(splits(2, 16384), 4);
  EXPECT_EQ(splits(1000, 1 << 20), 1);
  EXPECT_EQ(splits(1, 1000), 1);
}

TEST(RowPlan, OtherTeamsKeepTheirColumnsToo) {
  EXPECT_EQ(row_teams(197, 768, DataType::F16), (std::vector<int>{128, 32, 64}));
  EXPECT_EQ(row_teams(6304, 768, DataType::F16), (std::vector<int>{32, 64, 128}));
  EXPECT_EQ(row_teams(6304, 8192, DataType::F16), (std::vector<int>{256}));
  EXPECT_EQ(row_teams(197, 64, DataType::F16), (std::vector<int>{8}));
  const RowForm form = form_of(RowOperation::LayerNorm, DataType::F16, {197, 768}, {768, 1});
  EXPECT_EQ(plan_rows(form, {}).team, 128);
  EXPECT_EQ(plan_rows(form, {}, 32).steps, 3);
  EXPECT_EQ(plan_rows(form, {}, 16).team, 128) << "more columns than a thread keeps";
}

using RowTextCompiled = NvrtcTest;

TEST_F(RowTextCompiled, ConstantsOfColumnsComeBeforeTheWait) {
  const RowForm form = form_of(RowOperation::LayerNorm, DataType::F16, {197, 768}, {768, 1});
  for (const int team : {32, 64, 128}) {
    const KernelText text = row_text(form, plan_rows(form, {}, team), {});
    EXPECT_LT(text.source.find("load_vec<V>(p1"), text.source.find("  wait_for_inputs();"));
    EXPECT_EQ(text.source.find("load_vec<V>(p1", text.source.find("  wait_for_inputs();")), std::string::npos);
    const auto compiled = Nvrtc::get().compile(text.source, text.entry, "sm_90");
    ASSERT_TRUE(compiled.ok) << compiled.log;
    EXPECT_NE(compiled.log.find(" 0 bytes stack frame, 0 bytes spill stores"), std::string::npos) << compiled.log;
  }
}

TEST_F(RowTextCompiled, CompilesWithoutSpills) {
  using enum RowOperation;
  const Dim rows = Dim::symbol("R"), columns = Dim::symbol("C");
  const SymbolRanges ranges = {{"R", {1, 4096}}, {"C", {1, 4096}}};
  for (const std::string architecture : {"sm_75", "sm_90", "sm_120"}) {
    for (const RowOperation operation : {Sum, Mean, Max, ArgMax, Softmax, LogSoftmax, Hardmax, LayerNorm, RmsNorm}) {
      if (architecture != "sm_90" && operation != LayerNorm) continue;
      for (const RowForm& form : {form_of(operation, DataType::F16, {rows, 768}, {768, 1}),
                                  form_of(operation, DataType::F32, {rows, 8192}, {8192, 1}),
                                  form_of(operation, DataType::BF16, {rows, columns}, {columns, 1}),
                                  form_of(operation, DataType::F32, {rows, 2048, 49}, {49 * 2048, 1, 2048})}) {
        const KernelText text = row_text(form, plan_rows(form, ranges), ranges);
        const auto compiled = Nvrtc::get().compile(text.source, text.entry, architecture);
        ASSERT_TRUE(compiled.ok) << text.entry << " for " << architecture << "\n" << compiled.log;
        EXPECT_EQ(resources_in(compiled.log, text.entry).spill_bytes, 0) << text.entry << " for " << architecture;
      }
    }
  }
}

}  // namespace
}  // namespace tn::cuda
