// SPDX-License-Identifier: Apache-2.0
// Softmax, layer and RMS normalization, reductions, pools.
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/rows/reduce.h"
#include "backends/cpu/tactics/epilogue.h"
#include "base/stored_float.h"
#include "ops/norm/norm.h"
#include "ops/pool/pool.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/softmax.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

Support of_one_type(const Region& region) {
  if (!region.expressions.empty()) return Support::no("expressions follow the operator");
  const DataType type = region.input_type(0).type;
  if (region.output_type(0).type != type) return Support::no("operand and result of different types");
  if (!region.defines().empty()) return Support::no("extents that only running tells");
  return {};
}

Support plain_float(const Region& region) {
  if (!is_stored_float(region.input_type(0).type))
    return Support::no("an operand of another type than f32, f16 or bf16");
  return of_one_type(region);
}

class SoftmaxTactic final : public Tactic {
 public:
  std::string_view name() const override { return "softmax"; }
  Support supports(const Region& region, const Target&) const override {
    if (!region.anchor || (region.anchor->name() != "Softmax" && region.anchor->name() != "LogSoftmax"))
      return Support::foreign();
    return plain_float(region);
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto* op = dynamic_cast<const ops::AlongAxis*>(region.anchor);
    const SoftmaxStep step{ops::normalize_axis(op->axis, region.input_type(0).rank()),
                           region.anchor->name() == "LogSoftmax"};
    lowering.add_step("softmax", encode_fields(step), {lowering.input(0)}, {lowering.output(0)});
  }
};

class NormTactic final : public Tactic {
 public:
  std::string_view name() const override { return "norm"; }
  Support supports(const Region& region, const Target&) const override {
    const auto* op = dynamic_cast<const ops::NormOverTail*>(region.anchor);
    if (!op) return Support::foreign();
    const TensorType& x = region.input_type(0);
    Dim row = 1;
    for (int64_t i = ops::normalize_axis(op->axis, x.rank()); i < x.rank(); ++i)
      row = row * x.dims[static_cast<size_t>(i)];
    if (!row.is_constant()) return Support::no("rows of unknown length");
    for (size_t i = 1; i < region.anchor_inputs.size(); ++i) {
      if (region.anchor_inputs[i] < 0) continue;
      if (region.input_type(region.anchor_inputs[i]).type != DataType::F32)
        return Support::no("a scale or bias that is not f32");
      if (!(product(region.input_type(region.anchor_inputs[i]).dims) == row))
        return Support::no("a scale or bias that repeats");
    }
    return plain_float(region);
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto* op = dynamic_cast<const ops::NormOverTail*>(region.anchor);
    const NormStep step{ops::normalize_axis(op->axis, region.input_type(0).rank()), op->epsilon,
                        region.anchor->name() == "RMSNormalization"};
    std::vector<int> inputs = {kNone, kNone, kNone};
    for (size_t i = 0; i < region.anchor_inputs.size(); ++i) {
      if (region.anchor_inputs[i] >= 0) inputs[i] = lowering.input(region.anchor_inputs[i], Need::RowMajor);
    }
    lowering.add_step("norm", encode_fields(step), inputs, {lowering.output(0, Need::RowMajor)});
  }
};

class ReduceTactic final : public Tactic {
 public:
  std::string_view name() const override { return "reduce"; }
  Support supports(const Region& region, const Target&) const override {
    if (!dynamic_cast<const ops::Reduce*>(region.anchor)) return Support::foreign();
    return plain_float(region);
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto* op = dynamic_cast<const ops::Reduce*>(region.anchor);
    ReduceStep step;
    step.operation = static_cast<int64_t>(operation(op->mode));
    for (const int64_t axis : op->axes)
      step.axes |= int64_t{1} << ops::normalize_axis(axis, region.input_type(0).rank());
    step.keep_axes = op->keepdims;
    lowering.add_step("reduce", encode_fields(step), {lowering.input(0)}, {lowering.output(0)});
  }

 private:
  static ReduceOp operation(ops::ReduceMode mode) {
    switch (mode) {
      case ops::ReduceMode::Sum:
        return ReduceOp::Sum;
      case ops::ReduceMode::Mean:
        return ReduceOp::Mean;
      case ops::ReduceMode::Max:
        return ReduceOp::Max;
      case ops::ReduceMode::Min:
        return ReduceOp::Min;
      case ops::ReduceMode::Prod:
        return ReduceOp::Product;
    }
    return ReduceOp::Sum;
  }
};

class PoolTactic final : public Tactic {
 public:
  std::string_view name() const override { return "pool"; }
  Support supports(const Region& region, const Target&) const override {
    const auto* max = dynamic_cast<const ops::MaxPool*>(region.anchor);
    const auto* average = dynamic_cast<const ops::AveragePool*>(region.anchor);
    if (!max && !average) return Support::foreign();
    if (region.outputs() != 1) return Support::no("indices are asked for");
    if (region.input_type(0).rank() > 5) return Support::no("more than three spatial axes");
    const DataType type = region.input_type(0).type;
    return max && (type == DataType::I8 || type == DataType::U8) ? of_one_type(region) : plain_float(region);
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto* max = dynamic_cast<const ops::MaxPool*>(region.anchor);
    const auto* average = dynamic_cast<const ops::AveragePool*>(region.anchor);
    const ops::PoolAttributes& window = max ? static_cast<const ops::PoolAttributes&>(*max) : *average;
    PoolStep step;
    step.average = average != nullptr;
    step.count_include_pad = average && average->count_include_pad;
    step.kernel = window.kernel;
    step.stride = window.strides;
    step.dilation = window.dilations;
    step.pads = window.pads;
    lowering.add_step("pool", encode_fields(step), {lowering.input(0)}, {lowering.output(0)});
  }
};

}  // namespace

const Tactic& softmax() {
  static const SoftmaxTactic tactic;
  return tactic;
}
const Tactic& norm() {
  static const NormTactic tactic;
  return tactic;
}
const Tactic& reduce() {
  static const ReduceTactic tactic;
  return tactic;
}
const Tactic& pool() {
  static const PoolTactic tactic;
  return tactic;
}

}  // namespace tn::cpu
