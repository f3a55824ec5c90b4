// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

/// Sums of products of bytes in plain C++, as VNNI's instruction makes them. All vector types for bytes have the
/// members of this one, and those of a vector type for floats with as many lanes. Sums are s32, and exact.
/// A step of a product takes four activations, of which each lane multiplies all by weights of its own: spread() gives
/// the activations to all lanes, load_weights() reads four bytes of weights per lane.
struct GenericInt8 : Generic {
  /// Whether dot() needs that no two products that follow each other add up to more than 16 bits: even() and odd() then
  /// make 16 bits of the spread activations at such places, for dot_wide() with weights of 16 bits.
  static constexpr bool kSaturates = false;
  /// What is added to signed activations, which the instruction takes as unsigned.
  static constexpr int kSignedOffset = 128;
  using Sums [[gnu::vector_size(16)]] = int32_t;
  struct Spread {
    uint8_t at[4];
  };
  struct Weights {
    int8_t at[kLanes][4];
  };

  static Sums zero_sums() { return Sums{}; }
  /// Four activations at p, or the first n of them and zeros.
  template <bool kSigned>
  static Spread spread(const char* p, int n = 4) {
    Spread x{};
    std::memcpy(x.at, p, static_cast<size_t>(n));
    for (uint8_t& value : x.at) value = static_cast<uint8_t>(value ^ (kSigned ? 0x80 : 0));
    return x;
  }
  static Weights load_weights(const char* p) {
    Weights w;
    std::memcpy(&w, p, sizeof w);
    return w;
  }
  static Sums dot(Sums sums, const Spread& x, const Weights& w) {
    for (int lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < 4; ++i) sums[lane] += x.at[i] * w.at[lane][i];
    return sums;
  }

  /// Bytes of as many channels as four vectors of sums have, and four such interleaved: x.at[v] holds, for its lane j,
  /// the bytes of channel j / 4 * 16 + 4 * v + j % 4.
  static constexpr int kBytes = 4 * kLanes;
  struct Bytes {
    uint8_t at[kBytes];
  };
  struct Interleaved {
    uint8_t at[4][kLanes][4];
  };
  static Bytes set1_bytes(uint8_t x) {
    Bytes bytes;
    std::memset(bytes.at, x, sizeof bytes.at);
    return bytes;
  }
  /// The first n, and zeros.
  static Bytes load_raw(const char* p, int64_t n) {
    Bytes bytes{};
    std::memcpy(bytes.at, p, static_cast<size_t>(n));
    return bytes;
  }
  template <bool kSigned>
  static Interleaved interleave(const Bytes& a, const Bytes& b, const Bytes& c, const Bytes& d) {
    const Bytes* rows[4] = {&a, &b, &c, &d};
    Interleaved x;
    for (int i = 0; i < kBytes; ++i)
      for (int row = 0; row < 4; ++row)
        x.at[i % 16 / 4][i / 16 * 4 + i % 4][row] = static_cast<uint8_t>(rows[row]->at[i] ^ (kSigned ? 0x80 : 0));
    return x;
  }
  static Sums dot_each(Sums sums, const Interleaved& x, int v, const Weights& w) {
    for (int lane = 0; lane < kLanes; ++lane)
      for (int i = 0; i < 4; ++i) sums[lane] += x.at[v][lane][i] * w.at[lane][i];
    return sums;
  }
  /// In the channels' order.
  static void store_in_order(int32_t* p, const Sums (&x)[4]) {
    for (int i = 0; i < kBytes; ++i) p[i] = x[i % 16 / 4][i / 16 * 4 + i % 4];
  }

  static Sums load_sums(const int32_t* p, int64_t n = kLanes) {
    Sums x{};
    std::memcpy(&x, p, static_cast<size_t>(n) * sizeof(int32_t));
    return x;
  }
  static void store_sums(int32_t* p, Sums x) { std::memcpy(p, &x, sizeof x); }
  static Sums set1_sums(int32_t x) { return Sums{x, x, x, x}; }
  static Sums add_sums(Sums a, Sums b) { return a + b; }
  static Sums sub_sums(Sums a, Sums b) { return a - b; }
  /// To f32, rounding to nearest even; and back.
  static Reg to_floats(Sums x) { return __builtin_convertvector(x, Reg); }
  static Sums round_to_sums(Reg x) {
    const Reg y = round(x);
    return __builtin_convertvector(y, Sums);
  }
  /// Rounded once, on every processor.
  static Reg fma(Reg a, Reg b, Reg c) {
    return Reg{std::fmaf(a[0], b[0], c[0]), std::fmaf(a[1], b[1], c[1]), std::fmaf(a[2], b[2], c[2]),
               std::fmaf(a[3], b[3], c[3])};
  }

  /// Bytes as floats; lanes from n on are zero.
  template <bool kSigned>
  static Reg load_bytes(const char* p, int64_t n = kLanes) {
    Reg x{};
    for (int64_t i = 0; i < n; ++i) x[i] = kSigned ? static_cast<int8_t>(p[i]) : static_cast<uint8_t>(p[i]);
    return x;
  }
  /// Stores clamp(round(t) + zero_point, low, high) as bytes, for all t that are no NaN: of the first n lanes, or of
  /// one to four vectors one after another. Both bounds are those of u8 or those of s8, or within.
  class ByteStep {
   public:
    ByteStep(int32_t zero_point, int32_t low, int32_t high) : zero_point_(zero_point), low_(low), high_(high) {}
    template <int kCount>
    void store(char* p, const Reg (&t)[kCount]) const {
      for (int i = 0; i < kCount; ++i) store(p + i * kLanes, t[i], kLanes);
    }
    /// The first n of the channels of four vectors of dot_each().
    void store_interleaved(char* p, const Reg (&t)[4], int64_t n) const {
      for (int i = 0; i * kLanes < n; ++i)
        store(p + i * kLanes, t[i], n - i * kLanes < kLanes ? n - i * kLanes : kLanes);
    }
    void store(char* p, Reg t, int64_t n) const {
      for (int64_t i = 0; i < n; ++i) {
        const auto most = static_cast<float>(high_ - zero_point_), least = static_cast<float>(low_ - zero_point_);
        const float bounded = t[i] > most ? most : t[i] < least ? least : t[i];
        p[i] = static_cast<char>(static_cast<int32_t>(std::nearbyintf(bounded)) + zero_point_);
      }
    }

   private:
    int32_t zero_point_, low_, high_;
  };
};

}  // namespace tn
