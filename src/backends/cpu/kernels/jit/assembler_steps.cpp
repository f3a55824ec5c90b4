// SPDX-License-Identifier: Apache-2.0
// One instruction sequence per step. `target` may be the register of an operand, so nothing is written to it before
// everything is read; scratch(1) may be the target, scratch(0) never is.
#if defined(__x86_64__) && !defined(_WIN32)
#include "backends/cpu/kernels/jit/assembler.h"

namespace tn::jit {

void Assembler::write_step(const VectorStep& step, int target) {
  switch (step.op) {
    case VectorOp::Fma:
    case VectorOp::Fnma:
    case VectorOp::Fms:
      return write_multiply_add(step, target);
    case VectorOp::CompareF:
    case VectorOp::EqualI:
    case VectorOp::GreaterI:
      return write_compare(step, target);
    case VectorOp::Blend:
      return write_blend(step, target);
    case VectorOp::SqrtF:
    case VectorOp::RoundF:
    case VectorOp::Reciprocal14:
    case VectorOp::F32ToI32:
    case VectorOp::F32ToI32Truncated:
    case VectorOp::I32ToF32:
    case VectorOp::RoundToF16:
    case VectorOp::F32ToF64:
    case VectorOp::F64ToF32:
    case VectorOp::I32ToF64:
    case VectorOp::F64ToI32Truncated:
    case VectorOp::SignExtend64:
    case VectorOp::Truncate32:
      return write_conversion(step, target);
    default:
      return write_arithmetic(step, target);
  }
}

void Assembler::write_arithmetic(const VectorStep& step, int target) {
  const Xmm t = full(target), a = in_register(step.operands[0], scratch(0));
  const auto count = static_cast<uint8_t>(step.immediate);
  const bool wide = step.wide;
  if (step.op == VectorOp::ShiftLeft) return wide ? vpsllq(t, a, count) : vpslld(t, a, count);
  if (step.op == VectorOp::ShiftRight) return wide ? vpsrlq(t, a, count) : vpsrld(t, a, count);
  if (step.op == VectorOp::ShiftRightSigned) return vpsrad(t, a, count);
  const Source b = source(step.operands[1]);
  switch (step.op) {
    case VectorOp::AddF:
      return wide ? vaddpd(t, a, b) : vaddps(t, a, b);
    case VectorOp::SubF:
      return wide ? vsubpd(t, a, b) : vsubps(t, a, b);
    case VectorOp::MulF:
      return wide ? vmulpd(t, a, b) : vmulps(t, a, b);
    case VectorOp::DivF:
      return wide ? vdivpd(t, a, b) : vdivps(t, a, b);
    case VectorOp::ScalePower:
      return vscalefps(t, a, b);
    case VectorOp::MinF:
      return wide ? vminpd(t, a, b) : vminps(t, a, b);
    case VectorOp::MaxF:
      return wide ? vmaxpd(t, a, b) : vmaxps(t, a, b);
    case VectorOp::And:
      return vandps(t, a, b);
    case VectorOp::AndNot:
      return vandnps(t, a, b);
    case VectorOp::Or:
      return vorps(t, a, b);
    case VectorOp::Xor:
      return vxorps(t, a, b);
    case VectorOp::AddI:
      return wide ? vpaddq(t, a, b) : vpaddd(t, a, b);
    case VectorOp::SubI:
      return wide ? vpsubq(t, a, b) : vpsubd(t, a, b);
    case VectorOp::MulI:
      return vpmulld(t, a, b);
    case VectorOp::MulU32:
      return vpmuludq(t, a, b);
    case VectorOp::MinI:
      return vpminsd(t, a, b);
    case VectorOp::MaxI:
      return vpmaxsd(t, a, b);
    case VectorOp::ShiftLeftV:
      return wide ? vpsllvq(t, a, b) : vpsllvd(t, a, b);
    case VectorOp::ShiftRightV:
      return wide ? vpsrlvq(t, a, b) : vpsrlvd(t, a, b);
    case VectorOp::ShiftRightSignedV:
      return vpsravd(t, a, b);
    default:
      throw Error(ErrorCode::Internal, "vector step {} has no instruction", static_cast<int>(step.op));
  }
}

void Assembler::write_multiply_add(const VectorStep& step, int target) {
  auto [a, b, c, unused] = step.operands;
  const Xmm t = full(target);
  const bool wide = step.wide;
  // t = t * x + y, t = t * y + x, t = x * y + t, with y from memory if need be.
  const auto form213 = [&](const Xmm& x, const Source& y) {
    if (step.op == VectorOp::Fma)
      wide ? vfmadd213pd(t, x, y) : vfmadd213ps(t, x, y);
    else if (step.op == VectorOp::Fms)
      wide ? vfmsub213pd(t, x, y) : vfmsub213ps(t, x, y);
    else
      wide ? vfnmadd213pd(t, x, y) : vfnmadd213ps(t, x, y);
  };
  const auto form132 = [&](const Xmm& x, const Source& y) {
    if (step.op == VectorOp::Fma)
      wide ? vfmadd132pd(t, x, y) : vfmadd132ps(t, x, y);
    else if (step.op == VectorOp::Fms)
      wide ? vfmsub132pd(t, x, y) : vfmsub132ps(t, x, y);
    else
      wide ? vfnmadd132pd(t, x, y) : vfnmadd132ps(t, x, y);
  };
  const auto form231 = [&](const Xmm& x, const Source& y) {
    if (step.op == VectorOp::Fma)
      wide ? vfmadd231pd(t, x, y) : vfmadd231ps(t, x, y);
    else if (step.op == VectorOp::Fms)
      wide ? vfmsub231pd(t, x, y) : vfmsub231ps(t, x, y);
    else
      wide ? vfnmadd231pd(t, x, y) : vfnmadd231ps(t, x, y);
  };
  if (register_index(b) == target) std::swap(a, b);
  if (register_index(c) == target && register_index(a) != target) {
    if (register_index(a) < 0) std::swap(a, b);
    return form231(in_register(a, scratch(0)), source(b));
  }
  if (register_index(a) != target) {
    if (register_index(a) >= 0 && register_index(b) < 0) std::swap(a, b);  // loading is as cheap as copying
    const Source from = source(a);
    vmovups(t, from);
  }
  if (register_index(b) < 0 && register_index(c) >= 0) return form132(full(register_index(c)), source(b));
  form213(in_register(b, scratch(0)), source(c));
}

void Assembler::write_compare(const VectorStep& step, int target) {
  const Xmm t = full(target), a = in_register(step.operands[0], scratch(0));
  const Source b = source(step.operands[1]);
  const auto predicate = static_cast<uint8_t>(step.immediate);
  const bool wide = step.wide;
  if (!avx512_) {
    if (step.op == VectorOp::CompareF) return wide ? vcmppd(t, a, b, predicate) : vcmpps(t, a, b, predicate);
    if (step.op == VectorOp::EqualI) return wide ? vpcmpeqq(t, a, b) : vpcmpeqd(t, a, b);
    return wide ? vpcmpgtq(t, a, b) : vpcmpgtd(t, a, b);
  }
  const Xbyak::Opmask k = scratch_mask();
  if (step.op == VectorOp::CompareF)
    wide ? vcmppd(k, a, b, predicate) : vcmpps(k, a, b, predicate);
  else if (step.op == VectorOp::EqualI)
    wide ? vpcmpeqq(k, a, b) : vpcmpeqd(k, a, b);
  else
    wide ? vpcmpgtq(k, a, b) : vpcmpgtd(k, a, b);
  if (wide)
    vpmovm2q(t, k);
  else
    vpmovm2d(t, k);
}

void Assembler::write_blend(const VectorStep& step, int target) {
  const Xmm t = full(target);
  if (!avx512_) {
    const Xmm no = in_register(step.operands[2], scratch(0)), mask = in_register(step.operands[0], scratch(1));
    const Source yes = source(step.operands[1]);
    return step.wide ? vblendvpd(t, no, yes, mask) : vblendvps(t, no, yes, mask);
  }
  const Xmm mask = in_register(step.operands[0], scratch(0));
  if (step.wide)
    vpmovq2m(scratch_mask(), mask);
  else
    vpmovd2m(scratch_mask(), mask);
  const Xmm no = in_register(step.operands[2], scratch(0));
  const Source yes = source(step.operands[1]);
  if (step.wide)
    vblendmpd(t | scratch_mask(), no, yes);
  else
    vblendmps(t | scratch_mask(), no, yes);
}

void Assembler::write_conversion(const VectorStep& step, int target) {
  const int a = in_register(step.operands[0], scratch(1)).getIdx();
  const auto mode = static_cast<uint8_t>(step.immediate | 8);  // no inexact exception
  switch (step.op) {
    case VectorOp::SqrtF:
      return step.wide ? vsqrtpd(full(target), full(a)) : vsqrtps(full(target), full(a));
    case VectorOp::RoundF:
      if (avx512_)
        return step.wide ? vrndscalepd(full(target), full(a), mode) : vrndscaleps(full(target), full(a), mode);
      return step.wide ? vroundpd(full(target), full(a), mode) : vroundps(full(target), full(a), mode);
    case VectorOp::Reciprocal14:
      return vrcp14ps(full(target), full(a));
    case VectorOp::F32ToI32:
      return vcvtps2dq(full(target), full(a));
    case VectorOp::F32ToI32Truncated:
      return vcvttps2dq(full(target), full(a));
    case VectorOp::I32ToF32:
      return vcvtdq2ps(full(target), full(a));
    case VectorOp::RoundToF16:
      vcvtps2ph(narrower(scratch(0)), narrow(a), 0);
      return vcvtph2ps(narrow(target), narrower(scratch(0)));
    case VectorOp::F32ToF64:
      return vcvtps2pd(full(target), half(a));
    case VectorOp::F64ToF32:
      return vcvtpd2ps(half(target), full(a));
    case VectorOp::I32ToF64:
      return vcvtdq2pd(full(target), half(a));
    case VectorOp::F64ToI32Truncated:
      return vcvttpd2dq(half(target), full(a));
    case VectorOp::SignExtend64:
      return vpmovsxdq(full(target), half(a));
    default:
      break;
  }
  if (avx512_) return vpmovqd(half(target), full(a));
  vextracti128(Xmm(scratch(0)), Xbyak::Ymm(a), 1);
  vshufps(Xmm(target), Xmm(a), Xmm(scratch(0)), 0x88);
}

void Assembler::write_call(const VectorStep& step, int target, uint32_t live) {
  if (step.op == VectorOp::Call) return write_call_itself(step, 0, target, live);
  Xbyak::Label done;
  const Source value = source(step.operands[1]);
  vmovups(full(target), value);
  const int mask = in_register(step.operands[0], scratch(0)).getIdx();
  if (avx512_) {
    vpmovd2m(scratch_mask(), narrow(mask));
    kortestw(scratch_mask(), scratch_mask());
  } else {
    vmovmskps(eax, narrow(mask));
    test(eax, eax);
  }
  jz(done, T_NEAR);
  write_call_itself(step, 2, target, live);
  L(done);
}

void Assembler::write_call_itself(const VectorStep& step, int first_argument, int target, uint32_t live) {
  for (int k = 0; k < 2; ++k) {
    const VectorId argument = step.operands[static_cast<size_t>(first_argument + k)];
    if (argument != kNoVector) vmovups(slot(arguments_ + k), in_register(argument, scratch(0)));
  }
  const Xbyak::Reg64 kept[] = {rdi, rsi, rdx, rcx, r8, r9, r10, r11};
  for (int k = 0; k < 8; ++k) mov(ptr[rsp + general_ + 8 * k], kept[k]);
  if (avx512_) kmovq(ptr[rsp + general_ + 64], tail_mask());
  for (int r = 0; r < registers_; ++r)
    if ((live >> r & 1) != 0) vmovups(slot(saved_ + r), full(r));
  mov(rdi, reinterpret_cast<size_t>(calls_ + step.immediate));
  lea(rsi, slot(arguments_));
  lea(rdx, slot(arguments_ + (step.operands[static_cast<size_t>(first_argument + 1)] == kNoVector ? 0 : 1)));
  lea(rcx, slot(arguments_ + 2));
  mov(rax, reinterpret_cast<size_t>(&call_lanes));
  vzeroupper();
  call(rax);
  for (int r = 0; r < registers_; ++r)
    if ((live >> r & 1) != 0) vmovups(full(r), slot(saved_ + r));
  if (avx512_) kmovq(tail_mask(), ptr[rsp + general_ + 64]);
  for (int k = 0; k < 8; ++k) mov(kept[k], ptr[rsp + general_ + 8 * k]);
  vmovups(full(target), slot(arguments_ + 2));
}

}  // namespace tn::jit
#endif
