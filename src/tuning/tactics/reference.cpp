// SPDX-License-Identifier: Apache-2.0
#include "ops/reference/reference.h"

#include <algorithm>

#include "ops/definition.h"
#include "tuning/tactics/common.h"

namespace tn {
namespace {

class Reference final : public Tactic {
 public:
  std::string_view name() const override { return "reference"; }
  std::optional<Space> space() const override { return Space::Host; }
  Support supports(const Region& region, const Target&) const override {
    if (!region.anchor) return Support::foreign();
    if (!region.expressions.empty()) return Support::no("expressions follow the operator");
    if (!dynamic_cast<const ops::Referenced*>(region.anchor)) {
      return Support::no("the operator has no reference function");
    }
    const ops::ReferenceEntry* entry = ops::find_reference(region.anchor->name());
    if (!entry) return Support::no("the operator has no reference function");
    if (!region.defines().empty() && !entry->make_extents) {
      return Support::no("the extents of its result are known only when it runs");
    }
    return {};
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    std::vector<int> inputs, outputs;
    for (const int index : region.anchor_inputs) inputs.push_back(index < 0 ? kNone : lowering.input(index));
    const auto defines = region.defines();
    if (!defines.empty()) {
      lowering.add_step(std::string(kExtentsKernel), extent_parameters(region, defines), inputs, {}, 0, defines);
    }
    for (int i = 0; i < region.outputs(); ++i) outputs.push_back(lowering.output(i));
    lowering.add_step(std::string(kReferenceKernel), operator_parameters(region).take(), inputs, std::move(outputs));
  }

 private:
  static ByteWriter operator_parameters(const Region& region) {
    ByteWriter parameters;
    parameters.put_text(region.anchor->name());
    parameters.put_bytes(region.anchor->encode());
    return parameters;
  }

  // Behind the operator: number of outputs, then output and axis of every symbol.
  static std::vector<std::byte> extent_parameters(const Region& region, const std::vector<std::string>& defines) {
    ByteWriter parameters = operator_parameters(region);
    parameters.put(static_cast<uint32_t>(region.outputs()));
    for (const std::string& symbol : defines) {
      for (int output = 0; output < region.outputs(); ++output) {
        const Dims& dims = region.output_type(output).dims;
        const auto found = std::find(dims.begin(), dims.end(), Dim::symbol(symbol));
        if (found == dims.end()) continue;
        parameters.put(static_cast<uint32_t>(output));
        parameters.put(static_cast<uint32_t>(found - dims.begin()));
        break;
      }
    }
    return parameters.take();
  }
};

}  // namespace

const Tactic& reference() {
  static const Reference tactic;
  return tactic;
}

}  // namespace tn
