// SPDX-License-Identifier: Apache-2.0
// Running sums and products, and the largest or smallest elements along an axis.
#include <fmt/format.h>

#include "backends/cuda/tactics/element_tactic.h"
#include "ops/index/select.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

/// A thread adds up, or multiplies, a line.
template <typename Op, bool kProduct>
class CumulateTactic final : public ElementTactic<Op> {
 public:
  std::string_view name() const override { return kProduct ? "cum_prod" : "cum_sum"; }
  std::optional<Order> order(const Region&) const override { return std::nullopt; }

 protected:
  Support fits(const Op&, const Region& region, const Target&) const override {
    const Dims* axis = known_value(region, 1);
    return axis && axis->size() == 1 && axis->front().is_constant() ? Support{}
                                                                    : Support::no("an axis that is not known");
  }
  void lower(const Op& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    Dims lines = region.output_type(0).dims;
    const auto rank = static_cast<int>(lines.size());
    const auto axis =
        static_cast<size_t>(rank == 0 ? 0 : ops::normalize_axis(*known_value(region, 1)->front().constant(), rank));
    const Dim length = rank == 0 ? Dim(1) : lines[axis];
    if (rank > 0) lines[axis] = 1;
    ElementKernel kernel = operands.kernel(lowering, name(), lines);
    auto at = kernel.coordinates();
    if (rank > 0) at[axis] = "at";
    const bool floats = is_float(kernel.input(0).type);
    const std::string_view sum_type = !floats ? "int64_t" : kernel.input(0).type == DataType::F64 ? "double" : "float";
    const std::string body = fmt::format(
        "  {0} all = {7};\n  const index_t count = {1};\n"
        "#pragma unroll 4\n  for (index_t k = 0; k < count; ++k) {{\n    const index_t at = {2};\n"
        "    const {0} x = ({0})to_compute({3});\n    const {0} before = all;\n    all = {4};\n"
        "    store(&{5}, {6});\n  }}\n",
        sum_type, kernel.index()(length), op.reverse ? "count - 1 - k" : "k", kernel.in(0, at), combined(floats),
        kernel.out(0, at), op.exclusive ? "before" : "all", kProduct ? 1 : 0);
    operands.launch(lowering, kernel.finish(body));
  }

 private:
  static std::string_view combined(bool floats) {
    if (floats) return kProduct ? "all * x" : "all + x";
    return kProduct ? "int_mul(all, x)" : "int_add(all, x)";
  }
};

/// A thread counts the elements that come before its own: that is its place in the result. NaN counts as largest.
class TopKTactic final : public ElementTactic<ops::TopK> {
 public:
  std::string_view name() const override { return "top_k"; }
  std::optional<Order> order(const Region&) const override { return std::nullopt; }

 protected:
  void lower(const ops::TopK& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    for (int i = 0; i < region.outputs(); ++i) operands.outputs.push_back(lowering.output(i));
    const TensorType& x = region.input_type(region.anchor_inputs[0]);
    const auto axis = static_cast<size_t>(ops::normalize_axis(op.axis, x.rank()));
    ElementKernel kernel = operands.kernel(lowering, name(), x.dims);
    const auto own = kernel.coordinates();
    auto other = own, to = own;
    other[axis] = "k";
    to[axis] = "place";
    const std::string body = fmt::format(
        "  const auto mine = to_compute({0});\n  index_t place = 0;\n"
        "#pragma unroll 4\n  for (index_t k = 0; k < {1}; ++k) {{\n    const auto x = to_compute({2});\n"
        "    const bool equal = x == mine || (x != x && mine != mine);\n"
        "    if (equal ? k < i{3} : {4}) ++place;\n  }}\n"
        "  if (place >= {5}) return;\n  {6} = {8};\n  {7} = (int64_t)i{3};\n",
        kernel.in(0, own), kernel.index()(x.dims[axis]), kernel.in(0, other), axis,
        op.largest ? "x != x || x > mine" : "mine != mine || x < mine", kernel.index()(kernel.output(0).dims[axis]),
        kernel.out(0, to), kernel.out(1, to), kernel.converted(0, kernel.in(0, own)));
    operands.launch(lowering, kernel.finish(body));
  }
};

}  // namespace

const Tactic& cum_sum() {
  static const CumulateTactic<ops::CumSum, false> tactic;
  return tactic;
}
const Tactic& cum_prod() {
  static const CumulateTactic<ops::CumProd, true> tactic;
  return tactic;
}
const Tactic& top_k() {
  static const TopKTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
