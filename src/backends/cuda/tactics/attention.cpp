// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cuda/codegen/attention/attention_text.h"
#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/tactics/launch.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

std::string text_of(const AttentionTile& tile) {
  return fmt::format("{}x{}x{}", tile.row_warps, tile.key_warps, tile.keys);
}

/// The form without strides.
AttentionForm form_of(const Region& region, const Target& target) {
  const auto& op = dynamic_cast<const ops::Attention&>(*region.anchor);
  const auto operand = [&](size_t i) {
    const TensorType& type = region.input_type(region.anchor_inputs[i]);
    return Operand{type.type, type.dims, {}};
  };
  AttentionForm form;
  form.query = operand(0);
  form.key = operand(1);
  form.value = operand(2);
  form.out = {region.output_type(0).type, region.output_type(0).dims, {}};
  if (region.anchor_inputs.size() > 3 && region.has_input(region.anchor_inputs[3])) form.mask = operand(3);
  form.scale = op.scale;
  form.softcap = op.softcap;
  form.causal = op.causal;
  form.aligned = op.aligned;
  form.exact = target.device == nullptr || !target.device->allow_tf32;
  return form;
}

bool begins_at_multiples(const Operand& x, int64_t elements) {
  bool fits = x.strides[3] == Dim(1) && x.alignment >= elements;
  for (size_t axis = 0; axis < 3; ++axis) fits = fits && known_divisor(x.strides[axis], elements) == elements;
  return fits;
}

class AttentionTactic final : public Tactic {
 public:
  std::string_view name() const override { return "attention"; }
  Support supports(const Region& region, const Target& target) const override {
    if (!dynamic_cast<const ops::Attention*>(region.anchor)) return Support::foreign();
    if (!region.expressions.empty()) return Support::no("expressions follow the operator");
    const AttentionForm form = form_of(region, target);
    const DataType type = form.query.type;
    if (form.key.type != type || form.value.type != type || form.out.type != type)
      return Support::no("operands and result of different types");
    if (const auto reason = why_unsupported(form, target.device ? target.device->architecture : ""))
      return Support::no(*reason);
    return {};
  }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    std::vector<std::string> texts;
    for (const AttentionTile& tile : attention_tiles(form_of(region, target))) texts.push_back(text_of(tile));
    return texts;
  }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    AttentionForm form = form_of(region, lowering.target());
    std::vector<int> inputs;
    const auto read = [&](size_t i, Need need) {
      inputs.push_back(lowering.input(region.anchor_inputs[i], need));
      return operand(lowering, inputs.back());
    };
    form.query = read(0, Need::UnitInner);
    form.key = read(1, Need::UnitInner);
    form.value = read(2, Need::UnitInner);
    if (form.mask) form.mask = read(3, Need::Any);
    // The heads of a position lie side by side, since what follows nearly always takes them together.
    const Dims& dims = region.output_type(0).dims;
    const int out = lowering.temporary("heads", {form.out.type, {dims[0], dims[2], dims[1], dims[3]}});
    form.out = operand(lowering, out);
    std::swap(form.out.dims[1], form.out.dims[2]);
    std::swap(form.out.strides[1], form.out.strides[2]);
    const int64_t chunk = Operand::kAlignment / static_cast<int64_t>(size_of(form.query.type));
    const int64_t head = *form.query.dims[3].constant(), value = *form.value.dims[3].constant();
    form.vectors = head % chunk == 0 && value % chunk == 0 && begins_at_multiples(form.query, chunk) &&
                   begins_at_multiples(form.key, chunk) && begins_at_multiples(form.value, chunk);
    form.pairs = value % 2 == 0 && begins_at_multiples(form.out, 2);
    AttentionTile chosen;
    for (const AttentionTile& tile : attention_tiles(form))
      if (text_of(tile) == config) chosen = tile;
    add_launch(lowering, attention_text(form, chosen, lowering.target().ranges), inputs, {out});
    lowering.alias_output(0, out, form.out.strides, lowering.tensor(out).offset);
  }
};

}  // namespace

const Tactic& attention() {
  static const AttentionTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
