// SPDX-License-Identifier: Apache-2.0
// Operators that put elements elsewhere by rules of their coordinates, as they are: pad, slice, tile, reversed
// sequences, bits as another type.
#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ir/infer_context.h"
#include "ops/index/select.h"
#include "ops/rules.h"
#include "ops/shape/bit_cast.h"
#include "ops/shape/expand.h"
#include "ops/shape/pad.h"
#include "ops/shape/slice.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

// Where position `at` of an axis reads from; behind the extent for the constant.
constexpr std::string_view kPadSources = R"cuda(
TN_INLINE int64_t source_of_constant(int64_t at, int64_t extent) { return at; }
TN_INLINE int64_t source_of_edge(int64_t at, int64_t extent) { return at < 0 ? 0 : at >= extent ? extent - 1 : at; }
TN_INLINE int64_t source_of_wrap(int64_t at, int64_t extent) {
  return at >= 0 && at < extent || extent == 0 ? at : ((at % extent) + extent) % extent;
}
TN_INLINE int64_t source_of_reflect(int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  const int64_t period = extent > 1 ? 2 * (extent - 1) : 1, folded = ((at % period) + period) % period;
  return folded < extent ? folded : period - folded;
}
)cuda";

class PadTactic final : public ElementTactic<ops::Pad> {
 public:
  std::string_view name() const override { return "pad"; }
  std::optional<Order> order(const Region&) const override { return std::nullopt; }

 protected:
  Support fits(const ops::Pad&, const Region& region, const Target&) const override {
    const Dims* axes = known_value(region, 3);
    const bool known = known_value(region, 1) != nullptr && (!has_operand(region, 3) || axes != nullptr);
    return known ? Support{} : Support::no("pads that are not known");
  }
  void lower(const ops::Pad& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    const bool value = operands.add_input(region, lowering, 2);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const Dims begins = begins_of(region);
    auto from = kernel.coordinates();
    std::string body = "  bool inside = true;\n";
    for (size_t axis = 0; axis < begins.size(); ++axis) {
      const Dim& extent = kernel.input(0).dims[axis];
      if (begins[axis] == Dim(0) && extent == kernel.domain()[axis]) continue;
      const std::string limit = kernel.scalars()(extent), at = fmt::format("at{}", axis);
      body += fmt::format("  const int64_t {0} = source_of_{1}((int64_t)i{2} - {3}, {4});\n", at,
                          ops::kPadModes[static_cast<size_t>(op.mode)], axis, kernel.scalars()(begins[axis]), limit);
      body += fmt::format("  inside = inside && {0} >= 0 && {0} < {1};\n", at, limit);
      from[axis] = "(index_t)" + at;
    }
    body += fmt::format("  {} = inside ? {} : {};\n", kernel.out(0, kernel.coordinates()),
                        kernel.converted(0, kernel.in(0, from)),
                        value ? kernel.converted(1, "in1[0]") : fmt::format("{}{{}}", text_of_output(kernel)));
    operands.launch(lowering, kernel.finish(body, std::string(kPadSources)));
  }

 private:
  static std::string_view text_of_output(const ElementKernel& kernel) { return text_of(kernel.output(0).type); }
  static Dims begins_of(const Region& region) {
    const int rank = region.input_type(region.anchor_inputs[0]).rank();
    Dims begins(static_cast<size_t>(rank), 0);
    const Dims &pads = *known_value(region, 1), *axes = known_value(region, 3);
    for (size_t i = 0; i < pads.size() / 2; ++i) {
      const auto axis = axes ? ops::normalize_axis(*(*axes)[i].constant(), rank) : static_cast<int>(i);
      begins[static_cast<size_t>(axis)] = pads[i];
    }
    return begins;
  }
};

// Slices that no view can express: negative steps, starts that are expressions of extents.
class SliceTactic final : public ElementTactic<ops::Slice> {
 public:
  std::string_view name() const override { return "slice"; }

 protected:
  Support fits(const ops::Slice&, const Region& region, const Target&) const override {
    return ranges_of(region) ? Support{} : Support::no("starts or steps that are not known");
  }
  void lower(const ops::Slice&, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    auto from = kernel.coordinates();
    const auto ranges = ranges_of(region);
    for (const ops::SliceRange& range : *ranges) {
      std::string& at = from[static_cast<size_t>(range.axis)];
      at = fmt::format("{} + {} * {}", kernel.index()(range.start), at, kernel.index()(range.step));
    }
    operands.launch(lowering, kernel.finish(fmt::format("  {} = {};\n", kernel.out(0, kernel.coordinates()),
                                                        kernel.converted(0, kernel.in(0, from)))));
  }

 private:
  static std::optional<std::vector<ops::SliceRange>> ranges_of(const Region& region) {
    if (region.node->op.get() != region.anchor) return std::nullopt;
    return ops::slice_ranges(GraphInferContext(*region.graph, *region.node, "", nullptr));
  }
};

class TileTactic final : public ElementTactic<ops::Tile> {
 public:
  std::string_view name() const override { return "tile"; }

 protected:
  void lower(const ops::Tile&, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    auto from = kernel.coordinates();
    for (size_t axis = 0; axis < from.size(); ++axis) {
      const Dim& extent = kernel.input(0).dims[axis];
      if (extent != kernel.domain()[axis]) from[axis] = fmt::format("{} % {}", from[axis], kernel.index()(extent));
    }
    operands.launch(lowering, kernel.finish(fmt::format("  {} = {};\n", kernel.out(0, kernel.coordinates()),
                                                        kernel.converted(0, kernel.in(0, from)))));
  }
};

class ReverseSequenceTactic final : public ElementTactic<ops::ReverseSequence> {
 public:
  std::string_view name() const override { return "reverse_sequence"; }

 protected:
  void lower(const ops::ReverseSequence& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.add_input(region, lowering, 1);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const int rank = region.output_type(0).rank();
    const auto batch = static_cast<size_t>(ops::normalize_axis(op.batch_axis, rank)),
               time = static_cast<size_t>(ops::normalize_axis(op.time_axis, rank));
    auto from = kernel.coordinates();
    std::string body = fmt::format(
        "  const int64_t given = convert<int64_t>({}), extent = {};\n"
        "  const int64_t length = given < 0 ? 0 : given > extent ? extent : given;\n"
        "  const index_t at = i{} < length ? (index_t)(length - 1 - i{}) : i{};\n",
        kernel.in(1, {from[batch]}), kernel.scalars()(kernel.domain()[time]), time, time, time);
    from[time] = "at";
    body += fmt::format("  {} = {};\n", kernel.out(0, kernel.coordinates()), kernel.converted(0, kernel.in(0, from)));
    operands.launch(lowering, kernel.finish(body));
  }
};

class BitCastTactic final : public ElementTactic<ops::BitCast> {
 public:
  std::string_view name() const override { return "bit_cast"; }

 protected:
  Support fits(const ops::BitCast&, const Region& region, const Target&) const override {
    const DataType from = region.input_type(region.anchor_inputs[0]).type, to = region.output_type(0).type;
    return size_of(from) == size_of(to) ? Support{} : Support::no("operands stored narrower than they are");
  }
  void lower(const ops::BitCast&, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const auto at = kernel.coordinates();
    operands.launch(lowering,
                    kernel.finish(fmt::format("  const auto x = {};\n  {} = *(const {}*)&x;\n", kernel.in(0, at),
                                              kernel.out(0, at), text_of(kernel.output(0).type))));
  }
};

}  // namespace

const Tactic& bit_cast() {
  static const BitCastTactic tactic;
  return tactic;
}
const Tactic& pad() {
  static const PadTactic tactic;
  return tactic;
}
const Tactic& slice() {
  static const SliceTactic tactic;
  return tactic;
}
const Tactic& tile() {
  static const TileTactic tactic;
  return tactic;
}
const Tactic& reverse_sequence() {
  static const ReverseSequenceTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
