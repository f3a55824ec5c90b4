// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/allocate.h"

#include <algorithm>
#include <bit>

namespace tn::jit {

std::vector<bool> find_invariants(const VectorCode& code, std::span<const MemoryOperand> memory) {
  std::vector<bool> invariant(code.steps.size(), false);
  for (size_t i = 0; i < code.steps.size(); ++i) {
    const VectorStep& step = code.steps[i];
    if (step.op == VectorOp::Constant) {
      invariant[i] = true;
    } else if (step.op == VectorOp::Load) {
      invariant[i] = memory[step.immediate].broadcast;
    } else if (step.op != VectorOp::Store && !is_call(step.op)) {
      invariant[i] = std::all_of(step.operands.begin(), step.operands.end(),
                                 [&](VectorId id) { return id == kNoVector || invariant[static_cast<size_t>(id)]; });
    }
  }
  return invariant;
}

LoopBody unroll(const VectorCode& code, const std::vector<bool>& invariant, int copies) {
  const auto count = static_cast<VectorId>(code.steps.size());
  LoopBody body;
  body.values = count * (copies + 1);
  for (VectorId i = 0; i < count; ++i) {
    if (invariant[static_cast<size_t>(i)]) continue;
    for (int copy = 0; copy < copies; ++copy) {
      BodyStep made{code.steps[static_cast<size_t>(i)], copy};
      for (VectorId& id : made.step.operands)
        if (id != kNoVector && !invariant[static_cast<size_t>(id)]) id += count * (copy + 1);
      if (made.step.op != VectorOp::Store) made.value = i + count * (copy + 1);
      body.steps.push_back(made);
    }
  }
  return body;
}

namespace {

class LinearScan {
 public:
  LinearScan(const LoopBody& body, const std::vector<bool>& invariant, int register_count)
      : body_(body), last_use_(static_cast<size_t>(body.values), -1), free_((uint64_t{1} << register_count) - 1) {
    result_.locations.resize(static_cast<size_t>(body.values));
    result_.live_across.resize(body.steps.size(), 0);
    for (size_t i = 0; i < body.steps.size(); ++i)
      for (const VectorId id : body.steps[i].step.operands)
        if (id != kNoVector && (static_cast<size_t>(id) >= invariant.size() || !invariant[static_cast<size_t>(id)]))
          last_use_[static_cast<size_t>(id)] = static_cast<int>(i);
  }

  Allocation run() {
    for (size_t i = 0; i < body_.steps.size(); ++i) {
      const BodyStep& step = body_.steps[i];
      const int now = static_cast<int>(i);
      // A call writes its result before it has read everything; so its result may not take an operand's register.
      const bool early = is_call(step.step.op);
      if (!early) expire(now);
      const uint32_t before = live_registers();
      if (step.value != kNoVector) place(step.value);
      if (early) {
        expire(now);
        result_.live_across[i] = before & live_registers();
      }
      if (step.value != kNoVector && last_use_[static_cast<size_t>(step.value)] < 0) release(step.value);
    }
    return std::move(result_);
  }

 private:
  int last_use(VectorId id) const { return last_use_[static_cast<size_t>(id)]; }
  Location& location(VectorId id) { return result_.locations[static_cast<size_t>(id)]; }

  uint32_t live_registers() const {
    uint32_t mask = 0;
    for (const VectorId id : active_) mask |= uint32_t{1} << result_.locations[static_cast<size_t>(id)].index;
    return mask;
  }

  void release(VectorId id) {
    const auto found = std::find(active_.begin(), active_.end(), id);
    if (found == active_.end()) return;
    free_ |= uint64_t{1} << location(id).index;
    active_.erase(found);
  }

  void expire(int now) {
    for (size_t k = active_.size(); k-- > 0;)
      if (last_use(active_[k]) <= now) release(active_[k]);
    std::erase_if(spilled_, [&](VectorId id) {
      if (last_use(id) > now) return false;
      free_slots_.push_back(location(id).index);
      return true;
    });
  }

  void place(VectorId id) {
    if (free_ == 0) {
      const auto longest = std::max_element(active_.begin(), active_.end(),
                                            [&](VectorId a, VectorId b) { return last_use(a) < last_use(b); });
      if (last_use(*longest) <= last_use(id)) return spill(id);
      const VectorId victim = *longest;
      release(victim);
      spill(victim);
    }
    const int index = std::countr_zero(free_);
    free_ &= free_ - 1;
    location(id) = {Location::Kind::Register, index};
    active_.push_back(id);
    result_.registers = std::max(result_.registers, index + 1);
  }

  /// A value that moves to a slot has lived there from its start, so slots in use then must not be shared: only slots
  /// of values that were spilled when they were made are used again.
  void spill(VectorId id) {
    const bool moved = location(id).kind == Location::Kind::Register;
    int slot = result_.slots;
    if (!moved && !free_slots_.empty()) {
      slot = free_slots_.back();
      free_slots_.pop_back();
    } else {
      ++result_.slots;
    }
    location(id) = {Location::Kind::Slot, slot};
    spilled_.push_back(id);
  }

  const LoopBody& body_;
  std::vector<int> last_use_;
  uint64_t free_;
  std::vector<VectorId> active_, spilled_;
  std::vector<int> free_slots_;
  Allocation result_;
};

}  // namespace

Allocation allocate(const LoopBody& body, const std::vector<bool>& invariant, int register_count) {
  return LinearScan(body, invariant, register_count).run();
}

}  // namespace tn::jit
