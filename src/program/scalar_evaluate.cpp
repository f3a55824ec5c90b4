// SPDX-License-Identifier: Apache-2.0
// The interpreter: one function over a batch of elements at a time, in double or int64.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "base/half.h"
#include "base/small_float.h"
#include "program/scalar_program.h"

namespace tn {

namespace {

using F = double;
using I = int64_t;
using U = uint64_t;

U u(I x) {
  return static_cast<U>(x);
}
I s(U x) {
  return static_cast<I>(x);
}

template <typename T>
I saturate(F x) {
  if (std::isnan(x)) return 0;
  constexpr F low = static_cast<F>(std::numeric_limits<T>::min());
  constexpr F high = static_cast<F>(std::numeric_limits<T>::max());  // rounds up to a power of two for 64 bits
  if (x <= low) return s(static_cast<U>(std::numeric_limits<T>::min()));
  if (x >= high) return s(static_cast<U>(std::numeric_limits<T>::max()));
  return s(static_cast<U>(static_cast<T>(x)));
}

F floor_mod(F a, F b) {
  const F r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
I divide(I a, I b) {
  return b == 0 ? 0 : b == -1 ? s(0 - u(a)) : a / b;
}
I remainder(I a, I b) {
  return b == 0 || b == -1 ? 0 : a % b;
}
I floor_mod(I a, I b) {
  const I r = remainder(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
F min(F a, F b) {
  return std::isnan(a) || a < b ? a : b;
}
F max(F a, F b) {
  return std::isnan(a) || a > b ? a : b;
}
F sign(F x) {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

I round_integer(I x, DataType narrow) {
  const int unused = 64 - bits_of(narrow);
  const U high = u(x) << unused;
  return is_signed_integer(narrow) ? s(high) >> unused : s(high >> unused);
}
F round_float(F x, DataType narrow) {
  switch (narrow) {
    case DataType::F16:
      return static_cast<float>(half_from_double(x));
    case DataType::BF16:
      return static_cast<float>(bfloat16_from_double(x));
    case DataType::F32:
      return static_cast<float>(x);
    case DataType::F64:
      return x;
    default:
      return small_float_value(narrow, small_float_code(narrow, x));
  }
}

/// One instruction over a batch. Values lie `count` per instruction in `values`.
struct Batch {
  const ScalarInstruction& step;
  ScalarType type;  ///< of the operands
  const ScalarValue *a, *b, *c;
  ScalarValue* out;
  int64_t count;

  template <typename Op>
  void each(Op op) const {
    for (int64_t k = 0; k < count; ++k) op(out[k], a[k], b[k], c[k]);
  }
  template <typename Op>
  void f1(Op op) const {
    each([&](auto& r, auto x, auto, auto) { r.f = op(x.f); });
  }
  template <typename Op>
  void f2(Op op) const {
    each([&](auto& r, auto x, auto y, auto) { r.f = op(x.f, y.f); });
  }
  template <typename Op>
  void i1(Op op) const {
    each([&](auto& r, auto x, auto, auto) { r.i = op(x.i); });
  }
  template <typename Op>
  void i2(Op op) const {
    each([&](auto& r, auto x, auto y, auto) { r.i = op(x.i, y.i); });
  }
  template <typename Op>
  void test(Op op) const {
    each([&](auto& r, auto x, auto y, auto) { r.i = op(x.f, y.f); });
  }

  void run() const;
  void run_float() const;
  void run_integer() const;
  void cast() const;
};

void Batch::cast() const {
  const ScalarType to = step.type;
  if (is_float(type)) {
    switch (to) {
      case ScalarType::F32:
        return f1([](F x) { return static_cast<F>(static_cast<float>(x)); });
      case ScalarType::F64:
        return f1([](F x) { return x; });
      case ScalarType::I32:
        return each([](auto& r, auto x, auto, auto) { r.i = saturate<int32_t>(x.f); });
      case ScalarType::I64:
        return each([](auto& r, auto x, auto, auto) { r.i = saturate<int64_t>(x.f); });
      case ScalarType::U64:
        return each([](auto& r, auto x, auto, auto) { r.i = saturate<uint64_t>(x.f); });
      case ScalarType::Bool:
        return each([](auto& r, auto x, auto, auto) { r.i = x.f != 0; });
    }
  }
  const bool is_unsigned = type == ScalarType::U64;
  switch (to) {
    case ScalarType::F32:
      return each([&](auto& r, auto x, auto, auto) {
        r.f = is_unsigned ? static_cast<float>(u(x.i)) : static_cast<float>(x.i);
      });
    case ScalarType::F64:
      return each(
          [&](auto& r, auto x, auto, auto) { r.f = is_unsigned ? static_cast<F>(u(x.i)) : static_cast<F>(x.i); });
    case ScalarType::Bool:
      return i1([](I x) { return I{x != 0}; });
    default:
      return i1([](I x) { return x; });
  }
}

void Batch::run() const {
  switch (step.function) {
    case ScalarFunction::Cast:
      return cast();
    case ScalarFunction::Select:
      return each([](auto& r, auto x, auto y, auto z) { r = x.i != 0 ? y : z; });
    default:
      return is_float(type) ? run_float() : run_integer();
  }
}

void Batch::run_float() const {
  const auto narrow = static_cast<DataType>(step.b);
  switch (step.function) {
    case ScalarFunction::RoundTo:
      return f1([&](F x) { return round_float(x, narrow); });
    case ScalarFunction::Add:
      return f2([](F x, F y) { return x + y; });
    case ScalarFunction::Sub:
      return f2([](F x, F y) { return x - y; });
    case ScalarFunction::Mul:
      return f2([](F x, F y) { return x * y; });
    case ScalarFunction::Div:
      return f2([](F x, F y) { return x / y; });
    case ScalarFunction::Mod:
      return f2([](F x, F y) { return floor_mod(x, y); });
    case ScalarFunction::Fmod:
      return f2([](F x, F y) { return std::fmod(x, y); });
    case ScalarFunction::Pow:
      return f2([](F x, F y) { return std::pow(x, y); });
    case ScalarFunction::Min:
      return f2([](F x, F y) { return min(x, y); });
    case ScalarFunction::Max:
      return f2([](F x, F y) { return max(x, y); });
    case ScalarFunction::Neg:
      return f1([](F x) { return -x; });
    case ScalarFunction::Abs:
      return f1([](F x) { return std::fabs(x); });
    case ScalarFunction::Sign:
      return f1([](F x) { return sign(x); });
    case ScalarFunction::Floor:
      return f1([](F x) { return std::floor(x); });
    case ScalarFunction::Ceil:
      return f1([](F x) { return std::ceil(x); });
    case ScalarFunction::Round:
      return f1([](F x) { return std::nearbyint(x); });
    case ScalarFunction::Trunc:
      return f1([](F x) { return std::trunc(x); });
    case ScalarFunction::Sqrt:
      return f1([](F x) { return std::sqrt(x); });
    case ScalarFunction::Rsqrt:
      return f1([](F x) { return 1 / std::sqrt(x); });
    case ScalarFunction::Exp:
      return f1([](F x) { return std::exp(x); });
    case ScalarFunction::Log:
      return f1([](F x) { return std::log(x); });
    case ScalarFunction::Log1p:
      return f1([](F x) { return std::log1p(x); });
    case ScalarFunction::Expm1:
      return f1([](F x) { return std::expm1(x); });
    case ScalarFunction::Erf:
      return f1([](F x) { return std::erf(x); });
    case ScalarFunction::Sigmoid:
      return f1([](F x) { return 1 / (1 + std::exp(-x)); });
    case ScalarFunction::Sin:
      return f1([](F x) { return std::sin(x); });
    case ScalarFunction::Cos:
      return f1([](F x) { return std::cos(x); });
    case ScalarFunction::Tan:
      return f1([](F x) { return std::tan(x); });
    case ScalarFunction::Asin:
      return f1([](F x) { return std::asin(x); });
    case ScalarFunction::Acos:
      return f1([](F x) { return std::acos(x); });
    case ScalarFunction::Atan:
      return f1([](F x) { return std::atan(x); });
    case ScalarFunction::Sinh:
      return f1([](F x) { return std::sinh(x); });
    case ScalarFunction::Cosh:
      return f1([](F x) { return std::cosh(x); });
    case ScalarFunction::Tanh:
      return f1([](F x) { return std::tanh(x); });
    case ScalarFunction::Asinh:
      return f1([](F x) { return std::asinh(x); });
    case ScalarFunction::Acosh:
      return f1([](F x) { return std::acosh(x); });
    case ScalarFunction::Atanh:
      return f1([](F x) { return std::atanh(x); });
    case ScalarFunction::IsNan:
      return test([](F x, F) { return std::isnan(x); });
    case ScalarFunction::IsInf:
      return test([](F x, F) { return std::isinf(x); });
    case ScalarFunction::Equal:
      return test([](F x, F y) { return x == y; });
    case ScalarFunction::NotEqual:
      return test([](F x, F y) { return x != y; });
    case ScalarFunction::Less:
      return test([](F x, F y) { return x < y; });
    case ScalarFunction::LessOrEqual:
      return test([](F x, F y) { return x <= y; });
    default:
      return;
  }
}

void Batch::run_integer() const {
  const auto narrow = static_cast<DataType>(step.b);
  const bool un = type == ScalarType::U64;
  const U width = type == ScalarType::I32 ? 32 : 64;
  switch (step.function) {
    case ScalarFunction::RoundTo:
      return i1([&](I x) { return round_integer(x, narrow); });
    case ScalarFunction::Add:
      return i2([](I x, I y) { return s(u(x) + u(y)); });
    case ScalarFunction::Sub:
      return i2([](I x, I y) { return s(u(x) - u(y)); });
    case ScalarFunction::Mul:
      return i2([](I x, I y) { return s(u(x) * u(y)); });
    case ScalarFunction::Div:
      return i2([&](I x, I y) { return un ? (y ? s(u(x) / u(y)) : 0) : divide(x, y); });
    case ScalarFunction::Mod:
      return i2([&](I x, I y) { return un ? (y ? s(u(x) % u(y)) : 0) : floor_mod(x, y); });
    case ScalarFunction::Fmod:
      return i2([&](I x, I y) { return un ? (y ? s(u(x) % u(y)) : 0) : remainder(x, y); });
    case ScalarFunction::Min:
      return i2([&](I x, I y) { return (un ? u(x) < u(y) : x < y) ? x : y; });
    case ScalarFunction::Max:
      return i2([&](I x, I y) { return (un ? u(x) > u(y) : x > y) ? x : y; });
    case ScalarFunction::Neg:
      return i1([](I x) { return s(0 - u(x)); });
    case ScalarFunction::Abs:
      return i1([&](I x) { return x < 0 && !un ? s(0 - u(x)) : x; });
    case ScalarFunction::Sign:
      return i1([&](I x) { return un ? I{x != 0} : I{x > 0} - I{x < 0}; });
    case ScalarFunction::Equal:
      return i2([](I x, I y) { return I{x == y}; });
    case ScalarFunction::NotEqual:
      return i2([](I x, I y) { return I{x != y}; });
    case ScalarFunction::Less:
      return i2([&](I x, I y) { return I{un ? u(x) < u(y) : x < y}; });
    case ScalarFunction::LessOrEqual:
      return i2([&](I x, I y) { return I{un ? u(x) <= u(y) : x <= y}; });
    case ScalarFunction::And:
      return i2([](I x, I y) { return x & y; });
    case ScalarFunction::Or:
      return i2([](I x, I y) { return x | y; });
    case ScalarFunction::Xor:
      return i2([](I x, I y) { return x ^ y; });
    case ScalarFunction::Not:
      return i1([&](I x) { return type == ScalarType::Bool ? x ^ 1 : ~x; });
    case ScalarFunction::ShiftLeft:
      return i2([&](I x, I y) { return u(y) < width ? s(u(x) << u(y)) : 0; });
    case ScalarFunction::ShiftRight:
      return i2([&](I x, I y) { return un ? (u(y) < 64 ? s(u(x) >> u(y)) : 0) : x >> std::min(u(y), width - 1); });
    default:
      return;
  }
}

void narrow_result(ScalarType type, FloatMode mode, ScalarValue* values, int64_t count) {
  if (type == ScalarType::F32 && mode == FloatMode::Typed)
    for (int64_t k = 0; k < count; ++k) values[k].f = static_cast<float>(values[k].f);
  if (type == ScalarType::I32)
    for (int64_t k = 0; k < count; ++k) values[k].i = static_cast<int32_t>(values[k].i);
}

}  // namespace

void evaluate(const ScalarProgram& program, FloatMode mode, int64_t count, const ScalarValue* const* inputs,
              ScalarValue* const* results, std::span<ScalarValue> scratch) noexcept {
  const auto at = [&](size_t index) { return scratch.data() + static_cast<int64_t>(index) * count; };
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    const ScalarInstruction& step = program.instructions[i];
    if (step.function == ScalarFunction::Input) {
      std::copy_n(inputs[step.a], count, at(i));
    } else if (step.function == ScalarFunction::Constant) {
      std::fill_n(at(i), count, std::bit_cast<ScalarValue>(program.constants[step.a]));
    } else {
      const int operands = info_of(step.function).operands;
      const ScalarValue* a = at(step.a);
      const ScalarValue* b = operands > 1 ? at(step.b) : a;
      Batch{step, program.instructions[step.a].type, a, b, operands > 2 ? at(step.c) : a, at(i), count}.run();
      narrow_result(step.type, mode, at(i), count);
    }
  }
  for (size_t r = 0; r < program.results.size(); ++r) std::copy_n(at(program.results[r]), count, results[r]);
}

std::vector<ScalarValue> evaluate(const ScalarProgram& program, std::span<const ScalarValue> inputs, FloatMode mode) {
  std::vector<ScalarValue> scratch(program.instructions.size()), results(program.results.size());
  std::vector<const ScalarValue*> in(inputs.size());
  std::vector<ScalarValue*> out(results.size());
  for (size_t k = 0; k < in.size(); ++k) in[k] = &inputs[k];
  for (size_t k = 0; k < out.size(); ++k) out[k] = &results[k];
  evaluate(program, mode, 1, in.data(), out.data(), scratch);
  return results;
}

ScalarValue evaluate_step(const ScalarInstruction& step, ScalarType operand_type, std::span<const ScalarValue> operands,
                          FloatMode mode) noexcept {
  ScalarValue result{};
  const auto operand = [&](size_t k) { return &operands[std::min(k, operands.size() - 1)]; };
  Batch{step, operand_type, operand(0), operand(1), operand(2), &result, 1}.run();
  narrow_result(step.type, mode, &result, 1);
  return result;
}

}  // namespace tn
