// SPDX-License-Identifier: Apache-2.0
// Words of CUDA C++ for a kernel text that is compiled for the host (host_text.h). Stands in front of the text.
#pragma once

#include "host.h"

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static __attribute__((section("tn_shared")))
#define threadIdx (tn_host->thread)
#define blockDim (tn_host->threads)
#define blockIdx (tn_host->block)
#define gridDim (tn_host->blocks)

extern "C" char __start_tn_shared[] __attribute__((weak)), __stop_tn_shared[] __attribute__((weak));

#define TN_FUNCTION(name)         \
  extern "C" double name(double); \
  extern "C" float name##f(float);
TN_FUNCTION(floor)
TN_FUNCTION(round)
TN_FUNCTION(ceil)
TN_FUNCTION(rint)
TN_FUNCTION(trunc)
TN_FUNCTION(sqrt)
TN_FUNCTION(fabs)
TN_FUNCTION(exp)
TN_FUNCTION(log)
TN_FUNCTION(log1p)
TN_FUNCTION(expm1)
TN_FUNCTION(erf)
TN_FUNCTION(sin)
TN_FUNCTION(cos)
TN_FUNCTION(tan)
TN_FUNCTION(asin)
TN_FUNCTION(acos)
TN_FUNCTION(atan)
TN_FUNCTION(sinh)
TN_FUNCTION(cosh)
TN_FUNCTION(tanh)
TN_FUNCTION(asinh)
TN_FUNCTION(acosh)
TN_FUNCTION(atanh)
#undef TN_FUNCTION
#define TN_FUNCTION(name)                 \
  extern "C" double name(double, double); \
  extern "C" float name##f(float, float);
TN_FUNCTION(pow)
TN_FUNCTION(fmod)
TN_FUNCTION(fmin)
TN_FUNCTION(fmax)
#undef TN_FUNCTION
extern "C" double fma(double, double, double);
extern "C" float fmaf(float, float, float);

namespace {

using tn_emulator::Word;
tn_emulator::Host* tn_host;

struct float2 {
  float x, y;
} __align__(8);
struct float4 {
  float x, y, z, w;
} __align__(16);
struct int2 {
  int x, y;
} __align__(8);
struct int4 {
  int x, y, z, w;
} __align__(16);
struct uint2 {
  unsigned x, y;
} __align__(8);
struct uint4 {
  unsigned x, y, z, w;
} __align__(16);
inline float2 make_float2(float x, float y) {
  return {x, y};
}

template <typename To, typename From>
inline To tn_bits(From x) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, x);
}
inline float __uint_as_float(unsigned x) {
  return tn_bits<float>(x);
}
inline unsigned __float_as_uint(float x) {
  return tn_bits<unsigned>(x);
}
inline double __longlong_as_double(long long x) {
  return tn_bits<double>(x);
}

// Conversions saturate; NaN gives 0.
template <typename To, typename From>
inline To tn_truncate(From x, From low, From past, To least, To most) {
  return x != x ? 0 : x < low ? least : x >= past ? most : static_cast<To>(x);
}
template <typename From>
inline int tn_int(From x) {
  return tn_truncate<int, From>(x, -0x1p31, 0x1p31, -0x7fffffff - 1, 0x7fffffff);
}
template <typename From>
inline long long tn_long(From x) {
  return tn_truncate<long long, From>(x, -0x1p63, 0x1p63, -0x7fffffffffffffffll - 1, 0x7fffffffffffffffll);
}
template <typename From>
inline unsigned long long tn_unsigned(From x) {
  return tn_truncate<unsigned long long, From>(x, 0, 0x1p64, 0, ~0ull);
}
inline int __float2int_rz(float x) {
  return tn_int(x);
}
inline int __float2int_rn(float x) {
  return tn_int(rintf(x));
}
inline float __fadd_rn(float x, float y) {
  return x + y;
}
inline float __fmul_rn(float x, float y) {
  return x * y;
}
inline float __fmaf_rn(float x, float y, float z) {
  return fmaf(x, y, z);
}
inline int __double2int_rz(double x) {
  return tn_int(x);
}
inline long long __float2ll_rz(float x) {
  return tn_long(x);
}
inline long long __double2ll_rz(double x) {
  return tn_long(x);
}
inline unsigned long long __float2ull_rz(float x) {
  return tn_unsigned(x);
}
inline unsigned long long __double2ull_rz(double x) {
  return tn_unsigned(x);
}
inline float __double2float_rz(double x) {
  const float y = static_cast<float>(x);
  return fabs(y) > fabs(x) ? tn_bits<float>(tn_bits<unsigned>(y) - 1) : y;
}
inline float __frsqrt_rn(float x) {
  return static_cast<float>(1 / sqrt(static_cast<double>(x)));
}
inline int min(int a, int b) {
  return a < b ? a : b;
}
inline int max(int a, int b) {
  return a > b ? a : b;
}

inline unsigned long long __cvta_generic_to_shared(const void* pointer) {
  return static_cast<unsigned long long>(static_cast<const char*>(pointer) - tn_host->shared);
}

template <typename T>
inline Word tn_out(T& x) {
  Word word = {&x, 0, sizeof(T)};
  __builtin_memcpy(&word.bits, &x, sizeof(T));
  return word;
}
template <typename T>
inline Word tn_in(T x) {
  Word word = {nullptr, 0, sizeof(T)};
  __builtin_memcpy(&word.bits, &x, sizeof(T));
  return word;
}
template <typename... Words>
inline void tn_instruction(const char* text, Words... all) {
  Word words[sizeof...(Words) + 1] = {all...};
  tn_host->instruction(*tn_host, text, words, sizeof...(Words));
  for (unsigned i = 0; i < sizeof...(Words); ++i)
    if (words[i].to) __builtin_memcpy(words[i].to, &words[i].bits, words[i].bytes);
}

inline void __syncthreads() {
  tn_host->barrier(*tn_host);
}
template <typename T>
inline T __shfl_xor_sync(unsigned, T x, int difference) {
  T other;
  tn_instruction("shfl.sync.bfly", tn_out(other), tn_in(x), tn_in(difference));
  return other;
}

// Calls a kernel with its arguments, each of 8 bytes.
template <typename T>
inline T tn_argument(unsigned long long bits) {
  T x;
  __builtin_memcpy(&x, &bits, sizeof(T));
  return x;
}
template <typename Function, typename... Taken>
inline void tn_call(Function function, const unsigned long long*, void (*)(), Taken... taken) {
  function(taken...);
}
template <typename Function, typename First, typename... Rest, typename... Taken>
inline void tn_call(Function function, const unsigned long long* arguments, void (*)(First, Rest...), Taken... taken) {
  tn_call(function, arguments + 1, static_cast<void (*)(Rest...)>(nullptr), taken..., tn_argument<First>(*arguments));
}

}  // namespace
