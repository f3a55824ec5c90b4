// SPDX-License-Identifier: Apache-2.0
// The function around the steps: frame, values computed once, loops, tail, constants.
// Registers: rdi operands, rsi results, rdx count, rcx element index, rax scratch, the others pointers.
#if defined(__x86_64__) && !defined(_WIN32)
#include "backends/cpu/kernels/jit/assembler.h"

#include <algorithm>

namespace tn::jit {

Assembler::Assembler(const VectorCode& code, std::span<const MemoryOperand> memory, size_t operand_count, JitIsa isa,
                     size_t bytes)
    : CodeGenerator(bytes),
      code_(code),
      memory_(memory),
      operand_count_(operand_count),
      calls_(code.calls.data()),
      avx512_(isa == JitIsa::Avx512),
      vector_bytes_(register_bytes(isa)),
      lanes_(vector_bytes_ / (code.wide ? 8 : 4)),
      registers_(avx512_ ? 30 : 14) {
  if (!avx512_)
    masks_ = std::all_of(memory.begin(), memory.end(),
                         [](const MemoryOperand& m) { return m.broadcast || size_of(m.type) >= 4; });
  plan_bodies();
  hoist_invariants();
  lay_out_frame();
  write_function();
}

void Assembler::plan_bodies() {
  invariant_ = find_invariants(code_, memory_);
  single_ = unroll(code_, invariant_, 1);
  single_allocation_ = allocate(single_, invariant_, registers_);
  const int steps = static_cast<int>(single_.steps.size());
  const int fitting = registers_ / std::max(single_allocation_.registers, 1);
  // Two copies pay even where some of their values go to memory: one copy of a long body waits for itself.
  const int wanted = std::clamp(fitting, 2, kMaxUnroll);
  copies_ = code_.has_calls() ? 1 : std::clamp(kMaxUnrolledSteps / std::max(steps, 1), 1, wanted);
  unrolled_ = unroll(code_, invariant_, copies_);
  unrolled_allocation_ = allocate(unrolled_, invariant_, registers_);
}

/// The registers that no body uses go to the invariants that are used most.
void Assembler::hoist_invariants() {
  std::map<VectorId, int> uses;
  for (const BodyStep& step : single_.steps)
    for (const VectorId id : step.step.operands)
      if (id != kNoVector && static_cast<size_t>(id) < invariant_.size() && invariant_[static_cast<size_t>(id)])
        ++uses[id];
  std::vector<std::pair<int, VectorId>> order;
  for (const auto& [id, count] : uses) order.emplace_back(-count, id);
  std::sort(order.begin(), order.end());
  int next = std::max(single_allocation_.registers, unrolled_allocation_.registers);
  for (const auto& [count, id] : order)
    if (next < registers_) hoisted_.emplace(id, next++);
}

void Assembler::lay_out_frame() {
  int slots = std::max(single_allocation_.slots, unrolled_allocation_.slots);
  for (size_t i = 0; i < invariant_.size(); ++i) {
    const auto id = static_cast<VectorId>(i);
    if (invariant_[i] && code_.steps[i].op != VectorOp::Constant && !hoisted_.contains(id))
      invariant_slots_[id] = slots++;
  }
  const auto take = [&](int count) {
    const int first = slots;
    slots += count;
    return first;
  };
  if (masks_ && !avx512_) mask_slots_ = take(2);
  if (code_.has_calls()) {
    arguments_ = take(3);
    saved_ = take(registers_);
    general_ = take(4) * vector_bytes_;
  }
  old_stack_ = take(1) * vector_bytes_;
  frame_bytes_ = (slots * vector_bytes_ + 63) / 64 * 64;
}

void Assembler::write_function() {
  write_prologue();
  write_preamble();
  write_loops();
  write_epilogue();
  write_pool();
}

void Assembler::write_prologue() {
  for (const Xbyak::Reg64& reg : {rbx, rbp, r12, r13, r14, r15}) push(reg);
  mov(rax, rsp);
  sub(rsp, frame_bytes_);
  and_(rsp, -64);
  mov(ptr[rsp + old_stack_], rax);
  for (size_t k = 0; k < std::min<size_t>(memory_.size(), kMaxPointers); ++k) {
    const bool operand = k < operand_count_;
    const auto offset = static_cast<int>(8 * (operand ? k : k - operand_count_));
    mov(pointer(k), ptr[(operand ? rdi : rsi) + offset]);
  }
  xor_(ecx, ecx);
}

void Assembler::write_epilogue() {
  mov(rsp, ptr[rsp + old_stack_]);
  vzeroupper();
  for (const Xbyak::Reg64& reg : {r15, r14, r13, r12, rbp, rbx}) pop(reg);
  ret();
}

void Assembler::write_preamble() {
  for (const auto& [id, reg] : hoisted_) {
    const VectorStep& step = code_.steps[static_cast<size_t>(id)];
    if (step.op == VectorOp::Constant) vmovups(full(reg), pool(step.immediate, step.wide));
  }
  for (size_t i = 0; i < invariant_.size(); ++i) {
    const VectorStep& step = code_.steps[i];
    const auto id = static_cast<VectorId>(i);
    if (!invariant_[i] || step.op == VectorOp::Constant) continue;
    const auto hoisted = hoisted_.find(id);
    const int target = hoisted != hoisted_.end() ? hoisted->second : scratch(1);
    if (step.op == VectorOp::Load)
      write_broadcast(step, target);
    else
      write_step(step, target);
    if (hoisted == hoisted_.end()) vmovups(slot(invariant_slots_.at(id)), full(target));
  }
}

void Assembler::write_loops() {
  const auto loop = [&](const LoopBody& body, const Allocation& allocation, int copies) {
    Xbyak::Label again, done;
    const int step = copies * lanes_;
    lea(rax, ptr[rcx + step]);
    cmp(rax, rdx);
    jg(done, T_NEAR);
    align(32);
    L(again);
    write_body(body, allocation, Tail::None);
    add(rcx, step);
    lea(rax, ptr[rcx + step]);
    cmp(rax, rdx);
    jle(again, T_NEAR);
    L(done);
  };
  if (copies_ > 1) loop(unrolled_, unrolled_allocation_, copies_);
  loop(single_, single_allocation_, 1);
  if (!masks_) return;
  Xbyak::Label done;
  cmp(rcx, rdx);
  jge(done, T_NEAR);
  write_tail_mask();
  write_body(single_, single_allocation_, Tail::Masked);
  L(done);
}

/// rdx - rcx elements are left; rdx is not needed after this.
void Assembler::write_tail_mask() {
  sub(rdx, rcx);
  if (avx512_) {
    mov(eax, -1);
    bzhi(eax, eax, edx);
    return kmovd(tail_mask(), eax);
  }
  const Xmm s = full(scratch(0));
  neg(rdx);
  lea(rax, ptr[rip + ones_then_zeros_]);
  vmovups(s, ptr[rax + rdx * 4 + 32]);
  vmovups(slot(mask_slots_), s);
  if (!code_.wide) return;
  vmovups(s, ptr[rax + rdx * 8 + 32]);
  vmovups(slot(mask_slots_ + 1), s);
}

void Assembler::write_body(const LoopBody& body, const Allocation& allocation, Tail tail) {
  current_ = &allocation;
  uint32_t hoisted = 0;
  for (const auto& [id, reg] : hoisted_) hoisted |= uint32_t{1} << reg;
  for (size_t i = 0; i < body.steps.size(); ++i) {
    const auto& [step, copy, value] = body.steps[i];
    if (step.op == VectorOp::Store) {
      write_store(step, copy, tail);
      continue;
    }
    const Location place = allocation.locations[static_cast<size_t>(value)];
    const bool in_slot = place.kind == Location::Kind::Slot;
    const int target = in_slot ? scratch(1) : place.index;
    if (step.op == VectorOp::Load)
      write_load(step, target, copy, tail);
    else if (is_call(step.op))
      write_call(step, target, allocation.live_across[i] | hoisted);
    else
      write_step(step, target);
    if (in_slot) vmovups(slot(place.index), full(target));
  }
  current_ = nullptr;
}

void Assembler::write_pool() {
  if (masks_ && !avx512_) {
    align(32);
    L(ones_then_zeros_);
    for (int k = 0; k < 8; ++k) dq(k < 4 ? ~uint64_t{0} : 0);
  }
  align(64);
  for (auto& [key, label] : pool_) {
    const auto& [bits, wide] = key;
    L(label);
    for (int k = 0; k < vector_bytes_; k += 8) dq(wide ? bits : bits | bits << 32);
  }
}

Assembler::Address Assembler::pool(uint64_t bits, bool wide) {
  return ptr[rip + pool_[{bits, wide}]];
}

int Assembler::register_index(VectorId id) const {
  if (id == kNoVector) return -1;
  if (static_cast<size_t>(id) < invariant_.size()) {
    const auto found = hoisted_.find(id);
    return found == hoisted_.end() ? -1 : found->second;
  }
  const Location place = current_->locations[static_cast<size_t>(id)];
  return place.kind == Location::Kind::Register ? place.index : -1;
}

Assembler::Address Assembler::home(VectorId id) {
  if (static_cast<size_t>(id) >= invariant_.size()) return slot(current_->locations[static_cast<size_t>(id)].index);
  const VectorStep& step = code_.steps[static_cast<size_t>(id)];
  return step.op == VectorOp::Constant ? pool(step.immediate, step.wide) : slot(invariant_slots_.at(id));
}

Assembler::Source Assembler::source(VectorId id) {
  const int reg = register_index(id);
  return reg >= 0 ? Source(full(reg)) : Source(home(id));
}

Assembler::Xmm Assembler::in_register(VectorId id, int scratch_index) {
  const int reg = register_index(id);
  if (reg >= 0) return full(reg);
  vmovups(full(scratch_index), home(id));
  return full(scratch_index);
}

namespace {

class Assembled final : public MachineCode {
 public:
  Assembled(VectorCode code, std::span<const MemoryOperand> memory, size_t operand_count, JitIsa isa)
      : code_(std::move(code)), memory_(memory.begin(), memory.end()) {
    for (CallSite& site : code_.calls) site.lanes = register_bytes(isa) / (code_.wide ? 8 : 4);
    for (size_t bytes = 4096; !assembler_; bytes *= 2) {
      try {
        assembler_ = std::make_unique<Assembler>(code_, memory_, operand_count, isa, bytes);
      } catch (const Xbyak::Error& error) {
        if (static_cast<int>(error) != Xbyak::ERR_CODE_IS_TOO_BIG || bytes > (size_t{1} << 26))
          throw Error(ErrorCode::Internal, "machine code: {}", error.what());
      }
    }
    assembler_->setProtectModeRE();
  }
  Function function() const noexcept override { return assembler_->getCode<Function>(); }
  bool any_count() const noexcept override { return assembler_->any_count(); }
  int lanes() const noexcept override { return assembler_->lanes(); }
  size_t bytes() const noexcept override { return assembler_->getSize(); }

 private:
  VectorCode code_;  ///< the machine code points at its call sites
  std::vector<MemoryOperand> memory_;
  std::unique_ptr<Assembler> assembler_;
};

}  // namespace

std::unique_ptr<MachineCode> assemble(VectorCode code, std::span<const MemoryOperand> memory, size_t operand_count,
                                      JitIsa isa) {
  return std::make_unique<Assembled>(std::move(code), memory, operand_count, isa);
}

}  // namespace tn::jit
#endif
