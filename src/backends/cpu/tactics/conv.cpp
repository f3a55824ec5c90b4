// SPDX-License-Identifier: Apache-2.0
// Direct, depthwise and Winograd convolution.
#include "ops/conv/conv.h"

#include "backends/cpu/device/conv_step.h"
#include "backends/cpu/tactics/conv_form.h"
#include "backends/cpu/tactics/epilogue.h"
#include "base/stored_float.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

std::optional<MatchedEpilogue> epilogue_of(const Region& region) {
  return match_epilogue(region, region.output_type(0).rank() - 1);
}

/// The step of a convolution region without the choice of a configuration and the epilogue.
ConvStep step_of(const Region& region, Isa isa) {
  ConvStep step;
  step.params = conv_params(region);
  step.params.isa = isa;
  return step;
}

/// What direct, depthwise and Winograd share: the region's form, its operands and its step.
template <typename Algorithm>
class ConvTactic : public Tactic {
 public:
  Support supports(const Region& region, const Target&) const override {
    if (!dynamic_cast<const ops::Conv*>(region.anchor)) return Support::foreign();
    const TensorType& x = region.input_type(region.anchor_inputs[0]);
    if (!is_stored_float(x.type) || !is_stored_float(region.output_type(0).type))
      return Support::no("operands of another type than f32, f16 or bf16");
    if (x.rank() > 5) return Support::no("more than three spatial axes");
    if (!region.input(region.anchor_inputs[1]).constant) return Support::no("the filter is not constant");
    if (has_bias(region) && !region.input(region.anchor_inputs[2]).constant)
      return Support::no("the bias is not constant");
    const auto epilogue = epilogue_of(region);
    if (!epilogue) return Support::no("the expressions after it are not a known epilogue");
    if (epilogue->bias && has_bias(region)) return Support::no("two biases");
    return form(step_of(region, best_isa()));
  }
  std::optional<Order> order(const Region&) const override { return Order::ChannelsLast; }

  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    ConvStep step = step_of(region, best_isa());
    configure(step, config);
    const auto epilogue = *epilogue_of(region);
    step.epilogue = epilogue.step;
    const Tensor& weights = region.input(region.anchor_inputs[1]);
    std::vector<std::byte> packed(Algorithm::packed_bytes(step));
    pack(step, as_f32(weights.constant)->view(), packed);
    const int x = lowering.input(region.anchor_inputs[0], Need::ChannelsLast);
    const int residual =
        epilogue.residual_input == kNone ? kNone : lowering.input(epilogue.residual_input, Need::ChannelsLast);
    int bias = kNone;
    if (has_bias(region)) {
      const Tensor& constant = region.input(region.anchor_inputs[2]);
      bias = lowering.constant(*as_f32(constant.constant), constant.name);
    }
    if (epilogue.bias) bias = lowering.constant(*epilogue.bias, epilogue.bias_name);
    const int y = lowering.output(0, Need::ChannelsLast);
    const ConvShape largest = conv_shape(lowering.largest_view(x), lowering.largest_view(y));
    const uint64_t workspace = Algorithm(step, largest).workspace_bytes(lowering.target().threads);
    const int packed_id = lowering.packed_weights(
        "packed", packed, {{weights.name}, std::string(name()) + ":" + config, encode_fields(step)});
    lowering.add_step(std::string(Algorithm::kKernel), encode_fields(step), {x, packed_id, bias, residual}, {y},
                      workspace);
  }

 protected:
  virtual Support form(const ConvStep& step) const = 0;
  virtual void configure(ConvStep& step, const std::string& config) const = 0;
  virtual void pack(const ConvStep& step, const TensorView& weights, std::span<std::byte> out) const = 0;
};

class Direct final : public ConvTactic<DirectConv> {
 public:
  std::string_view name() const override { return "conv.direct"; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const ConvConfig& config : Conv::configs(step_of(region, best_isa()).params)) texts.push_back(text_of(config));
    return texts;
  }

 private:
  Support form(const ConvStep& step) const override { return supports_products(step.params.type, step.params.isa); }
  void configure(ConvStep& step, const std::string& config) const override {
    for (const ConvConfig& known : Conv::configs(step.params)) {
      if (text_of(known) == config) step.params.config = known;
    }
  }
  void pack(const ConvStep& step, const TensorView& weights, std::span<std::byte> out) const override {
    Conv::pack(step.params, weights, out);
  }
};

class DepthwiseTactic final : public ConvTactic<DepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise"; }

 private:
  Support form(const ConvStep& step) const override {
    const ConvParams& p = step.params;
    if (p.groups != p.in_channels || p.out_channels != p.in_channels || p.groups == 1)
      return Support::no("not one filter per channel");
    return Depthwise::supports(p) ? Support{} : Support::no("no kernel for this window");
  }
  void configure(ConvStep&, const std::string&) const override {}
  void pack(const ConvStep& step, const TensorView& weights, std::span<std::byte> out) const override {
    Depthwise::pack(step.params, weights, out);
  }
};

class F16DepthwiseTactic final : public ConvTactic<F16DepthwiseConv> {
 public:
  std::string_view name() const override { return "conv.depthwise_f16"; }

 private:
  Support form(const ConvStep& step) const override {
    if (!F16Depthwise::supports(step.params)) return Support::foreign();
    return f16_depthwise_kernels(step.params.isa) ? Support{} : Support::no("needs AVX512-FP16");
  }
  void configure(ConvStep&, const std::string&) const override {}
  void pack(const ConvStep& step, const TensorView& weights, std::span<std::byte> out) const override {
    F16Depthwise::pack(step.params, F16DepthwiseConv::kernels(step), weights, out);
  }
};

class WinogradTactic final : public ConvTactic<WinogradConv> {
 public:
  std::string_view name() const override { return "conv.winograd"; }
  std::vector<std::string> configs(const Region& region, const Target&) const override {
    std::vector<std::string> texts;
    for (const WinogradConfig& config : Winograd::configs(step_of(region, best_isa()).params))
      texts.push_back(text_of(config));
    return texts;
  }

 private:
  static std::string text_of(const WinogradConfig& config) {
    return fmt::format("f{}b{}t{}x{}", config.outputs, config.block, config.tile.rows, config.tile.vectors);
  }
  Support form(const ConvStep& step) const override {
    const ConvParams& p = step.params;
    const bool window =
        p.kernel == Extent{1, 3, 3} && p.stride == Extent{1, 1, 1} && p.dilation == Extent{1, 1, 1} && p.groups == 1;
    if (!window) return Support::no("not a 3x3 convolution of stride 1 in one group");
    if (const Support products = supports_products(p.type, p.isa); !products) return products;
    return Winograd::configs(p).empty() ? Support::no("no transforms for this form") : Support{};
  }
  void configure(ConvStep& step, const std::string& config) const override {
    for (const WinogradConfig& known : Winograd::configs(step.params)) {
      if (text_of(known) != config) continue;
      step.winograd = known;
      step.params.config.tile = known.tile;
    }
  }
  void pack(const ConvStep& step, const TensorView& weights, std::span<std::byte> out) const override {
    Winograd::pack(step.params, step.winograd, weights, out);
  }
};

}  // namespace

const Tactic& conv_direct() {
  static const Direct tactic;
  return tactic;
}
const Tactic& conv_depthwise() {
  static const DepthwiseTactic tactic;
  return tactic;
}
const Tactic& conv_depthwise_f16() {
  static const F16DepthwiseTactic tactic;
  return tactic;
}
const Tactic& conv_winograd() {
  static const WinogradTactic tactic;
  return tactic;
}

}  // namespace tn::cpu
