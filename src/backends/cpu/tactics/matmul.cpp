// SPDX-License-Identifier: Apache-2.0
// Matrix products: B packed while building, or taken as it comes.
#include "ops/matmul/matmul.h"

#include "backends/cpu/device/gemm_step.h"
#include "backends/cpu/tactics/epilogue.h"
#include "base/stored_float.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

std::string text_of(const TileShape& tile) {
  return fmt::format("{}x{}", tile.rows, tile.vectors);
}

Support common(const Region& region) {
  const auto* op = dynamic_cast<const ops::MatMul*>(region.anchor);
  if (!op) return Support::foreign();
  if (!is_stored_float(region.output_type(0).type))
    return Support::no("a result of another type than f32, f16 or bf16");
  if (const Support products = supports_products(region.input_type(region.anchor_inputs[0]).type, best_isa());
      !products)
    return products;
  if (op->transpose_a) return Support::no("A is transposed");
  if (!match_epilogue(region)) return Support::no("the expressions after it are not a known epilogue");
  return {};
}

void set_types(const Region& region, GemmStep& step) {
  step.type = region.input_type(region.anchor_inputs[0]).type;
  step.out_type = region.output_type(0).type;
  step.isa = best_isa();
}

/// Bias and residual operands of the step.
std::pair<int, int> epilogue_operands(const MatchedEpilogue& epilogue, Need need, RegionLowering& lowering) {
  const int bias = epilogue.bias ? lowering.constant(*epilogue.bias, epilogue.bias_name) : kNone;
  const int residual = epilogue.residual_input == kNone ? kNone : lowering.input(epilogue.residual_input, need);
  return {bias, residual};
}

class GemmTactic final : public Tactic {
 public:
  std::string_view name() const override { return "gemm"; }
  Support supports(const Region& region, const Target&) const override {
    if (const Support support = common(region); !support) return support;
    const Tensor& b = region.input(region.anchor_inputs[1]);
    if (!b.constant || b.type.rank() != 2) return Support::no("B is not a constant matrix");
    return is_stored_float(b.type.type) ? Support{} : Support::no("B of another type than f32, f16 or bf16");
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const TileShape& tile : Gemm::configs(step_of(region).gemm())) texts.push_back(text_of(tile));
    return texts;
  }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    GemmStep step = step_of(region);
    for (const TileShape& tile : Gemm::configs(step.gemm())) {
      if (text_of(tile) == config) step.tile = tile;
    }
    const auto epilogue = *match_epilogue(region);
    step.epilogue = epilogue.step;
    const Tensor& weights = region.input(region.anchor_inputs[1]);
    const ConstantPtr wide = as_f32(weights.constant);
    TensorView b = wide->view();
    if (dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b) {
      std::swap(b.dims[0], b.dims[1]);
      std::swap(b.strides[0], b.strides[1]);
    }
    std::vector<std::byte> packed(Gemm::packed_bytes(step.gemm()));
    Gemm::pack(step.gemm(), b, packed);
    const int a = lowering.input(region.anchor_inputs[0], Need::RowMajor);
    const auto [bias, residual] = epilogue_operands(epilogue, Need::RowMajor, lowering);
    const int packed_id =
        lowering.packed_weights("packed", packed, {{weights.name}, "gemm:" + config, encode_fields(step)});
    lowering.add_step("gemm", encode_fields(step), {a, packed_id, bias, residual},
                      {lowering.output(0, Need::RowMajor)});
  }

 private:
  /// Without the choice of a tile and the epilogue.
  static GemmStep step_of(const Region& region) {
    const bool transposed = dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b;
    const Shape b = *region.input_type(region.anchor_inputs[1]).static_shape();
    GemmStep step;
    step.k = transposed ? b[1] : b[0];
    step.n = transposed ? b[0] : b[1];
    set_types(region, step);
    return step;
  }
};

class MatMulTactic final : public Tactic {
 public:
  std::string_view name() const override { return "matmul"; }
  Support supports(const Region& region, const Target&) const override {
    if (const Support support = common(region); !support) return support;
    const TensorType &a = region.input_type(region.anchor_inputs[0]), &b = region.input_type(region.anchor_inputs[1]);
    const int rank = region.output_type(0).rank();
    if (rank > 4 || a.rank() != rank || b.rank() < 2) return Support::no("more than two batch axes, or A broadcasts");
    return a.type == b.type ? Support{} : Support::no("A and B of different types");
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const TileShape& tile : MatMul::configs(step_of(region).matmul())) texts.push_back(text_of(tile));
    return texts;
  }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    GemmStep step = step_of(region);
    for (const TileShape& tile : MatMul::configs(step.matmul())) {
      if (text_of(tile) == config) step.tile = tile;
    }
    const bool swapped = dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b;
    const int a = lowering.input(region.anchor_inputs[0], Need::UnitInner);
    int b = lowering.input(region.anchor_inputs[1], Need::Any);
    // B may lie with its rows or with its columns contiguous.
    const Dims& strides = lowering.tensor(b).strides;
    const bool rows = strides.back() == Dim(1), columns = !rows && strides[strides.size() - 2] == Dim(1);
    if (!rows && !columns) b = lowering.input(region.anchor_inputs[1], Need::UnitInner);
    step.transpose_b = swapped != columns;
    step.b_column_major = columns;
    const auto epilogue = *match_epilogue(region);
    step.epilogue = epilogue.step;
    const auto [bias, residual] = epilogue_operands(epilogue, Need::UnitInner, lowering);
    const int c = lowering.output(0, Need::UnitInner);
    const MatMulShape largest =
        matmul_shape(lowering.largest_view(a), lowering.largest_view(b), lowering.largest_view(c), columns);
    const uint64_t workspace = MatMul(step.matmul(), largest).workspace_bytes(lowering.target().threads);
    lowering.add_step("matmul", encode_fields(step), {a, b, bias, residual}, {c}, workspace);
  }

 private:
  /// Without the choice of a tile and the epilogue.
  static GemmStep step_of(const Region& region) {
    GemmStep step;
    set_types(region, step);
    return step;
  }
};

}  // namespace

const Tactic& gemm() {
  static const GemmTactic tactic;
  return tactic;
}
const Tactic& matmul() {
  static const MatMulTactic tactic;
  return tactic;
}

}  // namespace tn::cpu
