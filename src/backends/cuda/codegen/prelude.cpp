// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/prelude.h"

#include <fmt/format.h>

#include "base/small_float.h"

namespace tn::cuda {
namespace {

constexpr std::string_view kPrelude = R"cuda(
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
struct f16_t { uint16_t bits; };
struct bf16_t { uint16_t bits; };
#define TN_INLINE __device__ __forceinline__

// From sm_90 a kernel may start while the one before it runs. What earlier kernels read or write is not touched before
// wait_for_inputs(); let_next_start() stands behind it.
TN_INLINE void wait_for_inputs() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
TN_INLINE void let_next_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Stored values as computed ones.
TN_INLINE float to_compute(f16_t x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}
TN_INLINE float to_compute(bf16_t x) { return __uint_as_float((uint32_t)x.bits << 16); }
TN_INLINE float to_compute(float x) { return x; }
TN_INLINE double to_compute(double x) { return x; }
TN_INLINE int32_t to_compute(int8_t x) { return x; }
TN_INLINE int32_t to_compute(uint8_t x) { return x; }
TN_INLINE int32_t to_compute(int16_t x) { return x; }
TN_INLINE int32_t to_compute(uint16_t x) { return x; }
TN_INLINE int32_t to_compute(int32_t x) { return x; }
TN_INLINE int64_t to_compute(uint32_t x) { return x; }
TN_INLINE int64_t to_compute(int64_t x) { return x; }
TN_INLINE uint64_t to_compute(uint64_t x) { return x; }
TN_INLINE bool to_compute(bool x) { return x; }
template <typename T> TN_INLINE float to_f32(T x) { return (float)to_compute(x); }
template <typename T> TN_INLINE float load_f32(const T* p) { return to_f32(*p); }

// The other way: into<T>::from(x) for every computed type.
TN_INLINE int32_t truncate_i32(float x) { return __float2int_rz(x); }
TN_INLINE int32_t truncate_i32(double x) { return x != x ? 0 : __double2int_rz(x); }
TN_INLINE int64_t truncate_i64(float x) { return x != x ? 0 : __float2ll_rz(x); }
TN_INLINE int64_t truncate_i64(double x) { return x != x ? 0 : __double2ll_rz(x); }
TN_INLINE uint64_t truncate_u64(float x) { return x > 0 ? __float2ull_rz(x) : 0; }
TN_INLINE uint64_t truncate_u64(double x) { return x > 0 ? __double2ull_rz(x) : 0; }
// Rounds to odd, so that rounding again is exact.
TN_INLINE float odd_f32(double x) {
  const float y = __double2float_rz(x);
  return x == x && (double)y != x && x - x == 0 ? __uint_as_float(__float_as_uint(y) | 1u) : y;
}

template <typename T> struct into {  // integers
  static TN_INLINE T from(float x) { return clamp(truncate_i64(x)); }
  static TN_INLINE T from(double x) { return clamp(truncate_i64(x)); }
  template <typename I> static TN_INLINE T from(I x) { return (T)x; }
  static TN_INLINE T clamp(int64_t x) {
    const bool is_signed = (T)-1 < (T)0;
    const int64_t high = is_signed ? (1ll << (8 * sizeof(T) - 1)) - 1 : (1ll << (8 * sizeof(T))) - 1;
    const int64_t low = is_signed ? -high - 1 : 0;
    return (T)(x < low ? low : x > high ? high : x);
  }
};
template <> struct into<int32_t> {
  static TN_INLINE int32_t from(float x) { return truncate_i32(x); }
  static TN_INLINE int32_t from(double x) { return truncate_i32(x); }
  template <typename I> static TN_INLINE int32_t from(I x) { return (int32_t)x; }
};
template <> struct into<int64_t> {
  static TN_INLINE int64_t from(float x) { return truncate_i64(x); }
  static TN_INLINE int64_t from(double x) { return truncate_i64(x); }
  template <typename I> static TN_INLINE int64_t from(I x) { return (int64_t)x; }
};
template <> struct into<uint64_t> {
  static TN_INLINE uint64_t from(float x) { return truncate_u64(x); }
  static TN_INLINE uint64_t from(double x) { return truncate_u64(x); }
  template <typename I> static TN_INLINE uint64_t from(I x) { return (uint64_t)x; }
};
template <> struct into<bool> {
  template <typename I> static TN_INLINE bool from(I x) { return x != 0; }
};
template <> struct into<float> {
  template <typename I> static TN_INLINE float from(I x) { return (float)x; }
};
template <> struct into<double> {
  template <typename I> static TN_INLINE double from(I x) { return (double)x; }
};
template <> struct into<f16_t> {
  static TN_INLINE f16_t from(float x) {
    f16_t y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
  }
  static TN_INLINE f16_t from(double x) { return from(odd_f32(x)); }
  template <typename I> static TN_INLINE f16_t from(I x) { return from((double)x); }
};
template <> struct into<bf16_t> {
  static TN_INLINE bf16_t from(float x) {
    bf16_t y;
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
#else
    const uint32_t bits = __float_as_uint(x);
    y.bits = (uint16_t)(x != x ? (bits >> 16) | 0x40u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
#endif
    return y;
  }
  static TN_INLINE bf16_t from(double x) { return from(odd_f32(x)); }
  template <typename I> static TN_INLINE bf16_t from(I x) { return from((double)x); }
};
// Floats of 8 bits or fewer: base/small_float.h says what the numbers mean.
template <int Mantissa, int Bias, int Sign, int Max, int Infinity, int Nan> struct small_float { uint8_t bits; };
struct f8e8m0_t { uint8_t bits; };
template <int Mantissa, int Bias, int Sign, int Max, int Infinity, int Nan>
TN_INLINE float to_compute(small_float<Mantissa, Bias, Sign, Max, Infinity, Nan> x) {
  const int magnitude = x.bits & (Sign - 1), exponent = magnitude >> Mantissa, unit = 1 << Mantissa;
  const uint32_t sign = x.bits & Sign ? 0x80000000u : 0u;
  if (Infinity != 0 && magnitude == Infinity) return __uint_as_float(sign | 0x7f800000u);
  if (magnitude > Max || (Nan == Sign && x.bits == Sign)) return __uint_as_float(0x7fc00000u);
  const float digits = (float)(magnitude % unit + (exponent > 0 ? unit : 0));
  const float step = __uint_as_float((uint32_t)(127 - Bias - Mantissa + (exponent > 0 ? exponent : 1)) << 23);
  return __uint_as_float(sign | __float_as_uint(digits * step));
}
TN_INLINE float to_compute(f8e8m0_t x) {
  const uint32_t bits = x.bits;
  return __uint_as_float(bits == 255u ? 0x7fc00000u : bits == 0u ? 0x400000u : bits << 23);
}
template <int Mantissa, int Bias, int Sign, int Max, int Infinity, int Nan>
struct into<small_float<Mantissa, Bias, Sign, Max, Infinity, Nan> > {
  typedef small_float<Mantissa, Bias, Sign, Max, Infinity, Nan> T;
  static TN_INLINE T from(float x) {
    const uint32_t bits = __float_as_uint(x), magnitude = bits & 0x7fffffffu;
    int code = Nan;
    if (magnitude <= 0x7f800000u) {
      code = magnitude < (127u + 20u) << 23 ? nearest(__uint_as_float(magnitude)) : Sign;
      if (code > Max) code = Infinity ? Infinity : Nan ? Nan : Max;
    }
    const bool has_sign = Nan != Sign || (code != 0 && code != Nan);
    T y;
    y.bits = (uint8_t)(code | (has_sign && bits >> 31 ? Sign : 0));
    return y;
  }
  static TN_INLINE int nearest(float x) {
    const int exponent = (int)(__float_as_uint(x) >> 23) - 127;
    const int step = (exponent < 1 - Bias ? 1 - Bias : exponent) - Mantissa;
    const int steps = (int)rintf(x * __uint_as_float((uint32_t)(127 - step) << 23));
    return ((step + Mantissa + Bias - 1) << Mantissa) + steps;
  }
  static TN_INLINE T from(double x) { return from(odd_f32(x)); }
  template <typename I> static TN_INLINE T from(I x) { return from((double)x); }
};
template <> struct into<f8e8m0_t> {
  static TN_INLINE f8e8m0_t from(float x) {
    const uint32_t bits = __float_as_uint(x);
    f8e8m0_t y;
    y.bits = (uint8_t)(x != x ? 255u : !(x > __uint_as_float(0x400000u)) ? 0u : (bits + 0x7fffffu) >> 23);
    return y;
  }
  static TN_INLINE f8e8m0_t from(double x) { return from(x > 0 ? odd_f32(x) : (float)x); }
  template <typename I> static TN_INLINE f8e8m0_t from(I x) { return from((double)x); }
};
// The low bits of an integer as a narrower one.
template <int Bits, bool Signed, typename T> TN_INLINE T low_bits(T x) {
  constexpr int unused = 8 * sizeof(T) - Bits;
  const uint64_t mask = (1ull << Bits) - 1;
  return Signed ? (T)((T)((uint64_t)x << unused) >> unused) : (T)((uint64_t)x & mask);
}
template <typename T, typename X> TN_INLINE T convert(X x) { return into<T>::from(to_compute(x)); }
template <typename T, typename X> TN_INLINE void store(T* p, X x) { *p = convert<T>(x); }

// Vectors.
template <int Bytes> struct piece_of { typedef uint4 type; };
template <> struct piece_of<1> { typedef uint8_t type; };
template <> struct piece_of<2> { typedef uint16_t type; };
template <> struct piece_of<4> { typedef uint32_t type; };
template <> struct piece_of<8> { typedef uint2 type; };
template <typename T, int N> union vec {
  typedef typename piece_of<sizeof(T) * N>::type piece;
  static constexpr int pieces = sizeof(T) * N / sizeof(piece);
  piece raw[pieces];
  T values[N];
  TN_INLINE vec() {}
  TN_INLINE T& operator[](int j) { return values[j]; }
  TN_INLINE const T& operator[](int j) const { return values[j]; }
};
template <int N, typename T> TN_INLINE vec<T, N> load_vec(const T* p) {
  typedef vec<T, N> V;
  V v;
#pragma unroll
  for (int k = 0; k < V::pieces; ++k) v.raw[k] = ((const typename V::piece*)p)[k];
  return v;
}
template <typename T, int N> TN_INLINE void store_vec(T* p, const vec<T, N>& v) {
  typedef vec<T, N> V;
#pragma unroll
  for (int k = 0; k < V::pieces; ++k) ((typename V::piece*)p)[k] = v.raw[k];
}

// Scalar functions. Integers wrap; division by zero gives 0.
template <typename T> struct unsigned_of { typedef uint64_t type; };
template <> struct unsigned_of<int32_t> { typedef uint32_t type; };
#define TN_U(x) ((typename unsigned_of<T>::type)(x))
template <typename T> TN_INLINE T int_add(T a, T b) { return (T)(TN_U(a) + TN_U(b)); }
template <typename T> TN_INLINE T int_sub(T a, T b) { return (T)(TN_U(a) - TN_U(b)); }
template <typename T> TN_INLINE T int_mul(T a, T b) { return (T)(TN_U(a) * TN_U(b)); }
template <typename T> TN_INLINE T int_neg(T a) { return (T)(TN_U(0) - TN_U(a)); }
template <typename T> TN_INLINE T int_abs(T a) { return a < (T)0 ? int_neg(a) : a; }
template <typename T> TN_INLINE bool is_minus_one(T b) { return (T)-1 < (T)0 && b == (T)-1; }
template <typename T> TN_INLINE T int_div(T a, T b) { return b == 0 ? 0 : is_minus_one(b) ? int_neg(a) : a / b; }
template <typename T> TN_INLINE T int_fmod(T a, T b) { return b == 0 || is_minus_one(b) ? 0 : a % b; }
template <typename T> TN_INLINE T int_mod(T a, T b) {
  const T r = int_fmod(a, b);
  return r != 0 && (r < (T)0) != (b < (T)0) ? r + b : r;
}
template <typename T> TN_INLINE T shift_left(T a, T b) {
  return TN_U(b) < 8 * sizeof(T) ? (T)(TN_U(a) << TN_U(b)) : (T)0;
}
template <typename T> TN_INLINE T shift_right(T a, T b) {
  const bool inside = TN_U(b) < 8 * sizeof(T);
  if ((T)-1 < (T)0) return a >> (inside ? b : (T)(8 * sizeof(T) - 1));
  return inside ? a >> b : (T)0;
}
template <typename T> TN_INLINE T sign_of(T x) { return x == (T)0 || x != x ? x : x > (T)0 ? (T)1 : (T)-1; }
// NaN if either is.
template <typename T> TN_INLINE T min_of(T a, T b) { return a != a || a < b ? a : b; }
template <typename T> TN_INLINE T max_of(T a, T b) { return a != a || a > b ? a : b; }
#if __CUDA_ARCH__ >= 800
template <> TN_INLINE float min_of(float a, float b) {
  float y;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
template <> TN_INLINE float max_of(float a, float b) {
  float y;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}
#endif
TN_INLINE float float_mod(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
TN_INLINE double float_mod(double a, double b) {
  const double r = fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
TN_INLINE float rsqrt_of(float x) { return __frsqrt_rn(x); }
TN_INLINE double rsqrt_of(double x) { return 1 / sqrt(x); }
TN_INLINE float sigmoid_of(float x) { return 1 / (1 + expf(-x)); }
TN_INLINE double sigmoid_of(double x) { return 1 / (1 + exp(-x)); }
TN_INLINE bool is_inf(float x) { return fabsf(x) == __uint_as_float(0x7f800000u); }
TN_INLINE bool is_inf(double x) { return fabs(x) == __longlong_as_double(0x7ff0000000000000ll); }
)cuda";

std::string small_float_types() {
  std::string text;
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    if (!is_small_float(type) || type == DataType::F8E8M0) continue;
    const SmallFloatFormat format = small_float_format(type);
    text += fmt::format("typedef small_float<{}, {}, {}, {}, {}, {}> {};\n", format.mantissa, format.bias, format.sign,
                        format.max, format.infinity, format.nan, text_of(type));
  }
  return text;
}

}  // namespace

std::string_view prelude() {
  static const std::string text = std::string(kPrelude) + small_float_types();
  return text;
}

std::string_view text_of(DataType type) {
  switch (type) {
    case DataType::F64:
      return "double";
    case DataType::F32:
      return "float";
    case DataType::F16:
      return "f16_t";
    case DataType::BF16:
      return "bf16_t";
    case DataType::I64:
      return "int64_t";
    case DataType::I32:
      return "int32_t";
    case DataType::I16:
      return "int16_t";
    case DataType::I8:
    case DataType::I4:
    case DataType::I2:
      return "int8_t";
    case DataType::U64:
      return "uint64_t";
    case DataType::U32:
      return "uint32_t";
    case DataType::U16:
      return "uint16_t";
    case DataType::U8:
    case DataType::U4:
    case DataType::U2:
      return "uint8_t";
    case DataType::Bool:
      return "bool";
    case DataType::F8E4M3FN:
      return "f8e4m3fn_t";
    case DataType::F8E4M3FNUZ:
      return "f8e4m3fnuz_t";
    case DataType::F8E5M2:
      return "f8e5m2_t";
    case DataType::F8E5M2FNUZ:
      return "f8e5m2fnuz_t";
    case DataType::F8E8M0:
      return "f8e8m0_t";
    case DataType::F6E2M3:
      return "f6e2m3_t";
    case DataType::F6E3M2:
      return "f6e3m2_t";
    case DataType::F4E2M1:
      return "f4e2m1_t";
  }
  return "float";
}

std::string_view text_of(ScalarType type) {
  return text_of(storage_type(type));
}

}  // namespace tn::cuda
