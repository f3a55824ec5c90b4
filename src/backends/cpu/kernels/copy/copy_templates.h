// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "base/half.h"

namespace tn {

/// Register transposes of elements T: vectors of 16-byte lanes that hold different source rows, transposed within
/// lanes.
template <typename V, typename T>
class Transpose {
 public:
  static void run(const void* from_pointer, int64_t from_stride, void* to_pointer, int64_t to_stride, int64_t rows,
                  int64_t columns) noexcept {
    const T* from = static_cast<const T*>(from_pointer);
    T* to = static_cast<T*>(to_pointer);
    if (rows < kN || columns < kN) return narrow(from, from_stride, to, to_stride, rows, columns);
    // One cache line of every source row at a time, so that no line is read twice.
    int64_t height = 0;
    for (int64_t r = 0; r < rows; r += height) {
      height = rows - r < kLine + kN ? rows - r : kLine;
      if (columns >= kWide)
        band<kWide / kN>(from + r, from_stride, to + r * to_stride, to_stride, height, columns);
      else
        band<1>(from + r, from_stride, to + r * to_stride, to_stride, height, columns);
    }
  }

 private:
  static constexpr int64_t kN = 16 / sizeof(T), kWide = V::kLanes * 4 / static_cast<int64_t>(sizeof(T));
  static constexpr int64_t kLine = 64 / sizeof(T);

  template <int Lanes>
  using Vector [[gnu::vector_size(16 * Lanes)]] = T;

  static void narrow(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t rows, int64_t columns) {
    int64_t first = 0;
    if (columns == 3 && to_stride == 3)
      first = interleave_three(from, from_stride, to, rows);
    else if (columns < kN && 4 * columns >= kN && columns > 1 && to_stride == columns)
      first = interleave_rows(from, from_stride, to, rows, columns);
    // The longer axis inside.
    if (rows - first < columns) {
      for (int64_t r = first; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) to[r * to_stride + c] = from[c * from_stride + r];
      }
    } else {
      for (int64_t c = 0; c < columns; ++c) {
        for (int64_t r = first; r < rows; ++r) to[r * to_stride + c] = from[c * from_stride + r];
      }
    }
  }

  // Three planes to dense pixels (an RGB image to NHWC). Returns the rows done.
  static int64_t interleave_three(const T* from, int64_t from_stride, T* to, int64_t rows) {
    constexpr auto kIndex = std::make_index_sequence<static_cast<size_t>(kN)>();
    int64_t r = 0;
    for (; r + kN <= rows; r += kN) {
      const Vector<1> a = load<1>(from + r, 0), b = load<1>(from + from_stride + r, 0);
      const Vector<1> c = load<1>(from + 2 * from_stride + r, 0);
      const Vector<1> x[3] = {third<0>(a, b, c, kIndex), third<1>(a, b, c, kIndex), third<2>(a, b, c, kIndex)};
      std::memcpy(to + 3 * r, x, sizeof x);
    }
    return r;
  }

  // Of kN pixels of three elements that part of the elements.
  template <int Part, size_t... I>
  static Vector<1> third(Vector<1> a, Vector<1> b, Vector<1> c, std::index_sequence<I...>) {
    constexpr int n = kN;
    const Vector<1> two = __builtin_shufflevector(
        a, b, ((Part * n + static_cast<int>(I)) % 3 % 2 * n + (Part * n + static_cast<int>(I)) / 3)...);
    return __builtin_shufflevector(two, c,
                                   ((Part * n + static_cast<int>(I)) % 3 == 2 ? n + (Part * n + static_cast<int>(I)) / 3
                                                                              : static_cast<int>(I))...);
  }

  // A few planes to dense pixels: every pixel is stored kN wide, and the next store covers what
  // was too much. Stops before a store would leave the block; returns the rows done.
  static int64_t interleave_rows(const T* from, int64_t from_stride, T* to, int64_t rows, int64_t columns) {
    int64_t r = 0;
    for (; (r + kN - 1) * columns + kN <= rows * columns; r += kN) {
      Vector<1> x[kN] = {};
#pragma GCC unroll 16
      for (int i = 0; i < kN - 1; ++i) {
        if (i < columns) x[i] = load<1>(from + i * from_stride + r, 0);
      }
      shuffle<1>(x);
#pragma GCC unroll 16
      for (int i = 0; i < kN; ++i) std::memcpy(to + (r + i) * columns, &x[i], sizeof x[i]);
    }
    return r;
  }

  // Tiles over `rows` x `columns`; the last ones overlap those before.
  template <int Lanes>
  static void band(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t rows, int64_t columns) {
    for (int64_t c = 0; c < columns; c += Lanes * kN) {
      const int64_t column = c + Lanes * kN <= columns ? c : columns - Lanes * kN;
      for (int64_t r = 0; r < rows; r += kN) {
        const int64_t row = r + kN <= rows ? r : rows - kN;
        tile<Lanes>(from + column * from_stride + row, from_stride, to + row * to_stride + column, to_stride);
      }
    }
  }

  // Writes kN rows of Lanes * kN elements.
  template <int Lanes>
  static void tile(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
    Vector<Lanes> x[kN];
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) x[i] = load<Lanes>(from + i * from_stride, kN * from_stride);
    shuffle<Lanes>(x);
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) std::memcpy(to + i * to_stride, &x[i], sizeof x[i]);
  }

  // Transposes the squares in the lanes by log2(kN) perfect shuffles of the rows.
  template <int Lanes>
  [[gnu::always_inline]] static void shuffle(Vector<Lanes> (&x)[kN]) {
    constexpr auto kIndex = std::make_index_sequence<static_cast<size_t>(Lanes * kN)>();
    Vector<Lanes> y[kN];
#pragma GCC unroll 4
    for (int level = 1; level < kN; level *= 2) {
#pragma GCC unroll 8
      for (int i = 0; i < kN / 2; ++i) {
        y[2 * i] = interleave<Lanes, 0>(x[i], x[i + kN / 2], kIndex);
        y[2 * i + 1] = interleave<Lanes, 1>(x[i], x[i + kN / 2], kIndex);
      }
#pragma GCC unroll 16
      for (int i = 0; i < kN; ++i) x[i] = y[i];
    }
  }

  template <int Lanes, int High, size_t... I>
  static Vector<Lanes> interleave(Vector<Lanes> a, Vector<Lanes> b, std::index_sequence<I...>) {
    constexpr int n = kN;
    return __builtin_shufflevector(a, b,
                                   (static_cast<int>(I) / n * n + High * n / 2 + static_cast<int>(I) % n / 2 +
                                    static_cast<int>(I) % 2 * Lanes * n)...);
  }

  template <int Lanes>
  static Vector<Lanes> load(const T* from, int64_t lane_stride) {
    if constexpr (Lanes == 1) {
      Vector<1> lane;
      std::memcpy(&lane, from, sizeof lane);
      return lane;
    } else {
      return join<Lanes>(load<Lanes / 2>(from, lane_stride),
                         load<Lanes / 2>(from + Lanes / 2 * lane_stride, lane_stride),
                         std::make_index_sequence<static_cast<size_t>(Lanes * kN)>());
    }
  }

  template <int Lanes, size_t... I>
  static Vector<Lanes> join(Vector<Lanes / 2> low, Vector<Lanes / 2> high, std::index_sequence<I...>) {
    return __builtin_shufflevector(low, high, static_cast<int>(I)...);
  }
};

template <typename V, typename From, typename To>
void convert_floats(const void* from, int64_t, void* to, int64_t, int64_t count) noexcept {
  const From* in = static_cast<const From*>(from);
  To* out = static_cast<To*>(to);
  int64_t i = 0;
  for (; i + V::kLanes <= count; i += V::kLanes) V::store(out + i, V::load(in + i));
  if (i < count) V::store(out + i, V::load(in + i, count - i), count - i);
}

template <typename V>
inline constexpr CopyKernels kCopyKernels = {
    {Transpose<V, uint8_t>::run, Transpose<V, uint16_t>::run, Transpose<V, uint32_t>::run, Transpose<V, uint64_t>::run},
    {{{convert_floats<V, float, float>, convert_floats<V, float, Half>, convert_floats<V, float, BFloat16>},
      {convert_floats<V, Half, float>, convert_floats<V, Half, Half>, convert_floats<V, Half, BFloat16>},
      {convert_floats<V, BFloat16, float>, convert_floats<V, BFloat16, Half>, convert_floats<V, BFloat16, BFloat16>}}}};

}  // namespace tn
