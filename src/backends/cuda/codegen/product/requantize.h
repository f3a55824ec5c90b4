// SPDX-License-Identifier: Apache-2.0
// What becomes of sums of products of bytes, as kernel text: in the arithmetic of all backends, to the last bit
// (docs/adr/0014).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/data_type.h"
#include "program/scalar_program.h"

namespace tn::cuda {

/// t = fma(float(sum − correction), scale, offset), each an input of the epilogue that has one number for each column;
/// numbers of inputs begin with 0. Then, where bytes are wanted:
///   t = fma(float(r), residual_scale, t)                        where there is a residual, and no `again`
///   t = activation(t) · inverse                                 where there is an activation
///   q = clamp(rint(t) + zero_point, low, high)
///   q = table[q]                                                where there is a table
///   q = again: rounded(fma(float(r), residual_scale, fma(float(q), again.scale, again.offset)))
struct Requantization {
  static constexpr int kNone = -1;
  int correction = kNone, scale = kNone, offset = kNone;

  struct Rounding {
    int64_t zero_point = 0, low = 0, high = 255;
  };
  struct Again {
    float scale = 1, offset = 0;
    Rounding rounding;
  };
  struct Bytes {
    int residual = kNone;
    float residual_scale = 0, inverse = 1;
    std::optional<ScalarProgram> activation;
    Rounding rounding;
    bool has_table = false;  ///< u8 [256], a parameter behind the epilogue's inputs
    std::optional<Again> again;
  };
  std::optional<Bytes> bytes;
};

struct RequantizationText {
  std::string statements, result;
};
/// Of `sum`, an expression; `inputs` are those of the epilogue as computed values. Bytes, of the type, may lie beyond
/// its bounds, which take them then.
RequantizationText requantization_text(const Requantization& requantization, DataType to, const std::string& sum,
                                       std::span<const std::string> inputs);

}  // namespace tn::cuda
