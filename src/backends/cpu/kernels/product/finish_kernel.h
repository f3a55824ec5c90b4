// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/tile.h"
#include "backends/cpu/kernels/simd/math.h"
#include "backends/cpu/kernels/simd/twice.h"
#include "base/half.h"

namespace tn {

template <typename V, Activation kActivation>
[[gnu::always_inline]] inline typename V::Reg activate(typename V::Reg x, float alpha, float beta) {
  const auto half = V::set1(0.5f);
  if constexpr (kActivation == Activation::Clip) return simd::clip<V>(x, alpha, beta);
  if constexpr (kActivation == Activation::LeakyRelu)
    return V::select(V::less(x, V::zero()), V::mul(x, V::set1(alpha)), x);
  if constexpr (kActivation == Activation::Sigmoid) return simd::sigmoid<V>(x);
  if constexpr (kActivation == Activation::HardSigmoid)
    return simd::clip<V>(V::fma(x, V::set1(alpha), V::set1(beta)), 0.0f, 1.0f);
  if constexpr (kActivation == Activation::Silu) return simd::silu<V>(x);
  if constexpr (kActivation == Activation::HardSwish)
    return V::mul(x, simd::clip<V>(V::fma(x, V::set1(1.0f / 6), half), 0.0f, 1.0f));
  if constexpr (kActivation == Activation::Gelu) {
    const auto scaled = V::mul(x, half);
    return V::fma(scaled, simd::erf<V>(V::mul(x, V::set1(0.70710678118654752f))), scaled);
  }
  if constexpr (kActivation == Activation::GeluTanh) {
    const auto scaled = V::mul(x, half), cubic = V::fma(V::mul(x, x), V::set1(0.044715f), V::set1(1.0f));
    return V::fma(scaled, simd::tanh<V>(V::mul(V::mul(x, cubic), V::set1(0.79788456080286536f))), scaled);
  }
  if constexpr (kActivation == Activation::Tanh) return simd::tanh<V>(x);
  return x;
}

/// load and store of n lanes in a type known at run time, or in f32; n == lanes takes the full width.
template <typename V, bool kF32>
struct AnyType {
  using Reg = typename V::Reg;
  template <typename T>
  [[gnu::always_inline]] static Reg load_typed(const char* p, int64_t i, int64_t n) {
    const T* at = reinterpret_cast<const T*>(p) + i;
    return n == V::kLanes ? V::load(at) : V::load(at, n);
  }
  [[gnu::always_inline]] static Reg load(DataType type, const char* p, int64_t i, int64_t n) {
    if (kF32 || type == DataType::F32) return load_typed<float>(p, i, n);
    if (type == DataType::F16) return load_typed<Half>(p, i, n);
    return load_typed<BFloat16>(p, i, n);
  }
  template <typename T>
  [[gnu::always_inline]] static void store_typed(char* p, int64_t i, Reg x, int64_t n) {
    T* at = reinterpret_cast<T*>(p) + i;
    n == V::kLanes ? V::store(at, x) : V::store(at, x, n);
  }
  [[gnu::always_inline]] static void store(DataType type, char* p, int64_t i, Reg x, int64_t n) {
    if (kF32 || type == DataType::F32) return store_typed<float>(p, i, x, n);
    if (type == DataType::F16) return store_typed<Half>(p, i, x, n);
    store_typed<BFloat16>(p, i, x, n);
  }
};

/// Calls Rows::rows for the activation of the arguments, with Relu as a clip.
template <typename Rows, typename Args>
void run_activation(const Args& f) {
  switch (f.activation) {
    case Activation::None:
      return Rows::template rows<Activation::None>(f);
    case Activation::Relu: {
      Args clipped = f;
      clipped.alpha = 0;
      clipped.beta = __builtin_inff();
      return Rows::template rows<Activation::Clip>(clipped);
    }
    case Activation::Clip:
      return Rows::template rows<Activation::Clip>(f);
    case Activation::LeakyRelu:
      return Rows::template rows<Activation::LeakyRelu>(f);
    case Activation::Sigmoid:
      return Rows::template rows<Activation::Sigmoid>(f);
    case Activation::HardSigmoid:
      return Rows::template rows<Activation::HardSigmoid>(f);
    case Activation::Silu:
      return Rows::template rows<Activation::Silu>(f);
    case Activation::HardSwish:
      return Rows::template rows<Activation::HardSwish>(f);
    case Activation::Gelu:
      return Rows::template rows<Activation::Gelu>(f);
    case Activation::GeluTanh:
      return Rows::template rows<Activation::GeluTanh>(f);
    case Activation::Tanh:
      return Rows::template rows<Activation::Tanh>(f);
  }
}

template <typename V>
struct Finish {
  using Reg = typename V::Reg;

  template <Activation kActivation>
  static void rows(const FinishArgs& f) {
    const bool f32 = f.out_type == DataType::F32 && (!f.residual || f.residual_type == DataType::F32);
    f32 ? rows<kActivation, true>(f) : rows<kActivation, false>(f);
  }

  template <Activation kActivation, bool kF32>
  static void rows(const FinishArgs& args) {
    using Any = AnyType<V, kF32>;
    const FinishArgs f = args;  // a copy, which stores to the output cannot change
    const auto vector = [&f](int64_t row, int64_t c, int64_t n) __attribute__((always_inline)) {
      const float* sums = f.sums + row * f.sums_stride + c;
      Reg x = n == V::kLanes ? V::load(sums) : V::load(sums, n);
      if (f.bias) x = V::add(x, n == V::kLanes ? V::load(f.bias + c) : V::load(f.bias + c, n));
      Reg residual = V::zero();
      if (f.residual) residual = Any::load(f.residual_type, f.residual, row * f.residual_stride + c, n);
      if (f.residual && !f.residual_last) x = V::add(x, residual);
      x = activate<V, kActivation>(x, f.alpha, f.beta);
      if (f.residual && f.residual_last) x = V::add(x, residual);
      Any::store(f.out_type, f.out, row * f.out_stride + c, x, n);
    };
    const int64_t whole = f.channels - f.channels % V::kLanes;
    for (int64_t row = 0; row < f.rows; ++row) {
      int64_t c = 0;
      if (kF32 && !f.residual) {
        for (; c + 2 * V::kLanes <= whole; c += 2 * V::kLanes) {
          using W = Twice<V>;
          auto x = W::load(f.sums + row * f.sums_stride + c);
          if (f.bias) x = W::add(x, W::load(f.bias + c));
          W::store(reinterpret_cast<float*>(f.out) + row * f.out_stride + c,
                   activate<W, kActivation>(x, f.alpha, f.beta));
        }
      }
      for (; c < whole; c += V::kLanes) vector(row, c, V::kLanes);
      if (whole < f.channels) vector(row, whole, f.channels - whole);
    }
  }

  static void run(const FinishArgs& f) { run_activation<Finish>(f); }
};

}  // namespace tn
