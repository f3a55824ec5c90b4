// SPDX-License-Identifier: Apache-2.0
// Elementwise regions: machine code made at load, or the interpreter where the emitter lacks something.
#include "backends/cpu/kernels/jit/compiled_elementwise.h"
#include "tuning/tactic.h"

namespace tn::cpu {
namespace {

ScalarProgram program_of(const Region& region) {
  std::vector<ScalarType> types;
  for (const int index : region.expression_inputs) types.push_back(compute_type(region.input_type(index).type));
  return tn::lower(region.expressions, types);
}

void lower_program(const Region& region, std::string_view kernel, RegionLowering& lowering) {
  std::vector<int> inputs, outputs;
  for (const int index : region.expression_inputs) inputs.push_back(lowering.input(index));
  for (int i = 0; i < region.outputs(); ++i) outputs.push_back(lowering.output(i));
  ByteWriter parameters;
  program_of(region).encode(parameters);
  lowering.add_step(std::string(kernel), parameters.take(), std::move(inputs), std::move(outputs));
}

class Compiled final : public Tactic {
 public:
  std::string_view name() const override { return "elementwise"; }
  Support supports(const Region& region, const Target&) const override {
    if (region.anchor) return Support::foreign();
    std::vector<DataType> operands, results;
    for (const int index : region.expression_inputs) operands.push_back(region.input_type(index).type);
    for (int i = 0; i < region.outputs(); ++i) results.push_back(region.output_type(i).type);
    if (const auto reason = why_unsupported(program_of(region), operands, results)) return Support::no(*reason);
    return {};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    lower_program(region, "elementwise", lowering);
  }
};

class Interpreted final : public Tactic {
 public:
  std::string_view name() const override { return "interpreted"; }
  Support supports(const Region& region, const Target&) const override {
    return region.anchor ? Support::foreign() : Support{};
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    lower_program(region, "interpreted", lowering);
  }
};

}  // namespace

const Tactic& elementwise() {
  static const Compiled tactic;
  return tactic;
}
const Tactic& interpreted() {
  static const Interpreted tactic;
  return tactic;
}

}  // namespace tn::cpu
