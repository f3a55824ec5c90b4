// SPDX-License-Identifier: Apache-2.0
// Reductions, arguments of extremes, softmax and normalizations: operators that see a tensor as rows.
#include <algorithm>

#include "backends/cuda/codegen/rows/row_text.h"
#include "backends/cuda/tactics/launch.h"
#include "ops/norm/norm.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/reference/arg_reduce.h"
#include "ops/reduce/softmax.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

using enum RowOperation;

/// What an anchor does to its first operand.
struct Rows {
  RowOperation operation = Sum;
  std::vector<int> axes;  ///< of x, along a row
  bool keeps_axes = true;
  bool last = false;
  double epsilon = 0;
  int64_t groups = 0;  ///< the channels are so many rows
};

std::optional<Rows> rows_of(const Region& region) {
  if (!region.anchor) return std::nullopt;
  const std::string_view name = region.anchor->name();
  const int rank = region.input_type(region.anchor_inputs[0]).rank();
  if (const auto* op = dynamic_cast<const ops::Reduce*>(region.anchor)) {
    constexpr RowOperation kModes[] = {Sum, Mean, Max, Min, Prod};
    return Rows{kModes[static_cast<size_t>(op->mode)], ops::normalize_axes(op->axes, rank), op->keepdims};
  }
  if (const auto* op = dynamic_cast<const ops::ArgReduceAttributes*>(region.anchor))
    return Rows{
        name == "ArgMax" ? ArgMax : ArgMin, {ops::normalize_axis(op->axis, rank)}, op->keepdims, op->select_last_index};
  if (const auto* op = dynamic_cast<const ops::AlongAxis*>(region.anchor)) {
    const RowOperation operation = name == "Softmax" ? Softmax : name == "LogSoftmax" ? LogSoftmax : Hardmax;
    return Rows{operation, {ops::normalize_axis(op->axis, rank)}};
  }
  if (const auto* op = dynamic_cast<const ops::NormOverTail*>(region.anchor)) {
    Rows rows{name == "RMSNormalization" ? RmsNorm : LayerNorm, {}};
    for (int axis = ops::normalize_axis(op->axis, rank); axis < rank; ++axis) rows.axes.push_back(axis);
    rows.epsilon = op->epsilon;
    return rows;
  }
  if (const auto* op = dynamic_cast<const ops::GroupNormalization*>(region.anchor)) {
    Rows rows{LayerNorm, {}};
    for (int axis = 2; axis <= rank; ++axis) rows.axes.push_back(axis);  // behind the groups
    rows.epsilon = op->epsilon;
    rows.groups = op->num_groups;
    return rows;
  }
  return std::nullopt;
}

/// Lowers one region: collects operands with their strides along the axes of x.
class RowLowering {
 public:
  RowLowering(const Region& region, const Rows& rows, RegionLowering& lowering)
      : region_(region), rows_(rows), lowering_(lowering) {}

  /// `team`: threads of a row; 0: as many as seem right.
  void run(int team) {
    team_ = team;
    form_.operation = rows_.operation;
    form_.epsilon = rows_.epsilon;
    form_.last = rows_.last;
    x_ = lowering_.input(region_.anchor_inputs[0]);
    const Operand x = operand(lowering_, x_);
    axes_ = x.dims;
    add(x, x.strides, false);
    inputs_.push_back(x_);
    add_expressions();
    for (int i = 0; i < region_.outputs(); ++i) {
      outputs_.push_back(lowering_.output(i));
      const Operand out = operand(lowering_, outputs_.back());
      add(out, spread(out.dims, out.strides), false);
    }
    form_.outputs = outputs_.size();
    arrange();
    launch();
  }

 private:
  const SymbolRanges& ranges() const { return lowering_.target().ranges; }
  bool is_column(size_t axis) const {
    return std::ranges::find(rows_.axes, static_cast<int>(axis)) != rows_.axes.end();
  }

  bool is_constant(int input) const { return region_.input(input).constant != nullptr; }

  void add(const Operand& operand, Dims strides, bool constant) {
    form_.types.push_back(operand.type);
    form_.constant.push_back(constant);
    form_.aligned.push_back(operand.alignment);
    strides_.push_back(std::move(strides));
  }

  // Strides of a tensor with the result's axes along those of x.
  Dims spread(const Dims& dims, const Dims& strides) const {
    if (!reduces(rows_.operation)) return strides;
    Dims result(axes_.size(), 0);
    for (size_t axis = 0, from = 0; axis < axes_.size(); ++axis) {
      if (!is_column(axis)) result[axis] = strides[from];
      if (!is_column(axis) || rows_.keeps_axes) ++from;
    }
    return dims.empty() ? Dims(axes_.size(), 0) : result;
  }

  int add_input(int index) {
    inputs_.push_back(lowering_.input(index));
    return inputs_.back();
  }

  // Scale and bias are part of what is done with the result.
  void add_expressions() {
    const ScalarType type = compute_type(region_.anchor_results[0].type);
    std::vector<Expr> values = {input(0, type)};
    int read = 1;
    for (size_t i = 1; i < region_.anchor_inputs.size(); ++i) {
      if (!region_.has_input(region_.anchor_inputs[i])) continue;
      const Operand parameter = operand(lowering_, add_input(region_.anchor_inputs[i]));
      add(parameter, parameter_strides(parameter), is_constant(region_.anchor_inputs[i]));
      const Expr loaded = input(read++, compute_type(parameter.type));
      values[0] = i == 1 ? values[0] * loaded : values[0] + loaded;
    }
    for (const int index : region_.expression_inputs) {
      const Operand other = operand(lowering_, add_input(index));
      const Dims& result = region_.anchor_results[0].dims;
      add(other, spread(result, broadcast_strides(other, result, ranges())), is_constant(index));
      values.push_back(input(read++, compute_type(other.type)));
    }
    const std::vector<Expr> own = {values[0]};
    form_.expressions = tn::lower(region_.expressions.empty() ? own : substitute(region_.expressions, values));
  }

  Dims parameter_strides(const Operand& parameter) const {
    if (rows_.groups == 0) return broadcast_strides(parameter, axes_, ranges());
    Dims strides(axes_.size(), 0);
    strides[1] = parameter.strides[0];
    return strides;
  }

  // Gives every axis to the rows or to what lies within them.
  void arrange() {
    if (rows_.groups > 0) split_channels();
    form_.rows.strides.resize(strides_.size());
    form_.columns.strides.resize(strides_.size());
    for (size_t axis = 0; axis < axes_.size(); ++axis) {
      IterationSpace& space = is_column(axis) ? form_.columns : form_.rows;
      space.dims.push_back(axes_[axis]);
      for (size_t k = 0; k < strides_.size(); ++k) space.strides[k].push_back(strides_[k][axis]);
    }
    form_.count = form_.columns.elements();
  }

  void split_channels() {
    const Dim size = *axes_[1].constant() / rows_.groups;
    axes_[1] = size;
    axes_.insert(axes_.begin() + 1, rows_.groups);
    for (Dims& strides : strides_) strides.insert(strides.begin() + 1, strides[1] * size);
  }

  void launch() {
    const RowForm flat = flattened(form_, ranges());
    const int splits = row_splits(flat, ranges());
    if (splits > 1) return launch_split(splits);
    add_launch(lowering_, row_text(flat, plan_rows(flat, ranges(), team_), ranges()), inputs_, outputs_);
  }

  // Parts of the rows first, then what they make together.
  void launch_split(int splits) {
    TensorType type{form_.types[0] == DataType::F64 ? DataType::F64 : DataType::F32, form_.rows.dims};
    type.dims.emplace_back(splits);
    const int parts = lowering_.temporary("parts", type);
    const Operand placed = operand(lowering_, parts);
    const Dims strides(placed.strides.begin(), placed.strides.end() - 1);
    RowForm first = form_;
    first.types = {form_.types[0], placed.type};
    first.aligned = {form_.aligned[0], placed.alignment};
    first.constant = {false, false};
    first.rows.strides = {form_.rows.strides[0], strides};
    first.columns.strides = {form_.columns.strides[0], Dims(form_.columns.rank(), 0)};
    first.outputs = 1;
    first = flattened(first, ranges());
    RowPlan plan = plan_rows(first, ranges());
    plan.splits = splits;
    add_launch(lowering_, row_text(first, plan, ranges()), {x_}, {parts});

    RowForm rest = form_;
    rest.types[0] = placed.type;
    rest.aligned[0] = placed.alignment;
    rest.rows.strides[0] = strides;
    rest.columns = {{splits}, std::vector<Dims>(form_.types.size(), Dims{0})};
    rest.columns.strides[0] = {1};
    rest = flattened(rest, ranges());
    inputs_[0] = parts;
    add_launch(lowering_, row_text(rest, plan_rows(rest, ranges()), ranges()), inputs_, outputs_);
  }

  const Region& region_;
  const Rows& rows_;
  RegionLowering& lowering_;
  int team_ = 0;
  RowForm form_;
  Dims axes_;
  std::vector<Dims> strides_;  ///< of each operand along axes_
  int x_ = kNone;
  std::vector<int> inputs_, outputs_;
};

class RowTactic final : public Tactic {
 public:
  std::string_view name() const override { return "rows"; }
  Support supports(const Region& region, const Target&) const override {
    if (!rows_of(region)) return Support::foreign();
    if (!region.defines().empty()) return Support::no("extents that only running tells");
    return {};
  }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    const Rows rows = *rows_of(region);
    const TensorType& x = region.input_type(region.anchor_inputs[0]);
    const bool along_last = rows.axes == std::vector<int>{x.rank() - 1} && x.dims.back().is_constant();
    if (reduces(rows.operation) || !along_last) return {""};
    const int64_t columns = std::max<int64_t>(1, *x.dims.back().constant());
    std::vector<std::string> teams;
    for (const int team : row_teams(range_of(product(x.dims), target.ranges).max / columns, columns, x.type))
      teams.push_back(fmt::format("{}", team));
    return teams;
  }
  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    const Rows rows = *rows_of(region);
    RowLowering(region, rows, lowering).run(config.empty() ? 0 : std::stoi(config));
  }
};

}  // namespace

const Tactic& rows() {
  static const RowTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
