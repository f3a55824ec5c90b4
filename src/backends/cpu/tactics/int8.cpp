// SPDX-License-Identifier: Apache-2.0
// Products of bytes: convolutions and matrix products whose operands are dequantized as they are loaded.
#include "backends/cpu/device/int8_step.h"
#include "backends/cpu/tactics/conv_form.h"
#include "backends/cpu/tactics/requantization.h"
#include "ops/conv/conv.h"
#include "ops/matmul/matmul.h"
#include "tuning/quantized_product.h"

namespace tn::cpu {
namespace {

/// Correction, scale and offset of all channels (kChannelInput).
std::vector<std::byte> channel_bytes(const Region& region, const MatchedRequantization& matched,
                                     const QuantizedWeights& weights, Isa isa) {
  const DataType type = region.input_type(region.anchor_inputs[0]).type;
  const ProductKernels* kernels = product_kernels(isa, type);  // none for depthwise, which takes no correction
  const int64_t offset = kernels && type == DataType::I8 ? kernels->signed_offset : 0;
  const ChannelTerms terms = channel_terms(region, matched, weights, region.anchor_loads[0]->zero_point_at(0) + offset);
  std::vector<std::byte> bytes;
  const auto append = [&](const auto& numbers) {
    const auto more = std::as_bytes(std::span(numbers));
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(terms.corrections), append(terms.scales), append(terms.offsets);
  return bytes;
}

/// The operands behind x and the packed weights: channels, residual, table.
std::vector<int> further_operands(const Region& region, const MatchedRequantization& matched,
                                  const QuantizedWeights& weights, Isa isa, Need need, RegionLowering& lowering) {
  const auto constant = [&](std::string_view what, std::span<const std::byte> bytes) {
    const std::string& source = region.input(region.anchor_inputs[1]).name;
    return lowering.packed_weights(what, bytes, {{source}, "int8 " + std::string(what), {}});
  };
  const int channels = constant("channels", channel_bytes(region, matched, weights, isa));
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
    if (const Support support = supports_quantized_product(region, 0); !support) return support;
    if (region.input_type(region.anchor_inputs[0]).rank() > 5) return Support::no("more than three spatial axes");
    if (!requantization_of(region)) return Support::no("the expressions after it are not a known epilogue");
    return Algorithm::supports(step_of(region)) ? Support{} : Support::no("a form that it does not compute");
  }
  std::optional<Order> order(const Region&) const override { return Order::ChannelsLast; }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    Int8ConvStep step = step_of(region);
    configure(step.params, config);
    const auto [matched, epilogue] = *requantization_of(region);
    step.epilogue = epilogue;
    const QuantizedWeights weights(region, 0);
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
  virtual void pack(const ConvParams& params, const QuantizedWeights& weights, std::span<std::byte> out) const = 0;
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
  static std::optional<Int8Epilogue> requantization_of(const Region& region) {
    return match_int8_epilogue(region, region.output_type(0).rank() - 1);
  }
};

class Int8Direct final : public Int8ConvTactic<Int8DirectConv> {
 public:
  Int8Direct(std::string_view name, Isa isa) : name_(name), isa_(isa) {}
  std::string_view name() const override { return name_; }
  Support supports(const Region& region, const Target& target) const override {
    return has_isa(isa_) ? Int8ConvTactic::supports(region, target) : Support::foreign();
  }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const ConvConfig& config : Conv::configs(step_of(region).params)) texts.push_back(text_of(config));
    return texts;
  }

 private:
  Isa isa() const override { return isa_; }
  void configure(ConvParams& params, const std::string& config) const override {
    const auto known = Conv::configs(params);
    params.config = known[0];
    for (const ConvConfig& one : known) {
      if (text_of(one) == config) params.config = one;
    }
  }
  void pack(const ConvParams& params, const QuantizedWeights& weights, std::span<std::byte> out) const override {
    std::vector<int8_t> bytes = weights.bytes();
    Conv::pack(params, TensorView::dense(bytes.data(), DataType::I8, weights.dims()), out);
  }

  std::string_view name_;
  Isa isa_;
};

class Int8DepthwiseTactic final : public Int8ConvTactic<Int8DepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise_int8"; }

 private:
  Isa isa() const override { return best_isa(); }
  void pack(const ConvParams& params, const QuantizedWeights& weights, std::span<std::byte> out) const override {
    const std::vector<int8_t> bytes = weights.bytes();
    std::vector<float> numbers(bytes.begin(), bytes.end());
    Depthwise::pack(params, TensorView::dense(numbers.data(), DataType::F32, weights.dims()), out);
  }
};

class VnniDepthwiseTactic final : public Int8ConvTactic<VnniDepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise_int8_vnni"; }

 private:
  Isa isa() const override { return best_int8_isa(); }
  void pack(const ConvParams& params, const QuantizedWeights& weights, std::span<std::byte> out) const override {
    std::vector<int8_t> bytes = weights.bytes();
    Int8Depthwise::pack(params, TensorView::dense(bytes.data(), DataType::I8, weights.dims()), out);
  }
};

class Int8Gemm final : public Tactic {
 public:
  Int8Gemm(std::string_view name, Isa isa) : name_(name), isa_(isa) {}
  std::string_view name() const override { return name_; }
  bool takes_quantized() const override { return true; }
  Support supports(const Region& region, const Target&) const override {
    const auto* op = dynamic_cast<const ops::MatMul*>(region.anchor);
    if (!has_isa(isa_) || !op || !region.loads_quantized()) return Support::foreign();
    if (op->transpose_a) return Support::no("A is transposed");
    if (region.input_type(region.anchor_inputs[1]).rank() != 2) return Support::no("B is not a matrix");
    if (const Support support = supports_quantized_product(region, channel_axis(region)); !support) return support;
    if (!match_int8_epilogue(region)) return Support::no("the expressions after it are not a known epilogue");
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
    const auto [matched, epilogue] = *match_int8_epilogue(region);
    step.epilogue = epilogue;
    const QuantizedWeights weights(region, channel_axis(region));
    std::vector<int8_t> bytes = weights.bytes();
    TensorView b = TensorView::dense(bytes.data(), DataType::I8, weights.dims());
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
  GemmParams params_of(const Region& region) const {
    const Shape b = *region.input_type(region.anchor_inputs[1]).static_shape();
    const int axis = channel_axis(region);
    GemmParams params;
    params.k = b[1 - axis];
    params.n = b[axis];
    params.type = region.input_type(region.anchor_inputs[0]).type;
    params.out_type = region.output_type(0).type;
    params.isa = isa_;
    return params;
  }

  std::string_view name_;
  Isa isa_;
};

}  // namespace

const Tactic& conv_int8() {
  static const Int8Direct tactic("conv.int8", best_int8_isa());
  return tactic;
}
const Tactic& conv_int8_amx() {
  static const Int8Direct tactic("conv.int8_amx", Isa::AmxInt8);
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
  static const Int8Gemm tactic("gemm.int8", best_int8_isa());
  return tactic;
}
const Tactic& gemm_int8_amx() {
  static const Int8Gemm tactic("gemm.int8_amx", Isa::AmxInt8);
  return tactic;
}

}  // namespace tn::cpu
