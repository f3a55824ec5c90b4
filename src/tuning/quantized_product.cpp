// SPDX-License-Identifier: Apache-2.0
#include "tuning/quantized_product.h"

namespace tn {
namespace {

bool is_bytes(DataType type) {
  return type == DataType::U8 || type == DataType::I8;
}

/// Sums of so many products of bytes fit 32 bits.
constexpr int64_t kMostProducts = (int64_t{1} << 31) / (255 * 128) - 1;

/// The bias of the operator itself, as numbers; 0 without.
std::vector<double> bias_of(const Region& region, int64_t channels) {
  std::vector<double> result(static_cast<size_t>(channels));
  if (region.anchor_inputs.size() < 3 || region.anchor_inputs[2] == kNone) return result;
  const Constant& bias = *region.input(region.anchor_inputs[2]).constant;
  const auto& load = region.anchor_loads[2];
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t at = load && load->per_channel() ? c : 0;
    result[static_cast<size_t>(c)] =
        load ? static_cast<double>(bias.integer(c) - load->zero_point_at(at)) * load->scale_at(at) : bias.number(c);
  }
  return result;
}

}  // namespace

QuantizedWeights::QuantizedWeights(const Region& region, int channel_axis)
    : stored_(region.input(region.anchor_inputs[1]).constant.get()),
      load_(&*region.anchor_loads[1]),
      channel_axis_(channel_axis),
      dims_(stored_->dims()) {
  for (int i = channel_axis + 1; i < dims_.rank(); ++i) inner_ *= dims_[i];
}

std::vector<int8_t> QuantizedWeights::bytes() const {
  std::vector<int8_t> result(static_cast<size_t>(elements()));
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<int8_t>(integer(static_cast<int64_t>(i)));
  return result;
}

Support supports_quantized_product(const Region& region, int channel_axis) {
  if (!region.anchor_loads[0] || !region.anchor_loads[1]) return Support::no("operands that are not both quantized");
  const TensorType& x = region.input_type(region.anchor_inputs[0]);
  const Tensor& w = region.input(region.anchor_inputs[1]);
  if (!is_bytes(x.type) || !is_bytes(w.type.type)) return Support::no("operands that are not bytes");
  if (region.anchor_loads[0]->per_channel()) return Support::no("activations with a scale per channel");
  if (!w.constant) return Support::no("weights that are not constant");
  const QuantizedLoad& load = *region.anchor_loads[1];
  if (load.per_channel() && load.axis != channel_axis)
    return Support::no("scales along another axis than the channels");
  const QuantizedWeights weights(region, channel_axis);
  if (w.type.type == DataType::U8 || load.zero_point) {
    for (int64_t i = 0; i < weights.elements(); ++i) {
      const int64_t value = weights.integer(i);
      if (value < -128 || value > 127) return Support::no("weights that are no signed bytes without their zero point");
    }
  }
  if (region.anchor_inputs.size() > 2 && region.anchor_inputs[2] != kNone &&
      !region.input(region.anchor_inputs[2]).constant)
    return Support::no("the bias is not constant");
  if (weights.elements() / weights.channels() > kMostProducts) return Support::no("sums that 32 bits do not hold");
  return {};
}

ChannelTerms channel_terms(const Region& region, const MatchedRequantization& matched, const QuantizedWeights& weights,
                           int64_t zero_point) {
  const auto channels = static_cast<size_t>(weights.channels());
  const double scale = region.anchor_loads[0]->scale_at(0);
  std::vector<double> bias = bias_of(region, weights.channels());
  std::vector<int64_t> sums(channels);
  for (int64_t i = 0; i < weights.elements(); ++i)
    sums[static_cast<size_t>(weights.channel_of(i))] += weights.integer(i);
  ChannelTerms terms{std::vector<int32_t>(channels), std::vector<float>(channels), std::vector<float>(channels)};
  for (size_t c = 0; c < channels; ++c) {
    if (matched.bias) bias[c] += matched.bias->number(static_cast<int64_t>(c));
    terms.corrections[c] = static_cast<int32_t>(sums[c] * zero_point);
    terms.scales[c] = static_cast<float>(scale * weights.scale_of(static_cast<int64_t>(c)) / matched.scale);
    terms.offsets[c] = static_cast<float>((bias[c] + matched.residual_offset) / matched.scale);
  }
  return terms;
}

}  // namespace tn
