// SPDX-License-Identifier: Apache-2.0
// Loads and stores with conversion between storage and register forms.
#if defined(__x86_64__) && !defined(_WIN32)
#include "backends/cpu/kernels/jit/assembler.h"

namespace tn::jit {

Xbyak::Reg64 Assembler::pointer(uint64_t memory) {
  static constexpr int kRegisters[kMaxPointers] = {Operand::RBX, Operand::RBP, Operand::R8,  Operand::R9,
                                                   Operand::R10, Operand::R11, Operand::R12, Operand::R13,
                                                   Operand::R14, Operand::R15};
  if (memory < kMaxPointers) return Xbyak::Reg64(kRegisters[memory]);
  if (memory < operand_count_)
    mov(rax, ptr[rdi + static_cast<int>(memory * 8)]);
  else
    mov(rax, ptr[rsi + static_cast<int>((memory - operand_count_) * 8)]);
  return rax;
}

Assembler::Address Assembler::memory_address(uint64_t memory, int copy) {
  const auto bytes = static_cast<int>(element_bytes(memory));
  return ptr[pointer(memory) + rcx * bytes + copy * lanes_ * bytes];
}

void Assembler::write_load(const VectorStep& step, int target, int copy, Tail tail) {
  const Address from = memory_address(step.immediate, copy);
  const bool masked = tail == Tail::Masked;
  const auto limited = [&](const Xmm& x) { return masked && avx512_ ? x | tail_mask() | T_z : x; };
  if (masked && !avx512_) {
    const bool wide = step.form == MemoryForm::Bits64;
    vmovups(full(scratch(0)), slot(mask_slots_ + (wide ? 1 : 0)));
    if (wide) return vmaskmovpd(full(target), full(scratch(0)), from);
    vmaskmovps(narrow(target), narrow(scratch(0)), from);
    if (step.form == MemoryForm::Unsigned32To64) vpmovzxdq(full(target), half(target));
    return;
  }
  switch (step.form) {
    case MemoryForm::Bits64:
      return vmovupd(limited(full(target)), from);
    case MemoryForm::Bits32:
      return vmovups(limited(narrow(target)), from);
    case MemoryForm::F16:
      return vcvtph2ps(limited(narrow(target)), from);
    case MemoryForm::Signed16:
      return vpmovsxwd(limited(narrow(target)), from);
    case MemoryForm::Unsigned16:
      return vpmovzxwd(limited(narrow(target)), from);
    case MemoryForm::Signed8:
      return vpmovsxbd(limited(narrow(target)), from);
    case MemoryForm::Unsigned8:
      return vpmovzxbd(limited(narrow(target)), from);
    case MemoryForm::Unsigned32To64:
      return vpmovzxdq(limited(full(target)), from);
  }
}

void Assembler::write_broadcast(const VectorStep& step, int target) {
  const Xbyak::Reg64 base = pointer(step.immediate);
  const Xmm t = full(target), low(target);
  switch (step.form) {
    case MemoryForm::Bits64:
      return vbroadcastsd(Xbyak::Ymm(t.getIdx(), t.getKind(), t.getBit()), ptr[base]);
    case MemoryForm::Bits32:
      return vbroadcastss(t, ptr[base]);
    case MemoryForm::F16:
      vpbroadcastw(half(target), ptr[base]);
      return vcvtph2ps(t, half(target));
    case MemoryForm::Unsigned32To64:
      mov(eax, ptr[base]);
      vmovq(low, rax);
      return vpbroadcastq(t, low);
    case MemoryForm::Signed16:
      movsx(eax, word[base]);
      break;
    case MemoryForm::Unsigned16:
      movzx(eax, word[base]);
      break;
    case MemoryForm::Signed8:
      movsx(eax, byte[base]);
      break;
    case MemoryForm::Unsigned8:
      movzx(eax, byte[base]);
      break;
  }
  vmovd(low, eax);
  vpbroadcastd(t, low);
}

void Assembler::write_store(const VectorStep& step, int copy, Tail tail) {
  const int a = in_register(step.operands[0], scratch(0)).getIdx();
  const Address to = memory_address(step.immediate, copy);
  const bool masked = tail == Tail::Masked;
  if (masked && !avx512_) {
    const bool wide = step.form == MemoryForm::Bits64;
    vmovups(full(scratch(1)), slot(mask_slots_ + (wide ? 1 : 0)));
    return wide ? vmaskmovpd(to, full(scratch(1)), full(a)) : vmaskmovps(to, narrow(scratch(1)), narrow(a));
  }
  const Address limited = masked ? to | tail_mask() : to;
  switch (step.form) {
    case MemoryForm::Bits64:
      return vmovupd(limited, full(a));
    case MemoryForm::F16:
      return vcvtps2ph(limited, narrow(a), 0);
    case MemoryForm::Unsigned16:
    case MemoryForm::Unsigned8:
      break;
    default:
      return vmovups(limited, narrow(a));
  }
  const bool byte_lanes = step.form == MemoryForm::Unsigned8;
  if (avx512_) return byte_lanes ? vpmovdb(limited, narrow(a)) : vpmovdw(limited, narrow(a));
  const Xmm s = narrow(scratch(0)), low(scratch(0));
  vandps(s, narrow(a), pool(byte_lanes ? 0xff : 0xffff, false));
  vpackusdw(s, s, s);
  if (!code_.wide) vpermq(Xbyak::Ymm(scratch(0)), Xbyak::Ymm(scratch(0)), 0x08);
  if (byte_lanes) vpackuswb(low, low, low);
  if (!code_.wide && !byte_lanes) return vmovups(to, low);
  if (code_.wide && byte_lanes) return vmovd(to, low);
  vmovq(to, low);
}

}  // namespace tn::jit
#endif
