// SPDX-License-Identifier: Apache-2.0
// What stands behind a product of quantized operands, in the one form that all backends compute (docs/adr/0014).
#pragma once

#include <array>
#include <optional>

#include "tuning/region.h"

namespace tn {

/// clamp(rint(t) + zero_point, low, high)
struct RoundedTo {
  int64_t zero_point = 0, low = 0, high = 255;
};

/// With s the scale of x · scale of w[c], y the scale of what Quantize gives and r a residual:
///   t = fma(r, scale of r / y, fma(float(sum), s / y, (bias[c] − zero point of r · scale of r) / y))
/// or, with y = 1 in that, t = activation(t) / scale of the result; then q = rounded(t). Then at most one of: a table
/// of q; again(fma(r, residual_scale, fma(q, again_scale, again_offset))), where r does not count before.
struct MatchedRequantization {
  double scale = 1;  ///< y
  RoundedTo rounded;
  std::optional<Expr> activation;                 ///< of Input 0, where it is no clip
  double inverse = 1;                             ///< behind the activation
  int residual_input = kNone;                     ///< region input of bytes with the result's shape, or kNone
  double residual_scale = 0;                      ///< over y, or over the scale of what is quantized again
  double residual_offset = 0;                     ///< what its zero point adds to the result, times the scale
  ConstantPtr bias;                               ///< f32, one number per channel, or null
  std::optional<std::array<uint8_t, 256>> table;  ///< by the low byte of q
  struct Again {
    double scale = 1, offset = 0;
    RoundedTo rounded;
  };
  std::optional<Again> again;
};

/// Recognises Quantize behind [+ constant per channel] [+ dequantized residual] [clip] or behind another activation of
/// [+ constant per channel], and behind it whatever depends on its result alone and gives bytes, or Quantize behind its
/// number + dequantized residual [clip]. Nothing where the region's result is not of bytes.
std::optional<MatchedRequantization> match_requantization(const Region& region, int channel_axis = 1);

/// The expression with a part replaced wherever it occurs.
Expr with_replaced(const Expr& expr, const Expr& part, const Expr& by);

}  // namespace tn
