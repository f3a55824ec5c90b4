// SPDX-License-Identifier: Apache-2.0
// Gathers. An index outside of its extent gives zero.
#include "ops/index/gather.h"

#include <fmt/format.h>

#include "backends/cuda/tactics/element_tactic.h"
#include "ops/rules.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

// Declares `name` as the index that an expression gives, counted from the front, and clears `inside` if there is none.
std::string index_text(const std::string& name, const std::string& value, const std::string& extent) {
  return fmt::format(
      "  int64_t raw_{0} = {1};\n  if (raw_{0} < 0) raw_{0} += {2};\n"
      "  inside = inside && raw_{0} >= 0 && raw_{0} < (int64_t){2};\n  const index_t {0} = (index_t)raw_{0};\n",
      name, value, extent);
}

std::string taken(ElementKernel& kernel, const std::vector<std::string>& from) {
  const std::string to = kernel.out(0, kernel.coordinates()), value = kernel.converted(0, kernel.in(0, from));
  return fmt::format("  if (inside) {0} = {1};\n  else {0} = {{}};\n", to, value);
}

class GatherTactic final : public ElementTactic<ops::Gather> {
 public:
  std::string_view name() const override { return "gather"; }

 protected:
  void lower(const ops::Gather& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto axis = ops::normalize_axis(op.axis, static_cast<int>(kernel.input(0).dims.size()));
    const auto rank = static_cast<std::ptrdiff_t>(kernel.input(1).dims.size());
    const auto out = kernel.coordinates();
    std::vector<std::string> from(out.begin(), out.begin() + axis);
    from.push_back("at");
    from.insert(from.end(), out.begin() + axis + rank, out.end());
    const std::vector<std::string> index(out.begin() + axis, out.begin() + axis + rank);
    const std::string extent = kernel.index()(kernel.input(0).dims[static_cast<size_t>(axis)]);
    const std::string body =
        "  bool inside = true;\n" + index_text("at", kernel.in(1, index), extent) + taken(kernel, from);
    operands.launch(lowering, kernel.finish(body));
  }
};

class GatherElementsTactic final : public ElementTactic<ops::GatherElements> {
 public:
  std::string_view name() const override { return "gather_elements"; }

 protected:
  void lower(const ops::GatherElements& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto axis = static_cast<size_t>(ops::normalize_axis(op.axis, static_cast<int>(kernel.input(0).dims.size())));
    auto from = kernel.coordinates();
    from[axis] = "at";
    const std::string body =
        "  bool inside = true;\n" +
        index_text("at", kernel.in(1, kernel.coordinates()), kernel.index()(kernel.input(0).dims[axis])) +
        taken(kernel, from);
    operands.launch(lowering, kernel.finish(body));
  }
};

class GatherNDTactic final : public ElementTactic<ops::GatherND> {
 public:
  std::string_view name() const override { return "gather_nd"; }

 protected:
  void lower(const ops::GatherND& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto out = kernel.coordinates();
    const Dims &data = kernel.input(0).dims, &indices = kernel.input(1).dims;
    const auto batch = static_cast<size_t>(op.batch_dims), last = indices.size() - 1;
    const auto depth = static_cast<size_t>(*indices.back().constant());
    std::vector<std::string> index(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(last)),
        from(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(batch));
    index.emplace_back();
    std::string body = "  bool inside = true;\n";
    for (size_t k = 0; k < depth; ++k) {
      index.back() = fmt::format("{}u", k);
      from.push_back(fmt::format("at{}", k));
      body += index_text(from.back(), kernel.in(1, index), kernel.index()(data[batch + k]));
    }
    from.insert(from.end(), out.begin() + static_cast<std::ptrdiff_t>(last), out.end());
    operands.launch(lowering, kernel.finish(body + taken(kernel, from)));
  }
};

}  // namespace

const Tactic& gather() {
  static const GatherTactic tactic;
  return tactic;
}
const Tactic& gather_elements() {
  static const GatherElementsTactic tactic;
  return tactic;
}
const Tactic& gather_nd() {
  static const GatherNDTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
