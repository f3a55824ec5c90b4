// SPDX-License-Identifier: Apache-2.0
// Scatters: a copy of the data, then the updates. With a reduction, a thread goes through all updates that may meet and
// applies those of its part of the places, in order: sums come out the same whenever they are computed. An index
// outside of its extent updates nothing.
#include "ops/index/scatter.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

using ops::ScatterReduction;

constexpr int64_t kParts = 64;  ///< of the places, by their index: how many threads go through the same updates

std::string combined(ScatterReduction reduction, DataType type, const std::string& to, const std::string& update) {
  if (reduction == ScatterReduction::None) return fmt::format("{} = {};", to, update);
  const bool floats = is_float(type);
  const auto call = [&](std::string_view function) {
    return fmt::format("store(&{0}, {1}(to_compute({0}), to_compute({2})));", to, function, update);
  };
  const auto infix = [&](char sign) {
    return fmt::format("store(&{0}, to_compute({0}) {1} to_compute({2}));", to, sign, update);
  };
  switch (reduction) {
    case ScatterReduction::Add:
      return floats ? infix('+') : call("int_add");
    case ScatterReduction::Mul:
      return floats ? infix('*') : call("int_mul");
    case ScatterReduction::Max:
      return call("larger_of");
    default:
      return call("smaller_of");
  }
}

// As the definition has it, and not NaN if either is.
constexpr std::string_view kFunctions = R"cuda(
template <typename T> TN_INLINE T larger_of(T a, T b) { return a < b ? b : a; }
template <typename T> TN_INLINE T smaller_of(T a, T b) { return b < a ? b : a; }
)cuda";

// Data copied to the result, which the updates then change; kernel inputs are indices and updates.
Operands begin_scatter(const Region& region, RegionLowering& lowering) {
  const int data = lowering.input(region.anchor_inputs[0]), result = lowering.output(0);
  add_launch(lowering, strided_copy(operand(lowering, data), operand(lowering, result), lowering.target().ranges),
             {data}, {result});
  Operands operands;
  operands.add_input(region, lowering, 1);
  operands.add_input(region, lowering, 2);
  operands.outputs = {result};
  return operands;
}

// Declares `name`, an index counted from the front; leaves the update out if there is no such place.
std::string index_text(const std::string& name, const std::string& value, const std::string& extent) {
  return fmt::format(
      "    int64_t raw_{0} = {1};\n    if (raw_{0} < 0) raw_{0} += {2};\n"
      "    if (raw_{0} < 0 || raw_{0} >= (int64_t){2}) continue;\n    const index_t {0} = (index_t)raw_{0};\n",
      name, value, extent);
}

bool takes(DataType type, ScatterReduction reduction) {
  return reduction == ScatterReduction::None || type != DataType::Bool;
}

class ScatterElementsTactic final : public ElementTactic<ops::ScatterElements> {
 public:
  std::string_view name() const override { return "scatter_elements"; }

 protected:
  Support fits(const ops::ScatterElements& op, const Region& region, const Target&) const override {
    return takes(region.output_type(0).type, op.reduction) ? Support{} : Support::no("a reduction of bool");
  }
  // Extents of the indices, but for the axis, whose place the parts take.
  void lower(const ops::ScatterElements& op, const Region& region, RegionLowering& lowering) const override {
    const Operands operands = begin_scatter(region, lowering);
    Dims domain = region.input_type(region.anchor_inputs[1]).dims;
    const auto axis = static_cast<size_t>(ops::normalize_axis(op.axis, static_cast<int>(domain.size())));
    const Dim count = domain[axis];
    const bool reduces = op.reduction != ScatterReduction::None;
    if (reduces) domain[axis] = kParts;
    ElementKernel kernel = operands.kernel(lowering, name(), domain);
    auto from = kernel.coordinates(), to = kernel.coordinates();
    const std::string part = from[axis];
    from[axis] = "j";
    to[axis] = "at";
    std::string body = reduces ? fmt::format("  for (index_t j = 0; j < {}; ++j) {{\n", kernel.index()(count))
                               : fmt::format("  for (index_t j = {0}; j <= {0}; ++j) {{\n", part);
    body += index_text("at", kernel.in(0, from), kernel.index()(kernel.output(0).dims[axis]));
    if (reduces) body += fmt::format("    if (at % {}u != {}) continue;\n", kParts, part);
    body += "    " +
            combined(op.reduction, kernel.output(0).type, kernel.out(0, to), kernel.converted(1, kernel.in(1, from))) +
            "\n  }\n";
    operands.launch(lowering, kernel.finish(body, std::string(kFunctions)));
  }
};

class ScatterNDTactic final : public ElementTactic<ops::ScatterND> {
 public:
  std::string_view name() const override { return "scatter_nd"; }

 protected:
  Support fits(const ops::ScatterND& op, const Region& region, const Target&) const override {
    return takes(region.output_type(0).type, op.reduction) ? Support{} : Support::no("a reduction of bool");
  }
  // The number of an update (with a reduction: a part), then the axes of the slice that it is.
  void lower(const ops::ScatterND& op, const Region& region, RegionLowering& lowering) const override {
    const Operands operands = begin_scatter(region, lowering);
    const Dims &indices = region.input_type(region.anchor_inputs[1]).dims, &result = region.output_type(0).dims;
    const Dims tuples(indices.begin(), indices.end() - 1);
    const auto depth = static_cast<size_t>(*indices.back().constant());
    const bool reduces = op.reduction != ScatterReduction::None;
    Dims domain{reduces ? Dim(kParts) : product(tuples)};
    domain.insert(domain.end(), result.begin() + static_cast<std::ptrdiff_t>(depth), result.end());
    ElementKernel kernel = operands.kernel(lowering, name(), domain);
    const auto names = kernel.coordinates();
    auto tuple = coordinate_names(tuples.size(), "n");
    std::string body = reduces ? fmt::format("  for (index_t j = 0; j < {}; ++j) {{\n", kernel.index()(product(tuples)))
                               : "  for (index_t j = i0; j <= i0; ++j) {\n";
    body += kernel.index().coordinates("j", tuples, "n");
    std::vector<std::string> update = tuple, to;
    update.insert(update.end(), names.begin() + 1, names.end());
    tuple.emplace_back();
    std::string place = "0u";
    for (size_t k = 0; k < depth; ++k) {
      tuple.back() = fmt::format("{}u", k);
      to.push_back(fmt::format("at{}", k));
      const std::string extent = kernel.index()(result[k]);
      body += index_text(to.back(), kernel.in(0, tuple), extent);
      place = fmt::format("({}) * {} + {}", place, extent, to.back());
    }
    if (reduces) body += fmt::format("    if (({}) % {}u != i0) continue;\n", place, kParts);
    to.insert(to.end(), names.begin() + 1, names.end());
    body +=
        "    " +
        combined(op.reduction, kernel.output(0).type, kernel.out(0, to), kernel.converted(1, kernel.in(1, update))) +
        "\n  }\n";
    operands.launch(lowering, kernel.finish(body, std::string(kFunctions)));
  }
};

}  // namespace

const Tactic& scatter_elements() {
  static const ScatterElementsTactic tactic;
  return tactic;
}
const Tactic& scatter_nd() {
  static const ScatterNDTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
