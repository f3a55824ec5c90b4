// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/f16_finish.h"
#include "backends/cpu/kernels/product/finish_kernel.h"
#include "backends/cpu/kernels/simd/half_math.h"

namespace tn {

/// Activations whose errors in fp16 arithmetic are near those of rounding their result; the others take f32.
template <Activation kActivation>
inline constexpr bool kInHalves =
    kActivation == Activation::None || kActivation == Activation::Clip || kActivation == Activation::Sigmoid ||
    kActivation == Activation::HardSigmoid || kActivation == Activation::Silu || kActivation == Activation::HardSwish;

template <typename V, Activation kActivation>
[[gnu::always_inline]] inline typename V::Pairs activate_halves(typename V::Pairs x, float alpha, float beta) {
  if constexpr (kActivation == Activation::Clip) return simd::clip_halves<V>(x, alpha, beta);
  if constexpr (kActivation == Activation::Sigmoid) return simd::sigmoid_halves<V>(x);
  if constexpr (kActivation == Activation::HardSigmoid) {
    const auto line = V::fma_pairs(x, V::set1_halves(alpha), V::set1_halves(beta));
    return simd::clip_halves<V>(line, 0.0f, 1.0f);
  }
  if constexpr (kActivation == Activation::Silu) return simd::silu_halves<V>(x);
  if constexpr (kActivation == Activation::HardSwish) {
    const auto line = V::fma_pairs(x, V::set1_halves(1.0f / 6), V::set1_halves(0.5f));
    return V::mul_halves(x, simd::clip_halves<V>(line, 0.0f, 1.0f));
  }
  return x;
}

template <typename V>
struct F16Finish {
  template <Activation kActivation>
  static void rows(const F16FinishArgs& f) {
    if constexpr (kInHalves<kActivation>) {
      if (!f.residual || f.residual_type == DataType::F16) return in_halves<kActivation>(f);
    }
    in_f32<kActivation>(f);
  }

  static void run(const F16FinishArgs& f) { run_activation<F16Finish>(f); }

 private:
  template <Activation kActivation>
  static void in_halves(const F16FinishArgs& args) {
    const F16FinishArgs f = args;  // a copy, which stores to the output cannot change
    const auto* residuals = reinterpret_cast<const Half*>(f.residual);
    for (int64_t c = 0; c < f.channels; c += 2 * V::kLanes) {
      const int64_t n = f.channels - c < 2 * V::kLanes ? f.channels - c : 2 * V::kLanes;
      for (int64_t row = 0; row < f.rows; ++row) {
        auto x = V::load_halves(f.in + row * f.in_stride + c, n), residual = V::zero_pairs();
        if (residuals) residual = V::load_halves(residuals + row * f.residual_stride + c, n);
        if (!f.residual_last) x = V::add_halves(x, residual);
        x = activate_halves<V, kActivation>(x, f.alpha, f.beta);
        if (f.residual_last) x = V::add_halves(x, residual);
        V::store_halves(f.out + row * f.out_stride + c, x, n);
      }
    }
  }

  template <Activation kActivation>
  static void in_f32(const F16FinishArgs& args) {
    const F16FinishArgs f = args;
    using W = Twice<V>;
    for (int64_t row = 0; row < f.rows; ++row) {
      const Half* in = f.in + row * f.in_stride;
      Half* out = f.out + row * f.out_stride;
      int64_t c = 0;
      if (!f.residual) {
        for (; c + W::kLanes <= f.channels; c += W::kLanes)
          W::store(out + c, activate<W, kActivation>(W::load(in + c), f.alpha, f.beta));
      }
      for (; c < f.channels; c += V::kLanes) {
        const int64_t n = f.channels - c < V::kLanes ? f.channels - c : V::kLanes;
        auto x = V::load(in + c, n), residual = V::zero();
        if (f.residual) residual = AnyType<V, false>::load(f.residual_type, f.residual, row * f.residual_stride + c, n);
        if (!f.residual_last) x = V::add(x, residual);
        x = activate<V, kActivation>(x, f.alpha, f.beta);
        if (f.residual_last) x = V::add(x, residual);
        V::store(out + c, x, n);
      }
    }
  }
};

}  // namespace tn
