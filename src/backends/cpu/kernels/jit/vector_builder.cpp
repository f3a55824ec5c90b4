// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/vector_builder.h"

#include <algorithm>
#include <utility>

namespace tn::jit {

namespace {

bool commutes(VectorOp op) {
  switch (op) {
    case VectorOp::AddF:
    case VectorOp::MulF:
    case VectorOp::And:
    case VectorOp::Or:
    case VectorOp::Xor:
    case VectorOp::AddI:
    case VectorOp::MulI:
    case VectorOp::MinI:
    case VectorOp::MaxI:
    case VectorOp::MulU32:
    case VectorOp::EqualI:
      return true;
    default:
      return false;
  }
}

std::vector<int> count_uses(const std::vector<VectorStep>& steps) {
  std::vector<int> uses(steps.size(), 0);
  for (const VectorStep& step : steps)
    for (const VectorId id : step.operands)
      if (id != kNoVector) ++uses[static_cast<size_t>(id)];
  return uses;
}

/// add(mul(a, b), c) becomes one rounding where nothing else needs the product.
void contract_products(std::vector<VectorStep>& steps) {
  const std::vector<int> uses = count_uses(steps);
  const auto product = [&](VectorId id) {
    const VectorStep& step = steps[static_cast<size_t>(id)];
    return step.op == VectorOp::MulF && uses[static_cast<size_t>(id)] == 1 ? &step : nullptr;
  };
  for (VectorStep& step : steps) {
    if (step.op != VectorOp::AddF && step.op != VectorOp::SubF) continue;
    const bool adds = step.op == VectorOp::AddF;
    const auto [a, b] = std::pair(step.operands[0], step.operands[1]);
    if (const VectorStep* first = product(a)) {
      step.op = adds ? VectorOp::Fma : VectorOp::Fms;
      step.operands = {first->operands[0], first->operands[1], b, kNoVector};
    } else if (const VectorStep* second = product(b)) {
      step.op = adds ? VectorOp::Fma : VectorOp::Fnma;
      step.operands = {second->operands[0], second->operands[1], a, kNoVector};
    }
  }
}

void drop_dead(std::vector<VectorStep>& steps) {
  std::vector<bool> live(steps.size(), false);
  for (size_t i = steps.size(); i-- > 0;) {
    if (steps[i].op == VectorOp::Store) live[i] = true;
    if (!live[i]) continue;
    for (const VectorId id : steps[i].operands)
      if (id != kNoVector) live[static_cast<size_t>(id)] = true;
  }
  std::vector<VectorId> moved(steps.size(), kNoVector);
  size_t count = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!live[i]) continue;
    VectorStep step = steps[i];
    for (VectorId& id : step.operands)
      if (id != kNoVector) id = moved[static_cast<size_t>(id)];
    moved[i] = static_cast<VectorId>(count);
    steps[count++] = step;
  }
  steps.resize(count);
}

}  // namespace

bool VectorCode::has_calls() const {
  return std::any_of(steps.begin(), steps.end(), [](const VectorStep& step) { return is_call(step.op); });
}

size_t VectorBuilder::StepHash::operator()(const VectorStep& step) const {
  uint64_t hash =
      step.immediate + static_cast<uint64_t>(step.op) * 131 + static_cast<uint64_t>(step.form) * 31 + step.wide;
  for (const VectorId id : step.operands) hash = hash * 0x9E3779B97F4A7C15ull + static_cast<uint32_t>(id);
  return static_cast<size_t>(hash ^ (hash >> 29));
}

Value VectorBuilder::add(const VectorStep& step) {
  if (step.op != VectorOp::Store) {
    const auto [place, fresh] = known_.try_emplace(step, static_cast<VectorId>(code_.steps.size()));
    if (!fresh) return {this, place->second};
  }
  code_.steps.push_back(step);
  return {this, static_cast<VectorId>(code_.steps.size() - 1)};
}

Value VectorBuilder::load(MemoryForm form, uint64_t memory) {
  const bool wide = form == MemoryForm::Bits64 || form == MemoryForm::Unsigned32To64;
  return add({VectorOp::Load, wide, form, {-1, -1, -1, -1}, memory});
}

void VectorBuilder::store(Value x, MemoryForm form, uint64_t memory) {
  add({VectorOp::Store, is_wide(x), form, {x.id, -1, -1, -1}, memory});
}

Value VectorBuilder::make(VectorOp op, std::initializer_list<Value> operands, uint64_t immediate) {
  return make_wide(op, is_wide(*operands.begin()), operands, immediate);
}

Value VectorBuilder::make_wide(VectorOp op, bool wide, std::initializer_list<Value> operands, uint64_t immediate) {
  VectorStep made{op, wide};
  made.immediate = immediate;
  size_t k = 0;
  for (const Value operand : operands) made.operands[k++] = operand.id;
  // A constant stands second, where it can stay in memory.
  if (commutes(op) && code_.steps[static_cast<size_t>(made.operands[0])].op == VectorOp::Constant)
    std::swap(made.operands[0], made.operands[1]);
  return add(made);
}

Value VectorBuilder::call(const CallSite& site, bool wide, std::initializer_list<Value> operands) {
  code_.calls.push_back(site);
  return make_wide(VectorOp::Call, wide, operands, code_.calls.size() - 1);
}

Value VectorBuilder::call_if_any(Value mask, Value otherwise, const CallSite& site,
                                 std::initializer_list<Value> operands) {
  code_.calls.push_back(site);
  VectorStep made{VectorOp::CallIfAny, is_wide(otherwise)};
  made.operands = {mask.id, otherwise.id, kNoVector, kNoVector};
  size_t k = 2;
  for (const Value operand : operands) made.operands[k++] = operand.id;
  made.immediate = code_.calls.size() - 1;
  return add(made);
}

VectorCode VectorBuilder::finish() {
  contract_products(code_.steps);
  drop_dead(code_.steps);
  for (const VectorStep& step : code_.steps) code_.wide = code_.wide || step.wide;
  return std::move(code_);
}

}  // namespace tn::jit
