// SPDX-License-Identifier: Apache-2.0
// Windows: pools over spatial axes, and normalization over neighbouring channels. A thread makes an element.
#include "ops/pool/pool.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/scalar_text.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "backends/cuda/tactics/table.h"
#include "ops/norm/reference/norm.h"

namespace tn::cuda {
namespace {

/// What a value is computed in: "float", "double" or an integer type.
std::string_view accumulator(DataType type) {
  const ScalarType computed = compute_type(type);
  return computed == ScalarType::F64 ? "double" : computed == ScalarType::F32 ? "float" : "int64_t";
}

/// Loops over the taps of the window of the thread's element. `visit` runs for those inside of the image, with their
/// value as `x` and their place as at0, at1 …; `padded` counts those that are also in the padding.
std::string window_loops(ElementKernel& kernel, const ops::PoolAttributes& a, const std::string& visit) {
  const size_t spatial = a.kernel.size();
  std::vector<std::string> place = {"i0", "i1"};
  std::string text, inside = "true", padded = "true";
  for (size_t k = 0; k < spatial; ++k) {
    const std::string extent = fmt::format("(int)({})", kernel.index()(kernel.input(0).dims[2 + k]));
    text += fmt::format(
        "#pragma unroll {5}\n  for (int k{0} = 0; k{0} < {1}; ++k{0}) {{\n"
        "  const int at{0} = (int)i{2} * {3} - {4} + k{0} * {6};\n",
        k, a.kernel[k], k + 2, a.strides[k], a.pads[k], a.kernel[k] <= 8 ? a.kernel[k] : 1, a.dilations[k]);
    inside += fmt::format(" && at{0} >= 0 && at{0} < {1}", k, extent);
    padded += fmt::format(" && at{} < {} + {}", k, extent, a.pads[spatial + k]);
    place.push_back(fmt::format("(index_t)at{}", k));
  }
  const std::string x = kernel.in(0, place);
  text += fmt::format("  if ({}) ++padded;\n  if ({}) {{\n  const acc_t x = (acc_t)to_compute({});\n{}  }}\n", padded,
                      inside, x, visit);
  for (size_t k = 0; k < spatial; ++k) text += "  }\n";
  return "  int padded = 0;\n" + text;
}

std::string typedefs(DataType type) {
  return fmt::format("typedef {} acc_t;\n", accumulator(type));
}

template <typename Op>
class PoolTactic : public ElementTactic<Op> {
 public:
  /// Any order is as good.
  std::optional<Order> order(const Region&) const override { return std::nullopt; }

 protected:
  void lower(const Op& op, const Region& region, RegionLowering& lowering) const override {
    Operands operands;
    operands.add_input(region, lowering, 0);
    for (int i = 0; i < region.outputs(); ++i) operands.outputs.push_back(lowering.output(i));
    ElementKernel kernel = operands.kernel(lowering, this->name(), region.output_type(0).dims);
    const std::string text = body(op, kernel);
    operands.launch(lowering, kernel.finish(text, typedefs(kernel.input(0).type)));
  }
  virtual std::string body(const Op& op, ElementKernel& kernel) const = 0;
  static std::string stored(ElementKernel& kernel, std::string_view value) {
    return fmt::format("  store(&{}, {});\n", kernel.out(0, kernel.coordinates()), value);
  }
};

class MaxPoolTactic final : public PoolTactic<ops::MaxPool> {
 public:
  std::string_view name() const override { return "max_pool"; }

 protected:
  std::string body(const ops::MaxPool& op, ElementKernel& kernel) const override {
    const bool floats = is_float(kernel.input(0).type);
    std::string found = "  top = x;\n  any = true;\n";
    if (op.indices) found += fmt::format("  best = {};\n", flat(op, kernel));
    const std::string visit = "  if (top == top && (!any || x > top || x != x)) {\n" + found + "  }\n";
    std::string text = fmt::format("  acc_t top = {};\n  bool any = false;\n  int64_t best = 0;\n",
                                   floats ? "-(acc_t)__uint_as_float(0x7f800000u)" : lowest(kernel.input(0).type));
    text += window_loops(kernel, op, visit) + stored(kernel, "top");
    if (op.indices) text += fmt::format("  {} = best;\n", kernel.out(1, kernel.coordinates()));
    return text;
  }

 private:
  static std::string lowest(DataType type) {
    if (!is_signed_integer(type)) return "0";
    return fmt::format("(acc_t)(~0ull << {})", size_of(type) * 8 - 1);
  }
  // Position of a tap in all of X.
  static std::string flat(const ops::MaxPool& op, ElementKernel& kernel) {
    const Dims& dims = kernel.input(0).dims;
    const auto extent = [&](size_t axis) { return fmt::format("(int64_t)({})", kernel.index()(dims[axis])); };
    std::string text = fmt::format("((int64_t)i0 * {} + i1)", extent(1)), within;
    const size_t spatial = dims.size() - 2;
    for (size_t k = 0; k < spatial; ++k) {
      const size_t axis = op.column_major ? spatial - 1 - k : k;
      within = k == 0 ? fmt::format("at{}", axis) : fmt::format("({} * {} + at{})", within, extent(2 + axis), axis);
      text += " * " + extent(2 + k);
    }
    return text + " + " + within;
  }
};

class AveragePoolTactic final : public PoolTactic<ops::AveragePool> {
 public:
  std::string_view name() const override { return "average_pool"; }

 protected:
  std::string body(const ops::AveragePool& op, ElementKernel& kernel) const override {
    return "  acc_t sum = 0;\n  int count = 0;\n" + window_loops(kernel, op, "  sum += x;\n  ++count;\n") +
           stored(kernel, op.count_include_pad ? "sum / (acc_t)padded" : "sum / (acc_t)count");
  }
};

class LpPoolTactic final : public PoolTactic<ops::LpPool> {
 public:
  std::string_view name() const override { return "lp_pool"; }

 protected:
  std::string body(const ops::LpPool& op, ElementKernel& kernel) const override {
    const bool wide = kernel.input(0).type == DataType::F64;
    if (op.p == 2)
      return "  acc_t sum = 0;\n" + window_loops(kernel, op, "  sum += x * x;\n") +
             stored(kernel, wide ? "sqrt(sum)" : "sqrtf(sum)");
    const std::string pow = wide ? "pow" : "powf";
    return fmt::format("  const acc_t power = {};\n  acc_t sum = 0;\n", op.p) +
           window_loops(kernel, op, fmt::format("  sum += {}(x < 0 ? -x : x, power);\n", pow)) +
           stored(kernel, fmt::format("{}(sum, 1 / power)", pow));
  }
};

/// LRN's type is its source file's own.
class LrnTactic final : public Tactic {
 public:
  std::string_view name() const override { return "lrn"; }
  Support supports(const Region& region, const Target&) const override {
    if (!dynamic_cast<const ops::LrnAttributes*>(region.anchor)) return Support::foreign();
    return region.expressions.empty() ? Support{} : Support::no("expressions follow the operator");
  }
  bool timed() const override { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    const auto& op = dynamic_cast<const ops::LrnAttributes&>(*region.anchor);
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    auto at = kernel.coordinates();
    const std::string own = kernel.in(0, at), out = kernel.out(0, at);
    at[1] = "(index_t)c";
    const std::string other = kernel.in(0, at), channels = kernel.index()(kernel.input(0).dims[1]);
    const ScalarType type = compute_type(kernel.input(0).type);
    const auto number = [&](double value) { return literal(type, {.f = value}); };
    const std::string body = fmt::format(
        "  acc_t sum = 0;\n  const int from = (int)i1 - {0}, to = (int)i1 + {1};\n"
        "  for (int c = from < 0 ? 0 : from; c <= to && c < (int)({2}); ++c) {{\n"
        "    const acc_t x = to_compute({3});\n    sum += x * x;\n  }}\n"
        "  store(&{4}, (acc_t)to_compute({5}) / {9}({6} + {7} * sum, {8}));\n",
        (op.size - 1) / 2, op.size / 2, channels, other, out, own, number(op.bias),
        number(op.alpha / static_cast<double>(op.size)), number(op.beta), type == ScalarType::F64 ? "pow" : "powf");
    operands.launch(lowering, kernel.finish(body, typedefs(kernel.input(0).type)));
  }
};

}  // namespace

const Tactic& max_pool() {
  static const MaxPoolTactic tactic;
  return tactic;
}
const Tactic& average_pool() {
  static const AveragePoolTactic tactic;
  return tactic;
}
const Tactic& lp_pool() {
  static const LpPoolTactic tactic;
  return tactic;
}
const Tactic& lrn() {
  static const LrnTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
