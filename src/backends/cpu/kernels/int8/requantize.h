// SPDX-License-Identifier: Apache-2.0
// What becomes of sums of products of bytes. The arithmetic is fixed to the last bit, so that every instruction set and
// every backend gives the same integers:
//
//   sum = sum of (x − zero point of x) · w, in integers
//   t   = fmaf(float(sum), scale[c], offset[c])
//   t   = fmaf(float(r), residual_scale, t)                     where there is a residual
//   t   = activation(t) * inverse                               where there is an activation that is no clip
//   q   = clamp(rint(t) + zero_point, low, high)                halves to even
//   q   = table[q]                                              where there is a table
//
// A residual may also be added to the quantized q, which is then quantized again:
//
//   t   = fmaf(float(r), residual_scale, fmaf(float(q), again.scale, again.offset))
//   q   = clamp(rint(t) + again.zero_point, again.low, again.high)
//
// with scale = scale of x · scale of w[c] / scale of y, offset = (bias[c] − zero point of r · scale of r) / scale of y
// and residual_scale = scale of r / scale of y; before an activation the scale of y is 1, and inverse is 1 over it.
// Weights and activations are multiplied as they are stored: `correction` takes what the zero point of x adds to a sum
// away.
#pragma once

#include <cstdint>

#include "backends/cpu/kernels/int8/look_up.h"

namespace tn {

struct Requantization {
  const int32_t* correction = nullptr;  ///< per output channel: taken from the sums
  const float* scale = nullptr;         ///< per output channel
  const float* offset = nullptr;        ///< per output channel
  /// What follows is for results that are bytes; others are t, and Epilogue goes on with them.
  float residual_scale = 0, inverse = 1;
  int32_t zero_point = 0, low = 0, high = 255;
  const uint8_t* table = nullptr;    ///< 256 entries, by the low byte of q; or null
  LookUpFunction look_up = nullptr;  ///< where there is a table
  /// What quantizes q again, with the residual.
  struct Again {
    bool wanted = false;
    float scale = 1, offset = 0;
    int32_t zero_point = 0, low = 0, high = 255;
  } again;
};

/// What sums are: integers; floats that are corrected and exact; or t behind an activation.
enum class SumKind : uint8_t { Integers, Exact, Activated };

/// Rows of sums to be requantized; the arrays per channel begin at the first one.
struct RequantizeArgs : Requantization {
  RequantizeArgs(const Requantization& requantization, int64_t channel) : Requantization(requantization) {
    correction += channel;
    scale += channel;
    offset += channel;
  }

  int32_t* sums = nullptr;  ///< whole vectors
  SumKind kind = SumKind::Integers;
  int64_t sums_stride = 0, rows = 0, channels = 0;
  const char* residual = nullptr;  ///< bytes; may be the output itself
  bool residual_signed = false;
  int64_t residual_stride = 0;
  char* out = nullptr;
  int64_t out_stride = 0;
};
using RequantizeFunction = void (*)(const RequantizeArgs&);

struct RequantizeKernels {
  RequantizeFunction to_bytes;
  RequantizeFunction to_floats;  ///< t takes the place of the sums
};

}  // namespace tn
