// SPDX-License-Identifier: Apache-2.0
// Gather, resize and attention.
#include "ops/index/gather.h"

#include "backends/cpu/device/attention_step.h"
#include "backends/cpu/kernels/pool/resize.h"
#include "backends/cpu/tactics/epilogue.h"
#include "base/stored_float.h"
#include "ops/attention/attention.h"
#include "ops/image/resize.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

class GatherTactic final : public Tactic {
 public:
  std::string_view name() const override { return "gather"; }
  Support supports(const Region& region, const Target&) const override {
    if (!dynamic_cast<const ops::Gather*>(region.anchor) || !region.expressions.empty()) return Support::foreign();
    const DataType index = region.input_type(region.anchor_inputs[1]).type;
    if (index != DataType::I64 && index != DataType::I32) return Support::no("indices of another type");
    return region.defines().empty() ? Support{} : Support::no("extents that only running tells");
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto& op = dynamic_cast<const ops::Gather&>(*region.anchor);
    const int data = region.anchor_inputs[0];
    const GatherStep step{ops::normalize_axis(op.axis, region.input_type(data).rank())};
    lowering.add_step("gather", encode_fields(step), {lowering.input(data), lowering.input(region.anchor_inputs[1])},
                      {lowering.output(0)});
  }
};

class ResizeTactic final : public Tactic {
 public:
  std::string_view name() const override { return "resize"; }
  Support supports(const Region& region, const Target&) const override {
    const auto* op = dynamic_cast<const ops::Resize*>(region.anchor);
    if (!op || !region.expressions.empty()) return Support::foreign();
    const TensorType &x = region.input_type(0), &y = region.output_type(0);
    if (!is_stored_float(x.type) && op->mode != ops::ResizeMode::Nearest)
      return Support::no("an operand of another type than f32, f16 or bf16");
    if (x.rank() < 3 || x.rank() > 5 || !(x.dims[0] == y.dims[0]) || !(x.dims[1] == y.dims[1]))
      return Support::no("batch or channels change");
    if (op->antialias || op->keep_aspect_ratio_policy != ops::AspectPolicy::Stretch)
      return Support::no("antialiased, or the aspect is kept");
    if (op->coordinate_transformation_mode > ops::CoordinateMode::Asymmetric)
      return Support::no("coordinates of TensorFlow");
    if (!region.defines().empty()) return Support::no("extents that only running tells");
    const auto scales = scales_of(region);
    if (!scales) return Support::no("scales that are not constant");
    // ONNX aligns the corners of scale * extent, which need not be whole; the kernel those of the result.
    const bool aligned = op->coordinate_transformation_mode == ops::CoordinateMode::AlignCorners;
    return aligned && !scales->empty() ? Support::no("corners aligned under scales") : Support{};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto& op = dynamic_cast<const ops::Resize&>(*region.anchor);
    ResizeStep step;
    step.mode = static_cast<int64_t>(op.mode);
    step.coordinates = static_cast<int64_t>(op.coordinate_transformation_mode);
    step.rounding = static_cast<int64_t>(op.nearest_mode);
    step.cubic_a = op.cubic_coeff_a;
    step.exclude_outside = op.exclude_outside;
    step.scales = *scales_of(region);
    lowering.add_step("resize", encode_fields(step), {lowering.input(0)}, {lowering.output(0)});
  }

 private:
  // Scales of the spatial axes; empty if sizes are given.
  static std::optional<std::vector<double>> scales_of(const Region& region) {
    const auto& op = dynamic_cast<const ops::Resize&>(*region.anchor);
    if (region.anchor_inputs.size() < 3 || region.anchor_inputs[2] < 0) return std::vector<double>{};
    const ConstantPtr& constant = region.input(region.anchor_inputs[2]).constant;
    if (!constant) return std::nullopt;
    const int rank = region.input_type(0).rank();
    std::vector<double> scales(static_cast<size_t>(rank - 2), 1.0);
    for (int64_t i = 0; i < constant->elements(); ++i) {
      int64_t axis = op.axes.empty() ? i : op.axes[static_cast<size_t>(i)];
      if (axis < 0) axis += rank;
      if (axis >= 2) scales[static_cast<size_t>(axis - 2)] = constant->number(i);
    }
    return scales;
  }
};

class AttentionTactic final : public Tactic {
 public:
  std::string_view name() const override { return "attention"; }
  Support supports(const Region& region, const Target&) const override {
    const auto* op = dynamic_cast<const ops::Attention*>(region.anchor);
    if (!op || !region.expressions.empty()) return Support::foreign();
    if (op->softcap != 0) return Support::no("capped scores");
    const DataType type = region.input_type(region.anchor_inputs[0]).type;
    if (!is_stored_float(type)) return Support::no("operands of another type than f32, f16 or bf16");
    for (size_t i = 1; i < 3; ++i) {
      if (region.input_type(region.anchor_inputs[i]).type != type) return Support::no("operands of different types");
    }
    if (region.output_type(0).type != type) return Support::no("operands and result of different types");
    if (const int mask = mask_of(region); mask >= 0) {
      if (!is_stored_float(region.input_type(mask).type)) return Support::no("a mask that is not of floats");
      if (region.input_type(mask).rank() == 0) return Support::no("a scalar mask");
    }
    return {};
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto& op = dynamic_cast<const ops::Attention&>(*region.anchor);
    std::vector<int> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(lowering.input(region.anchor_inputs[static_cast<size_t>(i)]));
    inputs.push_back(mask_of(region) < 0 ? kNone : lowering.input(mask_of(region)));
    const int out = lowering.output(0);
    AttentionParams params;
    params.scale = static_cast<float>(op.scale);
    params.causal = op.causal;
    const AttentionShape max =
        attention_shape(lowering.largest_view(inputs[0]), lowering.largest_view(inputs[1]),
                        lowering.largest_view(inputs[2]), nullptr, lowering.largest_view(out), op.aligned);
    const uint64_t workspace = Attention(params).workspace_bytes(max, lowering.target().threads);
    const AttentionStep step{op.scale, op.causal, op.aligned};
    lowering.add_step("attention", encode_fields(step), std::move(inputs), {out}, workspace);
  }

 private:
  static int mask_of(const Region& region) { return region.anchor_inputs.size() > 3 ? region.anchor_inputs[3] : kNone; }
};

}  // namespace

const Tactic& gather() {
  static const GatherTactic tactic;
  return tactic;
}
const Tactic& resize() {
  static const ResizeTactic tactic;
  return tactic;
}
const Tactic& attention() {
  static const AttentionTactic tactic;
  return tactic;
}

}  // namespace tn::cpu
