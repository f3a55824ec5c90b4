// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/control/batch_loop.h"
#include "ops/control/loop.h"
#include "ops/rules.h"
#include "tuning/tactics/common.h"

namespace tn {
namespace {

class Branch final : public Tactic {
 public:
  std::string_view name() const override { return "branch"; }
  std::optional<Space> space() const override { return Space::Host; }
  Support supports(const Region& region, const Target&) const override {
    return region.anchor && region.anchor->name() == "If" ? Support{} : Support::foreign();
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region&, const std::string&, RegionLowering& lowering) const override { lowering.add_branch(); }
};

size_t axis_at(const std::vector<int64_t>& axes, size_t index, int rank) {
  return axes.empty() ? 0 : static_cast<size_t>(ops::normalize_axis(axes.at(index), rank));
}

LoopForm form_of(const ops::Loop& op, const Region& region) {
  LoopForm form;
  form.counts = true;
  form.trips = 0;
  form.condition = 1;
  form.first_state = 2;
  form.states = static_cast<int>(op.carried);
  form.stacked.resize(static_cast<size_t>(region.outputs() - form.states), {0, false});
  return form;
}

LoopForm form_of(const ops::Scan& op, const Region& region) {
  LoopForm form;
  form.states = static_cast<int>(op.states);
  const auto backwards = [](const std::vector<int64_t>& directions, size_t i) {
    return i < directions.size() && directions[i] != 0;
  };
  for (size_t i = 0; i < static_cast<size_t>(op.scanned); ++i) {
    const int rank = region.input_type(form.states + static_cast<int>(i)).rank();
    form.scanned.push_back({axis_at(op.input_axes, i, rank), backwards(op.input_directions, i)});
  }
  for (size_t i = 0; i < static_cast<size_t>(region.outputs() - form.states); ++i) {
    const int rank = region.output_type(form.states + static_cast<int>(i)).rank();
    form.stacked.push_back({axis_at(op.output_axes, i, rank), backwards(op.output_directions, i)});
  }
  form.length = region.input_type(form.states).dims[form.scanned[0].axis];
  return form;
}

class Repetition final : public Tactic {
 public:
  std::string_view name() const override { return "loop"; }
  std::optional<Space> space() const override { return Space::Host; }
  Support supports(const Region& region, const Target&) const override {
    const auto form = form_of_region(region);
    if (!form) return Support::foreign();
    // The number of iterations is what a loop can tell of its results.
    for (int i = 0; i < region.outputs(); ++i) {
      const Dims& dims = region.output_type(i).dims;
      for (size_t axis = i < form->states ? 0 : 1; axis < dims.size(); ++axis) {
        const auto symbols = dims[axis].symbols(), fresh = region.defines();
        const bool unknown = std::ranges::any_of(
            symbols, [&](const std::string& symbol) { return std::ranges::find(fresh, symbol) != fresh.end(); });
        if (unknown) return Support::no("an iteration decides the shape of what is stacked");
      }
    }
    return {};
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    lowering.add_loop(*form_of_region(region));
  }

 private:
  static std::optional<LoopForm> form_of_region(const Region& region) {
    if (const auto* loop = dynamic_cast<const ops::Loop*>(region.anchor)) return form_of(*loop, region);
    if (const auto* scan = dynamic_cast<const ops::Scan*>(region.anchor)) return form_of(*scan, region);
    return std::nullopt;
  }
};

class ImageByImage final : public Tactic {
 public:
  std::string_view name() const override { return "images"; }
  Support supports(const Region& region, const Target&) const override {
    return loop_of(region) ? Support{} : Support::foreign();
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    lowering.add_batch_loop(static_cast<int>(loop_of(region)->sliced));
  }

 private:
  static const ops::BatchLoop* loop_of(const Region& region) {
    return dynamic_cast<const ops::BatchLoop*>(region.anchor);
  }
};

}  // namespace

const Tactic& branch() {
  static const Branch tactic;
  return tactic;
}

const Tactic& repetition() {
  static const Repetition tactic;
  return tactic;
}

const Tactic& image_by_image() {
  static const ImageByImage tactic;
  return tactic;
}

}  // namespace tn
