// SPDX-License-Identifier: Apache-2.0
#include "support/compare.h"

#include <fmt/format.h>

#include <cmath>

namespace tn::test {

Tolerance tolerance_for(DataType type) {
  switch (type) {
    case DataType::F64:
      return {1e-7, 1e-6};
    case DataType::F32:
      return {1e-5, 1e-3};
    case DataType::F16:
      return {2e-3, 5e-3};
    case DataType::BF16:
      return {1e-2, 2e-2};
    default:
      return {0, 0};
  }
}

std::string difference(const TensorView& result, const TensorView& expected, const Tolerance& tolerance) {
  if (!(result.dims == expected.dims)) {
    return fmt::format("shape {} instead of {}", to_string(result.dims), to_string(expected.dims));
  }
  double worst = 0;
  std::string text;
  for (Walk walk(result.dims, {result.strides, expected.strides}); walk.more(); walk.next()) {
    const double a = load_double(result, walk.offset(0)), b = load_double(expected, walk.offset(1));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double excess = std::fabs(a - b) / (tolerance.absolute + tolerance.relative * std::fabs(b));
    if (excess <= worst && !std::isnan(excess)) continue;
    if (excess <= 1) continue;
    worst = excess;
    text = fmt::format("at {}: {} instead of {}", to_string(walk.index()), a, b);
    if (std::isnan(excess)) break;
  }
  return text;
}

}  // namespace tn::test
