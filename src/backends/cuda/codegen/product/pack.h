// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/tensor_view.h"

namespace tn::cuda {

/// B of a product as its kernels read it: columns one after another, each tap by tap with channels innermost, then
/// zeros up to `depth` elements. `weights` is [columns, channels, taps…] of f32, f16 or bf16, any strides; `type` is
/// one of these; or i8, for products of bytes of either kind. Rounded to 10 bits of mantissa for `tf32`. Each tap has
/// `pitch` elements, if given, the last ones zero.
std::vector<std::byte> pack_columns(const TensorView& weights, DataType type, int64_t depth, bool tf32,
                                    int64_t pitch = 0);

/// B of a product whose rows of A are normalized, and what its epilogue makes of that (Product::normalizes): columns of
/// scale · weights as pack_columns has them, the sum of each as it was rounded, and bias · weights. Both f32.
struct NormalizedColumns {
  std::vector<std::byte> columns, sums, shifts;
};
/// `weights` is [columns, channels], `scale` and `bias` (if there is one) [channels].
NormalizedColumns pack_normalized(const TensorView& weights, const TensorView& scale, const TensorView* bias,
                                  DataType type, int64_t depth);

/// B of a stem: columns one after another, the channels of each tap as 16 bytes, an even number of taps; zeros where
/// there is nothing. With `pixels` > 1 so many taps side by side share 16 bytes.
std::vector<std::byte> pack_pixels(const TensorView& weights, DataType type, bool tf32, int pixels = 1);

/// Filters of a depthwise convolution, [channels, 1, taps…], as [tap][channel] in f32.
std::vector<std::byte> pack_taps(const TensorView& weights);

}  // namespace tn::cuda
