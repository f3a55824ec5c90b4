// SPDX-License-Identifier: Apache-2.0
// Convolutions and matrix products of bytes, as their regions have them: what tactics of all backends share.
#pragma once

#include <vector>

#include "tuning/requantization.h"
#include "tuning/tactic.h"

namespace tn {

/// The constant operand of a product: w = scale · (stored − zero point), one scale per channel or for all.
class QuantizedWeights {
 public:
  QuantizedWeights(const Region& region, int channel_axis);

  int64_t channels() const { return dims_[channel_axis_]; }
  int64_t elements() const { return stored_->elements(); }
  const Shape& dims() const { return dims_; }
  int64_t channel_of(int64_t element) const { return element / inner_ % channels(); }
  int64_t integer(int64_t element) const {
    return stored_->integer(element) - load_->zero_point_at(load_->per_channel() ? channel_of(element) : 0);
  }
  double scale_of(int64_t channel) const { return load_->scale_at(load_->per_channel() ? channel : 0); }
  /// All integers, where supports_quantized_product says yes.
  std::vector<int8_t> bytes() const;

 private:
  const Constant* stored_;
  const QuantizedLoad* load_;
  int channel_axis_;
  Shape dims_;
  int64_t inner_ = 1;
};

/// Whether activations are bytes of one scale and weights constant bytes whose sums of products 32 bits hold.
Support supports_quantized_product(const Region& region, int channel_axis);

/// What is done to the sum of each channel before it is rounded: t = fma(float(sum − correction), scale, offset).
struct ChannelTerms {
  std::vector<int32_t> corrections;
  std::vector<float> scales, offsets;
};
/// `zero_point`: what is added to the numbers that bytes of x stand for, as they are multiplied.
ChannelTerms channel_terms(const Region& region, const MatchedRequantization& matched, const QuantizedWeights& weights,
                           int64_t zero_point);

}  // namespace tn
