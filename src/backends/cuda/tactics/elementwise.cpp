// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/element_kernel.h"
#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/tactics/launch.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

class Elementwise final : public Tactic {
 public:
  std::string_view name() const override { return "elementwise"; }
  Support supports(const Region& region, const Target&) const override {
    return region.anchor ? Support::foreign() : Support{};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    std::vector<ScalarType> types;
    std::vector<int> inputs, outputs;
    std::vector<Operand> in, out;
    for (const int index : region.expression_inputs) {
      types.push_back(compute_type(region.input_type(index).type));
      inputs.push_back(lowering.input(index));
      in.push_back(operand(lowering, inputs.back()));
    }
    for (int i = 0; i < region.outputs(); ++i) {
      outputs.push_back(lowering.output(i));
      out.push_back(operand(lowering, outputs.back()));
    }
    const KernelText text = pointwise(entry_name("pointwise", region.operators()), tn::lower(region.expressions, types),
                                      in, out, lowering.target().ranges);
    add_launch(lowering, text, inputs, outputs);
  }
};

}  // namespace

const Tactic& elementwise() {
  static const Elementwise tactic;
  return tactic;
}

}  // namespace tn::cuda
