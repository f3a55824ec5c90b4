// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quant/histogram.h"

namespace tn::quant {

/// How a symmetric range of 8 bits follows from a histogram.
///   minmax       the largest magnitude
///   mse          least mean square of the rounding error (default)
///   entropy2     least KL divergence of 128 levels, as TensorRT's entropy calibrators search it
///   entropy      the same: TensorRT's two differ in where they look, after or before fusion; here it is before
///   percentile   the magnitude that this share of the numbers stays below
///   legacy       the same by quantile; with a cutoff below 1 no less than where a line through the counts of the
///                magnitudes up to cutoff · largest meets zero
struct Calibrator {
  enum class Method : uint8_t { MinMax, Mse, Entropy2, Entropy, Percentile, Legacy };
  Method method = Method::Mse;
  double quantile = 0.9999;  ///< of Percentile and Legacy
  double cutoff = 1;         ///< of Legacy
  friend bool operator==(const Calibrator&, const Calibrator&) = default;
};

/// "mse", "percentile=99.99" (in percent), "legacy" or "legacy=QUANTILE:CUTOFF". Throws Error(InvalidArgument) that
/// lists what there is.
Calibrator parse_calibrator(std::string_view text);
std::string to_string(const Calibrator& calibrator);

/// The magnitude that the largest of `levels` integers above 0 stands for; 0 if only zeros were seen.
float range_of(const Histogram& histogram, const Calibrator& calibrator, int levels = 127);

/// The mean square of x less its quantized form under this range, by the histogram.
double rounding_error(const Histogram& histogram, double range);

}  // namespace tn::quant
