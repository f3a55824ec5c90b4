// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/table.h"

namespace tn::cpu {
namespace {

class Interpreted final : public Tactic {
 public:
  std::string_view name() const override { return "interpreted"; }
  Support supports(const Region& region, const Target&) const override {
    return region.anchor ? Support::no("not elementwise") : Support{};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    std::vector<ScalarType> types;
    std::vector<int> inputs, outputs;
    for (const int index : region.expression_inputs) {
      types.push_back(compute_type(region.input_type(index).type));
      inputs.push_back(lowering.input(index));
    }
    for (int i = 0; i < region.outputs(); ++i) outputs.push_back(lowering.output(i));
    ByteWriter parameters;
    tn::lower(region.expressions, types).encode(parameters);
    lowering.add_step("interpreted", parameters.take(), std::move(inputs), std::move(outputs));
  }
};

}  // namespace

const Tactic& interpreted() {
  static const Interpreted tactic;
  return tactic;
}

}  // namespace tn::cpu
