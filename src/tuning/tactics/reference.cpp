// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/definition.h"
#include "tuning/tactics/common.h"

namespace tn {
namespace {

class Reference final : public Tactic {
 public:
  std::string_view name() const override { return "reference"; }
  Support supports(const Region& region, const Target&) const override {
    if (!region.anchor) return Support::no("elementwise");
    if (!region.expressions.empty()) return Support::no("expressions follow the operator");
    if (!dynamic_cast<const ops::Referenced*>(region.anchor))
      return Support::no("the operator has no reference function");
    return {};
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    ByteWriter parameters;
    parameters.put_text(region.anchor->name());
    parameters.put_bytes(region.anchor->encode());
    std::vector<int> inputs, outputs;
    for (const int index : region.anchor_inputs) inputs.push_back(index < 0 ? kNone : lowering.input(index));
    for (int i = 0; i < region.outputs(); ++i) outputs.push_back(lowering.output(i));
    lowering.add_step(std::string(kReferenceKernel), parameters.take(), std::move(inputs), std::move(outputs));
  }
};

class Branch final : public Tactic {
 public:
  std::string_view name() const override { return "branch"; }
  Support supports(const Region& region, const Target&) const override {
    return region.anchor && region.anchor->name() == "If" ? Support{} : Support::no("not a branch");
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region&, const std::string&, RegionLowering& lowering) const override { lowering.add_branch(); }
};

}  // namespace

const Tactic& reference() {
  static const Reference tactic;
  return tactic;
}

const Tactic& branch() {
  static const Branch tactic;
  return tactic;
}

}  // namespace tn
