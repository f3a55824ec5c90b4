// SPDX-License-Identifier: Apache-2.0
// Writes VectorCode: equal steps become one, and a product that is only added becomes a fused multiply-add.
#pragma once

#include <bit>
#include <cstdint>
#include <unordered_map>

#include "backends/cpu/kernels/jit/vector_code.h"

namespace tn::jit {

class VectorBuilder;

/// A vector value under construction. Operators compute in F32 or F64, whichever the operands are.
struct Value {
  VectorBuilder* builder = nullptr;
  VectorId id = kNoVector;
};

class VectorBuilder {
 public:
  explicit VectorBuilder(JitIsa isa) : isa_(isa) {}
  JitIsa isa() const { return isa_; }

  Value f32(float x) { return constant(std::bit_cast<uint32_t>(x), false); }
  Value i32(int32_t x) { return constant(static_cast<uint32_t>(x), false); }
  Value f64(double x) { return constant(std::bit_cast<uint64_t>(x), true); }
  Value i64(int64_t x) { return constant(static_cast<uint64_t>(x), true); }
  Value constant(uint64_t bits, bool wide) { return add({VectorOp::Constant, wide, {}, {-1, -1, -1, -1}, bits}); }

  Value load(MemoryForm form, uint64_t memory);
  void store(Value x, MemoryForm form, uint64_t memory);
  /// The result has the width of the first operand, or `wide` as given.
  Value make(VectorOp op, std::initializer_list<Value> operands, uint64_t immediate = 0);
  Value make_wide(VectorOp op, bool wide, std::initializer_list<Value> operands, uint64_t immediate = 0);
  Value call(const CallSite& site, bool wide, std::initializer_list<Value> operands);
  Value call_if_any(Value mask, Value otherwise, const CallSite& site, std::initializer_list<Value> operands);

  bool is_wide(Value x) const { return code_.steps[static_cast<size_t>(x.id)].wide; }
  const VectorStep& step(Value x) const { return code_.steps[static_cast<size_t>(x.id)]; }

  /// Contracts products, drops what no store needs, and hands the code over.
  VectorCode finish();

 private:
  struct StepHash {
    size_t operator()(const VectorStep& step) const;
  };
  Value add(const VectorStep& step);
  JitIsa isa_;
  VectorCode code_;
  std::unordered_map<VectorStep, VectorId, StepHash> known_;
};

// clang-format off
inline Value operator+(Value a, Value b) { return a.builder->make(VectorOp::AddF, {a, b}); }
inline Value operator-(Value a, Value b) { return a.builder->make(VectorOp::SubF, {a, b}); }
inline Value operator*(Value a, Value b) { return a.builder->make(VectorOp::MulF, {a, b}); }
inline Value operator/(Value a, Value b) { return a.builder->make(VectorOp::DivF, {a, b}); }
inline Value operator+(Value a, float b) { return a + a.builder->f32(b); }
inline Value operator-(Value a, float b) { return a - a.builder->f32(b); }
inline Value operator*(Value a, float b) { return a * a.builder->f32(b); }
inline Value operator&(Value a, Value b) { return a.builder->make(VectorOp::And, {a, b}); }
inline Value operator|(Value a, Value b) { return a.builder->make(VectorOp::Or, {a, b}); }
inline Value operator^(Value a, Value b) { return a.builder->make(VectorOp::Xor, {a, b}); }
inline Value and_not(Value a, Value b) { return a.builder->make(VectorOp::AndNot, {a, b}); }
inline Value sqrt(Value x) { return x.builder->make(VectorOp::SqrtF, {x}); }
inline Value fma(Value a, Value b, Value c) { return a.builder->make(VectorOp::Fma, {a, b, c}); }
inline Value fma(Value a, Value b, float c) { return fma(a, b, a.builder->f32(c)); }
inline Value fnma(Value a, Value b, Value c) { return a.builder->make(VectorOp::Fnma, {a, b, c}); }
inline Value round_even(Value x) { return x.builder->make(VectorOp::RoundF, {x}, 0); }
inline Value blend(Value mask, Value yes, Value no) { return yes.builder->make(VectorOp::Blend, {mask, yes, no}); }
// Ordered compares are false on NaN.
inline Value less(Value a, Value b) { return a.builder->make(VectorOp::CompareF, {a, b}, 0x11); }
inline Value less_equal(Value a, Value b) { return a.builder->make(VectorOp::CompareF, {a, b}, 0x12); }
inline Value equal(Value a, Value b) { return a.builder->make(VectorOp::CompareF, {a, b}, 0x00); }
inline Value not_equal(Value a, Value b) { return a.builder->make(VectorOp::CompareF, {a, b}, 0x04); }
inline Value equal_or_nan(Value a, Value b) { return a.builder->make(VectorOp::CompareF, {a, b}, 0x08); }
inline Value is_nan(Value x) { return x.builder->make(VectorOp::CompareF, {x, x}, 0x03); }
/// The second operand if either is NaN.
inline Value min_or_second(Value a, Value b) { return a.builder->make(VectorOp::MinF, {a, b}); }
inline Value max_or_second(Value a, Value b) { return a.builder->make(VectorOp::MaxF, {a, b}); }
inline Value add_int(Value a, Value b) { return a.builder->make(VectorOp::AddI, {a, b}); }
inline Value sub_int(Value a, Value b) { return a.builder->make(VectorOp::SubI, {a, b}); }
inline Value shift_left(Value a, int n) { return a.builder->make(VectorOp::ShiftLeft, {a}, static_cast<uint64_t>(n)); }
inline Value shift_right(Value a, int n) { return a.builder->make(VectorOp::ShiftRight, {a}, static_cast<uint64_t>(n)); }
inline Value shift_right_signed(Value a, int n) { return a.builder->make(VectorOp::ShiftRightSigned, {a}, static_cast<uint64_t>(n)); }
// clang-format on

}  // namespace tn::jit
