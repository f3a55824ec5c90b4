// SPDX-License-Identifier: Apache-2.0
// Products of bytes: convolutions and matrix products whose operands are dequantized as they are loaded.
#include "backends/cpu/device/int8_step.h"
#include "backends/cpu/tactics/conv_form.h"
#include "backends/cpu/tactics/requantization.h"
#include "base/stored_float.h"
#include "ops/conv/conv.h"
#include "ops/matmul/matmul.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

/// The constant operand of a product: w = scale · (stored − zero point), one scale per channel or for all.
struct Weights {
  const Constant* stored;
  const QuantizedLoad* load;
  int64_t channels, channel_axis;
  Shape dims;

  int64_t channel_of(int64_t element) const {
    int64_t inner = 1;
    for (int64_t i = channel_axis + 1; i < dims.rank(); ++i) inner *= dims[static_cast<int>(i)];
    return element / inner % channels;
  }
  int64_t integer(int64_t element) const {
    return stored->integer(element) - load->zero_point_at(load->per_channel() ? channel_of(element) : 0);
  }
  double scale_of(int64_t channel) const { return load->scale_at(load->per_channel() ? channel : 0); }

  std::vector<int8_t> bytes() const {
    std::vector<int8_t> result(static_cast<size_t>(stored->elements()));
    for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<int8_t>(integer(static_cast<int64_t>(i)));
    return result;
  }
};

Weights weights_of(const Region& region, int64_t channel_axis) {
  const Tensor& tensor = region.input(region.anchor_inputs[1]);
  const Shape dims = tensor.constant->dims();
  return {tensor.constant.get(), &*region.anchor_loads[1], dims[static_cast<int>(channel_axis)], channel_axis, dims};
}

bool is_bytes(DataType type) {
  return type == DataType::U8 || type == DataType::I8;
}

/// What both operators ask of their operands.
Support supports_operands(const Region& region, int channel_axis) {
  if (!region.anchor_loads[0] || !region.anchor_loads[1]) return Support::no("operands that are not both quantized");
  const TensorType& x = region.input_type(region.anchor_inputs[0]);
  const Tensor& w = region.input(region.anchor_inputs[1]);
  if (!is_bytes(x.type) || !is_bytes(w.type.type)) return Support::no("operands that are not bytes");
  if (region.anchor_loads[0]->per_channel()) return Support::no("activations with a scale per channel");
  if (!w.constant) return Support::no("weights that are not constant");
  const QuantizedLoad& load = *region.anchor_loads[1];
  if (load.per_channel() && load.axis != channel_axis)
    return Support::no("scales along another axis than the channels");
  if (w.type.type == DataType::U8 || load.zero_point) {
    const Weights weights = weights_of(region, channel_axis);
    for (int64_t i = 0; i < w.constant->elements(); ++i) {
      const int64_t value = weights.integer(i);
      if (value < -128 || value > 127) return Support::no("weights that are no signed bytes without their zero point");
    }
  }
  if (product_within({w.constant->elements() / weights_of(region, channel_axis).channels}, kMostInt8Products))
    return {};
  return Support::no("sums that 32 bits do not hold");
}

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

/// Correction, scale and offset of all channels (kChannelInput).
std::vector<std::byte> channel_terms(const Region& region, const MatchedRequantization& matched, const Weights& weights,
                                     Isa isa) {
  const DataType type = region.input_type(region.anchor_inputs[0]).type;
  const QuantizedLoad& x = *region.anchor_loads[0];
  const auto channels = static_cast<size_t>(weights.channels);
  const ProductKernels* kernels = product_kernels(isa, type);  // none for depthwise, which takes no correction
  const int64_t zero_point = x.zero_point_at(0) + (kernels && type == DataType::I8 ? kernels->signed_offset : 0);
  std::vector<double> bias = bias_of(region, weights.channels);
  std::vector<int64_t> sums(channels);
  for (int64_t i = 0; i < weights.stored->elements(); ++i)
    sums[static_cast<size_t>(weights.channel_of(i))] += weights.integer(i);
  std::vector<std::byte> bytes(channels * static_cast<size_t>(kChannelBytes));
  auto* corrections = reinterpret_cast<int32_t*>(bytes.data());
  auto* scales = reinterpret_cast<float*>(corrections + channels);
  auto* offsets = scales + channels;
  for (size_t c = 0; c < channels; ++c) {
    if (matched.bias) bias[c] += matched.bias->number(static_cast<int64_t>(c));
    corrections[c] = static_cast<int32_t>(sums[c] * zero_point);
    scales[c] = static_cast<float>(x.scale_at(0) * weights.scale_of(static_cast<int64_t>(c)) / matched.scale);
    offsets[c] = static_cast<float>((bias[c] + matched.residual_offset) / matched.scale);
  }
  return bytes;
}

/// The operands behind x and the packed weights: channels, residual, table.
std::vector<int> further_operands(const Region& region, const MatchedRequantization& matched, const Weights& weights,
                                  Isa isa, Need need, RegionLowering& lowering) {
  const auto constant = [&](std::string_view what, std::span<const std::byte> bytes) {
    const std::string& source = region.input(region.anchor_inputs[1]).name;
    return lowering.packed_weights(what, bytes, {{source}, "int8 " + std::string(what), {}});
  };
  const int channels = constant("channels", channel_terms(region, matched, weights, isa));
  const int residual = matched.residual_input == kNone ? kNone : lowering.input(matched.residual_input, need);
  const int table = matched.table ? constant("table", std::as_bytes(std::span(*matched.table))) : kNone;
  return {channels, residual, table};
}

/// What direct and depthwise convolution share.
template <typename Algorithm>
class Int8ConvTactic : public Tactic {
 public:
  bool takes_quantized() const override { return true; }
  Support supports(const Region& region, const Target&) const override {
    if (!dynamic_cast<const ops::Conv*>(region.anchor) || !region.loads_quantized()) return Support::foreign();
    if (const Support support = supports_operands(region, 0); !support) return support;
    if (region.input_type(region.anchor_inputs[0]).rank() > 5) return Support::no("more than three spatial axes");
    if (has_bias(region) && !region.input(region.anchor_inputs[2]).constant)
      return Support::no("the bias is not constant");
    if (!requantization_of(region)) return Support::no("the expressions after it are not a known epilogue");
    return Algorithm::supports(step_of(region)) ? Support{} : Support::no("a form that it does not compute");
  }
  std::optional<Order> order(const Region&) const override { return Order::ChannelsLast; }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    Int8ConvStep step = step_of(region);
    configure(step.params, config);
    const auto matched = *requantization_of(region);
    step.epilogue = matched.step;
    const Weights weights = weights_of(region, 0);
    std::vector<std::byte> packed(Algorithm::packed_bytes(step));
    pack(step.params, weights, packed);

    const int x = lowering.input(region.anchor_inputs[0], Need::ChannelsLast);
    std::vector<int> operands =
        further_operands(region, matched, weights, step.params.isa, Need::ChannelsLast, lowering);
    const int packed_id = lowering.packed_weights(
        "packed", packed,
        {{region.input(region.anchor_inputs[1]).name}, std::string(name()) + ":" + config, encode_fields(step)});
    operands.insert(operands.begin(), {x, packed_id});
    const int y = lowering.output(0, Need::ChannelsLast);
    const ConvShape largest = conv_shape(lowering.largest_view(x), lowering.largest_view(y));
    const uint64_t workspace = Algorithm(step, largest).workspace_bytes(lowering.target().threads);
    lowering.add_step(std::string(Algorithm::kKernel), encode_fields(step), operands, {y}, workspace);
  }

 protected:
  virtual Isa isa() const = 0;
  virtual void configure(ConvParams&, const std::string&) const {}
  virtual void pack(const ConvParams& params, const Weights& weights, std::span<std::byte> out) const = 0;
  /// Without the epilogue, with the first configuration.
  Int8ConvStep step_of(const Region& region) const {
    Int8ConvStep step;
    step.params = conv_params(region);
    step.params.isa = isa();
    step.params.zero_point = static_cast<int>(region.anchor_loads[0]->zero_point_at(0));
    configure(step.params, "");
    return step;
  }

 private:
  static std::optional<MatchedRequantization> requantization_of(const Region& region) {
    return match_requantization(region, region.output_type(0).rank() - 1);
  }
};

class Int8Direct final : public Int8ConvTactic<Int8DirectConv> {
 public:
  std::string_view name() const override { return "conv.int8"; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const ConvConfig& config : Conv::configs(step_of(region).params)) texts.push_back(text_of(config));
    return texts;
  }

 private:
  Isa isa() const override { return best_int8_isa(); }
  void configure(ConvParams& params, const std::string& config) const override {
    const auto known = Conv::configs(params);
    params.config = known[0];
    for (const ConvConfig& one : known) {
      if (text_of(one) == config) params.config = one;
    }
  }
  void pack(const ConvParams& params, const Weights& weights, std::span<std::byte> out) const override {
    std::vector<int8_t> bytes = weights.bytes();
    Conv::pack(params, TensorView::dense(bytes.data(), DataType::I8, weights.dims), out);
  }
};

class Int8DepthwiseTactic final : public Int8ConvTactic<Int8DepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise_int8"; }

 private:
  Isa isa() const override { return best_isa(); }
  void pack(const ConvParams& params, const Weights& weights, std::span<std::byte> out) const override {
    const std::vector<int8_t> bytes = weights.bytes();
    std::vector<float> numbers(bytes.begin(), bytes.end());
    Depthwise::pack(params, TensorView::dense(numbers.data(), DataType::F32, weights.dims), out);
  }
};

class VnniDepthwiseTactic final : public Int8ConvTactic<VnniDepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise_int8_vnni"; }

 private:
  Isa isa() const override { return best_int8_isa(); }
  void pack(const ConvParams& params, const Weights& weights, std::span<std::byte> out) const override {
    std::vector<int8_t> bytes = weights.bytes();
    Int8Depthwise::pack(params, TensorView::dense(bytes.data(), DataType::I8, weights.dims), out);
  }
};

class Int8Gemm final : public Tactic {
 public:
  std::string_view name() const override { return "gemm.int8"; }
  bool takes_quantized() const override { return true; }
  Support supports(const Region& region, const Target&) const override {
    const auto* op = dynamic_cast<const ops::MatMul*>(region.anchor);
    if (!op || !region.loads_quantized()) return Support::foreign();
    if (op->transpose_a) return Support::no("A is transposed");
    if (region.input_type(region.anchor_inputs[1]).rank() != 2) return Support::no("B is not a matrix");
    if (const Support support = supports_operands(region, channel_axis(region)); !support) return support;
    if (!match_requantization(region)) return Support::no("the expressions after it are not a known epilogue");
    return {};
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const TileShape& tile : Gemm::configs(params_of(region))) texts.push_back(text_of(tile));
    return texts;
  }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    Int8GemmStep step;
    step.params = params_of(region);
    for (const TileShape& tile : Gemm::configs(step.params)) {
      if (text_of(tile) == config) step.params.tile = tile;
    }
    const auto matched = *match_requantization(region);
    step.epilogue = matched.step;
    const Weights weights = weights_of(region, channel_axis(region));
    std::vector<int8_t> bytes = weights.bytes();
    TensorView b = TensorView::dense(bytes.data(), DataType::I8, weights.dims);
    if (channel_axis(region) == 0) {
      std::swap(b.dims[0], b.dims[1]);
      std::swap(b.strides[0], b.strides[1]);
    }
    std::vector<std::byte> packed(Gemm::packed_bytes(step.params));
    Gemm::pack(step.params, b, packed);

    const int a = lowering.input(region.anchor_inputs[0], Need::RowMajor);
    std::vector<int> operands = further_operands(region, matched, weights, step.params.isa, Need::RowMajor, lowering);
    const int packed_id = lowering.packed_weights(
        "packed", packed,
        {{region.input(region.anchor_inputs[1]).name}, std::string(name()) + ":" + config, encode_fields(step)});
    operands.insert(operands.begin(), {a, packed_id});
    lowering.add_step("gemm_int8", encode_fields(step), operands, {lowering.output(0, Need::RowMajor)});
  }

 private:
  static std::string text_of(const TileShape& tile) { return fmt::format("{}x{}", tile.rows, tile.vectors); }
  static int channel_axis(const Region& region) {
    return dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b ? 0 : 1;
  }
  static GemmParams params_of(const Region& region) {
    const Shape b = *region.input_type(region.anchor_inputs[1]).static_shape();
    const int axis = channel_axis(region);
    GemmParams params;
    params.k = b[1 - axis];
    params.n = b[axis];
    params.type = region.input_type(region.anchor_inputs[0]).type;
    params.out_type = region.output_type(0).type;
    params.isa = best_int8_isa();
    return params;
  }
};

}  // namespace

const Tactic& conv_int8() {
  static const Int8Direct tactic;
  return tactic;
}
const Tactic& conv_depthwise_int8() {
  static const Int8DepthwiseTactic tactic;
  return tactic;
}
const Tactic& conv_depthwise_int8_vnni() {
  static const VnniDepthwiseTactic tactic;
  return tactic;
}
const Tactic& gemm_int8() {
  static const Int8Gemm tactic;
  return tactic;
}

}  // namespace tn::cpu
