// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/translate.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "backends/cpu/kernels/jit/element_access.h"
#include "backends/cpu/kernels/jit/vector_builder.h"
#include "backends/cpu/kernels/jit/vector_math.h"

namespace tn::jit {

namespace {

using enum ScalarFunction;

bool is_wide_type(ScalarType type) {
  return type == ScalarType::F64 || type == ScalarType::I64 || type == ScalarType::U64;
}

class Translator {
 public:
  Translator(const ScalarProgram& program, std::span<const MemoryOperand> memory, JitIsa isa)
      : program_(program), memory_(memory), values_(program.instructions.size()), builder_(isa) {}

  VectorCode run() {
    for (size_t k = 0; k < program_.results.size(); ++k)
      store(builder_, value(program_.results[k]), memory_[program_.inputs.size() + k].type, program_.inputs.size() + k);
    return builder_.finish();
  }

 private:
  /// Values are made when first needed, so that a load stands near its use.
  Value value(size_t index) {
    std::vector<size_t> pending = {index};
    while (!pending.empty()) {
      const size_t i = pending.back();
      const ScalarInstruction& step = program_.instructions[i];
      const int operands = step.function == Input || step.function == Constant ? 0 : info_of(step.function).operands;
      const size_t uses[] = {step.a, step.b, step.c};
      bool ready = true;
      for (int k = operands; k-- > 0;) {
        const size_t use = uses[k];
        if (values_[use].id == kNoVector) {
          pending.push_back(use);
          ready = false;
        }
      }
      if (!ready) continue;
      pending.pop_back();
      if (values_[i].id == kNoVector) values_[i] = translate(step);
    }
    return values_[index];
  }

  Value of(size_t index) const { return values_[index]; }
  ScalarType type_of(size_t index) const { return program_.instructions[index].type; }

  Value constant(const ScalarInstruction& step);
  Value translate(const ScalarInstruction& step);
  std::optional<Value> cast(ScalarType from, ScalarType to, Value x);
  std::optional<Value> in_float(const ScalarInstruction& step, Value x, Value y);
  std::optional<Value> in_integer(const ScalarInstruction& step, Value x, Value y);
  std::optional<Value> round_to(ScalarType type, DataType narrow, Value x);
  Value call(const ScalarInstruction& step);

  Value all_ones() { return builder_.i32(-1); }
  /// A Bool from a mask of the width of `like`, and back.
  Value narrow_mask(Value mask) {
    return builder_.is_wide(mask) ? builder_.make_wide(VectorOp::Truncate32, false, {mask}) : mask;
  }
  Value widen_mask(Value mask, bool wide) {
    return wide ? builder_.make_wide(VectorOp::SignExtend64, true, {mask}) : mask;
  }
  Value float_constant(Value like, double x) {
    return builder_.is_wide(like) ? builder_.f64(x) : builder_.f32(static_cast<float>(x));
  }
  Value int_constant(Value like, int64_t x) {
    return builder_.is_wide(like) ? builder_.i64(x) : builder_.i32(static_cast<int32_t>(x));
  }
  Value i64_to_f64(Value x);
  Value multiply_wide(Value x, Value y);

  const ScalarProgram& program_;
  std::span<const MemoryOperand> memory_;
  std::vector<Value> values_;
  VectorBuilder builder_;
};

Value Translator::constant(const ScalarInstruction& step) {
  const auto value = std::bit_cast<ScalarValue>(program_.constants[step.a]);
  switch (step.type) {
    case ScalarType::F32:
      return builder_.f32(static_cast<float>(value.f));
    case ScalarType::F64:
      return builder_.f64(value.f);
    case ScalarType::I32:
      return builder_.i32(static_cast<int32_t>(value.i));
    case ScalarType::Bool:
      return builder_.i32(value.i != 0 ? -1 : 0);
    default:
      return builder_.i64(value.i);
  }
}

Value Translator::call(const ScalarInstruction& step) {
  const CallSite site{step, type_of(step.a)};
  const bool wide = is_wide_type(step.type);
  if (info_of(step.function).operands == 1) return builder_.call(site, wide, {of(step.a)});
  return builder_.call(site, wide, {of(step.a), of(step.b)});
}

Value Translator::translate(const ScalarInstruction& step) {
  if (step.function == Input) return load(builder_, memory_[step.a].type, step.a);
  if (step.function == Constant) return constant(step);
  const Value x = of(step.a), y = info_of(step.function).operands > 1 ? of(step.b) : x;
  std::optional<Value> made;
  if (step.function == Select)
    made = blend(widen_mask(x, is_wide_type(step.type)), y, of(step.c));
  else if (step.function == Cast)
    made = cast(type_of(step.a), step.type, x);
  else if (step.function == RoundTo)
    made = round_to(step.type, static_cast<DataType>(step.b), x);
  else if (is_float(type_of(step.a)))
    made = in_float(step, x, y);
  else
    made = in_integer(step, x, y);
  return made ? *made : call(step);
}

/// The halves become the mantissas of 2^52 + low and 2^84 + 2^63 + 2^32 high; the sum rounds once.
Value Translator::i64_to_f64(Value x) {
  const Value low = (x & builder_.i64(0xffffffff)) | builder_.i64(0x4330000000000000);
  const Value high = shift_right(x, 32) ^ builder_.i64(0x4530000080000000);
  return (high - builder_.f64(0x1p84 + 0x1p63 + 0x1p52)) + low;
}

std::optional<Value> Translator::cast(ScalarType from, ScalarType to, Value x) {
  using enum ScalarType;
  if (from == to) return x;
  if (to == Bool) {
    if (is_float(from)) return narrow_mask(not_equal(x, float_constant(x, 0)));
    return narrow_mask(builder_.make(VectorOp::EqualI, {x, int_constant(x, 0)})) ^ all_ones();
  }
  if (from == Bool) {
    if (to == F32) return x & builder_.f32(1);
    if (to == I32) return x & builder_.i32(1);
    return widen_mask(x, true) & (to == F64 ? builder_.f64(1) : builder_.i64(1));
  }
  const bool from_long = from == I64 || from == U64, to_long = to == I64 || to == U64;
  if (from == I32 && to == F32) return builder_.make(VectorOp::I32ToF32, {x});
  if (from == I32 && to == F64) return builder_.make_wide(VectorOp::I32ToF64, true, {x});
  if (from == I32 && to_long) return builder_.make_wide(VectorOp::SignExtend64, true, {x});
  if (from_long && to == I32) return builder_.make_wide(VectorOp::Truncate32, false, {x});
  if (from_long && to_long) return x;
  if (from == F32 && to == F64) return builder_.make_wide(VectorOp::F32ToF64, true, {x});
  if (from == F64 && to == F32) return builder_.make_wide(VectorOp::F64ToF32, false, {x});
  if (is_float(from) && to == I32) {
    const VectorOp op = from == F32 ? VectorOp::F32ToI32Truncated : VectorOp::F64ToI32Truncated;
    const Value truncated = builder_.make_wide(op, false, {x});
    const Value high = narrow_mask(less_equal(float_constant(x, 2147483648.0), x));
    const Value limit = builder_.i32(std::numeric_limits<int32_t>::max());
    return and_not(narrow_mask(is_nan(x)), blend(high, limit, truncated));
  }
  if (from == I64 && is_float(to)) {
    const Value number = i64_to_f64(x);
    return to == F64 ? number : builder_.make_wide(VectorOp::F64ToF32, false, {number});
  }
  return std::nullopt;
}

std::optional<Value> Translator::round_to(ScalarType type, DataType narrow, Value x) {
  if (type == ScalarType::F32) {
    if (narrow == DataType::F16) return builder_.make(VectorOp::RoundToF16, {x});
    if (narrow == DataType::BF16) return shift_left(bfloat16_bits(x), 16);
    return narrow == DataType::F32 ? std::optional(x) : std::nullopt;
  }
  if (type == ScalarType::F64) return narrow == DataType::F64 ? std::optional(x) : std::nullopt;
  if (type == ScalarType::I64) {
    if (narrow == DataType::U32) return x & builder_.i64(0xffffffff);
    const auto low = round_to(ScalarType::I32, narrow, builder_.make_wide(VectorOp::Truncate32, false, {x}));
    return low ? std::optional(builder_.make_wide(VectorOp::SignExtend64, true, {*low})) : std::nullopt;
  }
  return size_of(narrow) == 4 ? x : low_bits(x, narrow);
}

std::optional<Value> Translator::in_float(const ScalarInstruction& step, Value x, Value y) {
  const bool wide = builder_.is_wide(x);
  const auto bits = [&](uint64_t narrow, uint64_t broad) { return builder_.constant(wide ? broad : narrow, wide); };
  const auto rounded = [&](uint64_t mode) { return builder_.make(VectorOp::RoundF, {x}, mode); };
  const Value sign = bits(0x80000000u, 0x8000000000000000u);
  const auto number = [&](Value v) {
    const VectorStep& made = builder_.step(v);
    if (made.op != VectorOp::Constant) return false;
    return wide ? !std::isnan(std::bit_cast<double>(made.immediate))
                : !std::isnan(std::bit_cast<float>(static_cast<uint32_t>(made.immediate)));
  };
  const auto extreme = [&](VectorOp op) {
    if (number(y)) return builder_.make(op, {y, x});  // the NaN of x passes
    if (number(x)) return builder_.make(op, {x, y});
    return blend(is_nan(x), x, builder_.make(op, {x, y}));
  };
  switch (step.function) {
    case Add:
      return x + y;
    case Sub:
      return x - y;
    case Mul:
      return x * y;
    case Div:
      return x / y;
    case Neg:
      return x ^ sign;
    case Abs:
      return and_not(sign, x);
    case Sign: {
      const Value unit = (x & sign) | float_constant(x, 1);
      return blend(equal_or_nan(x, float_constant(x, 0)), x, unit);
    }
    case Min:
      return extreme(VectorOp::MinF);
    case Max:
      return extreme(VectorOp::MaxF);
    case Round:
      return rounded(0);
    case Floor:
      return rounded(1);
    case Ceil:
      return rounded(2);
    case Trunc:
      return rounded(3);
    case IsNan:
      return narrow_mask(is_nan(x));
    case IsInf:
      return narrow_mask(equal(and_not(sign, x), float_constant(x, std::numeric_limits<double>::infinity())));
    case Equal:
      return narrow_mask(equal(x, y));
    case NotEqual:
      return narrow_mask(not_equal(x, y));
    case Less:
      return narrow_mask(less(x, y));
    case LessOrEqual:
      return narrow_mask(less_equal(x, y));
    case Sqrt:
      return sqrt(x);
    default:
      break;
  }
  if (wide) return std::nullopt;
  return analytic(step.function, x, y, CallSite{step, ScalarType::F32});
}

/// x y mod 2^64 from products of the halves.
Value Translator::multiply_wide(Value x, Value y) {
  const auto halves = [&](Value a, Value b) { return builder_.make(VectorOp::MulU32, {a, b}); };
  const Value cross = add_int(halves(shift_right(x, 32), y), halves(x, shift_right(y, 32)));
  return add_int(halves(x, y), shift_left(cross, 32));
}

std::optional<Value> Translator::in_integer(const ScalarInstruction& step, Value x, Value y) {
  const bool wide = builder_.is_wide(x);
  const ScalarType type = type_of(step.a);
  const bool is_unsigned = type == ScalarType::U64;
  const Value zero = int_constant(x, 0), ones = int_constant(x, -1);
  const Value flip = int_constant(x, is_unsigned ? std::numeric_limits<int64_t>::min() : 0);
  const auto greater = [&](Value a, Value b) {
    return is_unsigned ? builder_.make(VectorOp::GreaterI, {a ^ flip, b ^ flip})
                       : builder_.make(VectorOp::GreaterI, {a, b});
  };
  const auto same = [&](Value a, Value b) { return builder_.make(VectorOp::EqualI, {a, b}); };
  const auto negate = [&](Value a) { return sub_int(zero, a); };
  switch (step.function) {
    case Add:
      return add_int(x, y);
    case Sub:
      return sub_int(x, y);
    case Mul:
      return wide ? multiply_wide(x, y) : builder_.make(VectorOp::MulI, {x, y});
    case Neg:
      return negate(x);
    case Abs:
      return is_unsigned ? x : blend(greater(zero, x), negate(x), x);
    case Sign:
      return is_unsigned ? and_not(same(x, zero), int_constant(x, 1)) : sub_int(greater(zero, x), greater(x, zero));
    case Min:
      return wide ? blend(greater(x, y), y, x) : builder_.make(VectorOp::MinI, {x, y});
    case Max:
      return wide ? blend(greater(x, y), x, y) : builder_.make(VectorOp::MaxI, {x, y});
    case Equal:
      return narrow_mask(same(x, y));
    case NotEqual:
      return narrow_mask(same(x, y)) ^ all_ones();
    case Less:
      return narrow_mask(greater(y, x));
    case LessOrEqual:
      return narrow_mask(greater(x, y)) ^ all_ones();
    case And:
      return x & y;
    case Or:
      return x | y;
    case Xor:
      return x ^ y;
    case Not:
      return x ^ ones;
    case ShiftLeft:
      return builder_.make(VectorOp::ShiftLeftV, {x, y});
    case ShiftRight:
      if (is_unsigned) return builder_.make(VectorOp::ShiftRightV, {x, y});
      if (!wide) return builder_.make(VectorOp::ShiftRightSignedV, {x, y});
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

VectorCode translate(const ScalarProgram& program, std::span<const MemoryOperand> memory, JitIsa isa) {
  return Translator(program, memory, isa).run();
}

}  // namespace tn::jit
