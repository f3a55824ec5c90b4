// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/element_tactic.h"

namespace tn::cuda {

bool Operands::add_input(const Region& region, RegionLowering& lowering, size_t k) {
  if (!has_operand(region, k)) return false;
  inputs.push_back(lowering.input(region.anchor_inputs[k]));
  return true;
}

ElementKernel Operands::kernel(const RegionLowering& lowering, std::string_view kind, const Dims& domain) const {
  std::vector<Operand> in, out;
  for (const int tensor : inputs) in.push_back(operand(lowering, tensor));
  for (const int tensor : outputs) out.push_back(operand(lowering, tensor));
  return {entry_name(kind, ""), std::move(in), std::move(out), domain, lowering.target().ranges};
}

bool has_operand(const Region& region, size_t k) {
  return k < region.anchor_inputs.size() && region.has_input(region.anchor_inputs[k]);
}

const Dims* known_value(const Region& region, size_t k) {
  if (!has_operand(region, k)) return nullptr;
  const auto& value = region.input(region.anchor_inputs[k]).value;
  return value ? &*value : nullptr;
}

}  // namespace tn::cuda
