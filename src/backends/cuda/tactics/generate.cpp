// SPDX-License-Identifier: Apache-2.0
// Operators whose elements follow from their coordinates: ranges, diagonals, triangles, one-hot vectors.
#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/index/select.h"
#include "ops/rules.h"
#include "ops/shape/expand.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

class RangeTactic final : public ElementTactic<ops::Range> {
 public:
  std::string_view name() const override { return "range"; }

 protected:
  void lower(const ops::Range&, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 2);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    // As it is defined: floats in double, rounded once.
    const bool floats = is_float(region.output_type(0).type);
    const std::string value = floats
                                  ? "(double)to_compute(in0[0]) + (double)i0 * (double)to_compute(in1[0])"
                                  : "int_add(convert<int64_t>(in0[0]), int_mul((int64_t)i0, convert<int64_t>(in1[0])))";
    operands.launch(lowering, kernel.finish(fmt::format("  store(&{}, {});\n", kernel.out(0, {"i0"}), value)));
  }
};

class EyeLikeTactic final : public ElementTactic<ops::EyeLike> {
 public:
  std::string_view name() const override { return "eye_like"; }

 protected:
  void lower(const ops::EyeLike& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    operands.launch(lowering, kernel.finish(fmt::format("  store(&{}, (int64_t)i1 - (int64_t)i0 == {}ll ? 1 : 0);\n",
                                                        kernel.out(0, kernel.coordinates()), op.k)));
  }
};

class TriluTactic final : public ElementTactic<ops::Trilu> {
 public:
  std::string_view name() const override { return "trilu"; }

 protected:
  void lower(const ops::Trilu& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    const bool diagonal = operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto at = kernel.coordinates();
    const size_t row = at.size() - 2;
    operands.launch(
        lowering, kernel.finish(fmt::format(
                      "  const int64_t k = {};\n  if ((int64_t){} - (int64_t){} {} k) {} = {};\n  else {} = {}{{}};\n",
                      diagonal ? "convert<int64_t>(in1[0])" : "0", at[row + 1], at[row],
                      op.upper ? ">=" : "<=", kernel.out(0, at), kernel.converted(0, kernel.in(0, at)),
                      kernel.out(0, at), text_of(kernel.output(0).type))));
  }
};

class OneHotTactic final : public ElementTactic<ops::OneHot> {
 public:
  std::string_view name() const override { return "one_hot"; }

 protected:
  void lower(const ops::OneHot& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 2);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto axis = ops::normalize_axis(op.axis, region.output_type(0).rank());
    auto at = kernel.coordinates();
    at.erase(at.begin() + axis);
    const std::string hot = fmt::format(
        "  int64_t index = convert<int64_t>({});\n  if (index < 0) index += {};\n"
        "  const bool hot = index == (int64_t)i{};\n",
        kernel.in(0, at), kernel.scalars()(kernel.domain()[static_cast<size_t>(axis)]), axis);
    operands.launch(lowering, kernel.finish(hot + fmt::format("  {} = {};\n", kernel.out(0, kernel.coordinates()),
                                                              kernel.in(1, {"(index_t)hot"}))));
  }
};

}  // namespace

const Tactic& range() {
  static const RangeTactic tactic;
  return tactic;
}
const Tactic& eye_like() {
  static const EyeLikeTactic tactic;
  return tactic;
}
const Tactic& trilu() {
  static const TriluTactic tactic;
  return tactic;
}
const Tactic& one_hot() {
  static const OneHotTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
