// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/error.h"
#include "ops/rules.h"
#include "tuning/layout.h"
#include "tuning/tactics/common.h"

namespace tn {
namespace {

bool is_one_of(const Region& region, std::initializer_list<std::string_view> names) {
  return region.anchor && region.expressions.empty() && region.defines().empty() &&
         std::find(names.begin(), names.end(), region.anchor->name()) != names.end();
}

// The operator's attribute "axis", counted from the front of a tensor of this rank.
size_t axis_of(const Region& region, int rank) {
  const auto attributes = region.anchor->attributes();
  return static_cast<size_t>(ops::normalize_axis(std::get<int64_t>(attributes.find("axis")->second), rank));
}

class ReshapeView final : public Tactic {
 public:
  std::string_view name() const override { return "view.reshape"; }
  std::optional<Space> space() const override { return std::nullopt; }
  Support supports(const Region& region, const Target&) const override {
    if (is_one_of(region, {"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"})) return {};
    return Support::foreign();
  }
  std::optional<Order> order(const Region& region) const override {
    if (region.anchor->name() == "Identity") return std::nullopt;
    return Order::RowMajor;
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    int from = lowering.input(0, Need::Any);
    const Dims& to = region.output_type(0).dims;
    const PlacedTensor* data = &lowering.tensor(from);
    auto strides = region.anchor->name() == "Identity" ? std::optional(data->strides)
                                                       : reshaped_strides(data->type.dims, data->strides, to);
    if (!strides) {
      from = lowering.input(0, Need::RowMajor);
      data = &lowering.tensor(from);
      strides = row_major_strides(to);
    }
    const Dim offset = data->offset;
    lowering.alias_output(0, from, std::move(*strides), offset);
  }
};

class StrideView final : public Tactic {
 public:
  std::string_view name() const override { return "view.stride"; }
  std::optional<Space> space() const override { return std::nullopt; }
  Support supports(const Region& region, const Target&) const override {
    if (is_one_of(region, {"Transpose", "Split", "Expand"})) return {};
    if (is_one_of(region, {"Gather"})) return picked(region) ? Support{} : Support::no("not one known index");
    if (!is_one_of(region, {"Slice"})) return Support::foreign();
    return slice_bounds(region) ? Support{} : Support::no("start or step is not known, or the step is negative");
  }
  std::optional<Order> order(const Region& region) const override {
    if (!is_one_of(region, {"Slice", "Split"})) return Order::RowMajor;
    return std::nullopt;
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const int from = lowering.input(0, Need::Any);
    const PlacedTensor data = lowering.tensor(from);
    const std::string_view op = region.anchor->name();
    if (op == "Transpose")
      transpose(region, lowering, from, data);
    else if (op == "Expand")
      expand(region, lowering, from, data);
    else if (op == "Gather")
      gather(region, lowering, from, data);
    else if (op == "Split")
      split(region, lowering, from, data);
    else
      slice(region, lowering, from, data);
  }

 private:
  static void transpose(const Region& region, RegionLowering& lowering, int from, const PlacedTensor& data) {
    const auto attributes = region.anchor->attributes();
    const auto& permutation = std::get<std::vector<int64_t>>(attributes.find("perm")->second);
    Dims strides;
    const size_t rank = data.strides.size();
    for (size_t i = 0; i < rank; ++i) {
      strides.push_back(data.strides[permutation.empty() ? rank - 1 - i : static_cast<size_t>(permutation[i])]);
    }
    lowering.alias_output(0, from, std::move(strides), data.offset);
  }

  // The one index that a Gather takes, counted from the front.
  static std::optional<Dim> picked(const Region& region) {
    const Tensor& index = region.input(region.anchor_inputs[1]);
    if (index.type.rank() != 0 || !index.value || !index.value->front().is_constant()) return std::nullopt;
    const int64_t at = *index.value->front().constant();
    const TensorType& data = region.input_type(region.anchor_inputs[0]);
    const Dim& extent = data.dims[axis_of(region, data.rank())];
    return at < 0 ? extent + at : Dim(at);
  }

  static void gather(const Region& region, RegionLowering& lowering, int from, const PlacedTensor& data) {
    const size_t along = axis_of(region, data.type.rank());
    const Dim offset = data.offset + *picked(region) * data.strides[along];
    Dims strides = data.strides;
    strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(along));
    lowering.alias_output(0, from, std::move(strides), offset);
  }

  static void expand(const Region& region, RegionLowering& lowering, int from, const PlacedTensor& data) {
    const Dims& to = region.output_type(0).dims;
    Dims strides(to.size(), 0);
    const size_t lead = to.size() - data.type.dims.size();
    for (size_t i = lead; i < to.size(); ++i) {
      if (data.type.dims[i - lead] == to[i]) strides[i] = data.strides[i - lead];
    }
    lowering.alias_output(0, from, std::move(strides), data.offset);
  }

  static void split(const Region& region, RegionLowering& lowering, int from, const PlacedTensor& data) {
    const size_t along = axis_of(region, data.type.rank());
    Dim offset = data.offset;
    for (int i = 0; i < region.outputs(); ++i) {
      lowering.alias_output(i, from, Dims(data.strides), offset);
      offset = offset + region.output_type(i).dims[along] * data.strides[along];
    }
  }

  struct Bound {
    size_t axis;
    Dim start;
    int64_t step;
  };
  // Where each sliced axis starts, if that is known and steps are positive.
  static std::optional<std::vector<Bound>> slice_bounds(const Region& region) {
    const auto value = [&](int index) -> const std::optional<Dims>& {
      static const std::optional<Dims> kNothing;
      if (index >= static_cast<int>(region.anchor_inputs.size()) ||
          region.anchor_inputs[static_cast<size_t>(index)] < 0)
        return kNothing;
      return region.input(region.anchor_inputs[static_cast<size_t>(index)]).value;
    };
    const auto absent = [&](int index) {
      return index >= static_cast<int>(region.anchor_inputs.size()) ||
             region.anchor_inputs[static_cast<size_t>(index)] < 0;
    };
    const TensorType& data = region.input_type(0);
    const auto &starts = value(1), &axes = value(3), &steps = value(4);
    if (!starts || (!absent(3) && !axes) || (!absent(4) && !steps)) return std::nullopt;
    std::vector<Bound> bounds;
    for (size_t i = 0; i < starts->size(); ++i) {
      int64_t axis = static_cast<int64_t>(i), step = 1;
      if (axes) {
        if (!(*axes)[i].is_constant()) return std::nullopt;
        axis = *(*axes)[i].constant();
        if (axis < 0) axis += data.rank();
      }
      if (steps) {
        if (!(*steps)[i].is_constant() || *(*steps)[i].constant() <= 0) return std::nullopt;
        step = *(*steps)[i].constant();
      }
      const Dim extent = data.dims[static_cast<size_t>(axis)];
      Dim start = (*starts)[i];
      if (!start.is_constant()) return std::nullopt;
      start = *start.constant() < 0 ? Dim::max(extent + start, 0) : Dim::min(start, extent);
      bounds.push_back({static_cast<size_t>(axis), start, step});
    }
    return bounds;
  }

  static void slice(const Region& region, RegionLowering& lowering, int from, const PlacedTensor& data) {
    Dims strides = data.strides;
    Dim offset = data.offset;
    const auto bounds = slice_bounds(region);
    internal_check(bounds.has_value(), "a slice without known bounds");
    for (const Bound& bound : *bounds) {
      offset = offset + bound.start * data.strides[bound.axis];
      strides[bound.axis] = strides[bound.axis] * bound.step;
    }
    lowering.alias_output(0, from, std::move(strides), offset);
  }
};

class ConcatCopy final : public Tactic {
 public:
  std::string_view name() const override { return "concat"; }
  Support supports(const Region& region, const Target&) const override {
    return is_one_of(region, {"Concat"}) ? Support{} : Support::foreign();
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    lowering.join(0, axis_of(region, region.output_type(0).rank()));
  }
};

class ShapeValueTactic final : public Tactic {
 public:
  std::string_view name() const override { return "shape_program"; }
  std::optional<Space> space() const override { return std::nullopt; }
  Support supports(const Region& region, const Target&) const override {
    const Tensor& output = region.graph->tensor(region.node->outputs[0]);
    if (!output.value) return Support::foreign();
    if (output.type.type != DataType::I64) return Support::no("only int64 values come from the shape program");
    return {};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const Tensor& output = region.graph->tensor(region.node->outputs[0]);
    const int values = lowering.shape_value(*output.value, output.type.rank() == 0);
    Dims strides(output.type.dims.size());
    Dim step = 1;
    for (size_t i = strides.size(); i-- > 0; step = step * output.type.dims[i]) strides[i] = step;
    lowering.alias_output(0, values, std::move(strides), 0);
  }
};

}  // namespace

const Tactic& reshape_view() {
  static const ReshapeView tactic;
  return tactic;
}
const Tactic& stride_view() {
  static const StrideView tactic;
  return tactic;
}
const Tactic& concat_copy() {
  static const ConcatCopy tactic;
  return tactic;
}
const Tactic& shape_value() {
  static const ShapeValueTactic tactic;
  return tactic;
}

}  // namespace tn
