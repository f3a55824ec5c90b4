// SPDX-License-Identifier: Apache-2.0
// Convolutions that no product takes: filters that are computed, not constant, and types that are not packed. A thread
// sums one result straight from the definition.
#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_transpose.h"

namespace tn::cuda {
namespace {

/// Loops over the channels of the result's group and over taps. `point` declares at0, at1 … for tap t0, t1 … and goes
/// on where there is none; `filter` is the filter's place.
class Sum {
 public:
  Sum(const ops::ConvAttributes& op, ElementKernel& kernel) : op_(op), kernel_(kernel) {}

  std::string text(bool transposed, bool biased) const {
    const std::string group = fmt::format("i1 / ({} / {})", extent(kernel_.output(0), 1), op_.group);
    const std::string per_group = fmt::format("({} / {})", extent(kernel_.input(0), 1), op_.group);
    std::vector<std::string> from = {"i0", "channel"}, filter = {"i1", "c"};
    if (transposed) filter = {"channel", fmt::format("(i1 % ({} / {}))", extent(kernel_.output(0), 1), op_.group)};
    std::string text = fmt::format(
        "  acc_t sum = {};\n  for (index_t c = 0; c < {}; ++c) {{\n    const index_t channel = {} * {} + c;\n",
        biased ? value(kernel_.in(2, {"i1"})) : "0", per_group, group, per_group);
    const size_t spatial = op_.strides.size();
    for (size_t k = 0; k < spatial; ++k) {
      text += fmt::format("  for (index_t t{0} = 0; t{0} < {1}; ++t{0}) {{\n", k, extent(kernel_.input(1), k + 2)) +
              (transposed ? source_of_transposed(k) : source(k));
      from.push_back(fmt::format("(index_t)at{}", k));
      filter.push_back(fmt::format("t{}", k));
    }
    text += fmt::format("    sum += {} * {};\n", value(kernel_.in(0, from)), value(kernel_.in(1, filter)));
    text += std::string(spatial + 1, '}') + "\n";
    const std::string to = kernel_.out(0, kernel_.coordinates());
    return text + fmt::format("  {} = convert<{}>(sum);\n", to, text_of(kernel_.output(0).type));
  }

 private:
  std::string extent(const Operand& operand, size_t axis) const {
    return fmt::format("(index_t){}", kernel_.index()(operand.dims[axis]));
  }
  static std::string value(const std::string& element) { return fmt::format("(acc_t)to_compute({})", element); }

  std::string source(size_t k) const {
    return fmt::format(
        "    const int64_t at{0} = (int64_t)i{1} * {2} - {3} + t{0} * {4};\n"
        "    if (at{0} < 0 || at{0} >= {5}) continue;\n",
        k, k + 2, op_.strides[k], op_.pads[k], op_.dilations[k], kernel_.index()(kernel_.input(0).dims[k + 2]));
  }
  std::string source_of_transposed(size_t k) const {
    return fmt::format(
        "    const int64_t to{0} = (int64_t)i{1} + {3} - t{0} * {4}, at{0} = to{0} / {2};\n"
        "    if (to{0} < 0 || to{0} % {2} != 0 || at{0} >= {5}) continue;\n",
        k, k + 2, op_.strides[k], op_.pads[k], op_.dilations[k], kernel_.index()(kernel_.input(0).dims[k + 2]));
  }

  const ops::ConvAttributes& op_;
  ElementKernel& kernel_;
};

template <typename Op>
class PlainConvTactic final : public ElementTactic<Op> {
 public:
  explicit PlainConvTactic(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }

 protected:
  void lower(const Op& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    const bool biased = operands.add_input(region, lowering, 2);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const std::string text = Sum(op, kernel).text(std::is_same_v<Op, ops::ConvTranspose>, biased);
    const bool wide = region.output_type(0).type == DataType::F64;
    operands.launch(lowering, kernel.finish(text, fmt::format("typedef {} acc_t;\n", wide ? "double" : "float")));
  }

 private:
  std::string_view name_;
};

}  // namespace

const Tactic& conv_plain() {
  static const PlainConvTactic<ops::Conv> tactic("conv.plain");
  return tactic;
}
const Tactic& conv_transpose_plain() {
  static const PlainConvTactic<ops::ConvTranspose> tactic("conv_transpose.plain");
  return tactic;
}

}  // namespace tn::cuda
