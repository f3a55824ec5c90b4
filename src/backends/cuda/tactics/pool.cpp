// SPDX-License-Identifier: Apache-2.0
// Windows: pools over spatial axes, and normalization over neighbouring channels. A thread makes an element, or those
// of neighbouring channels.
#include "ops/pool/pool.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"
#include "backends/cuda/tactics/element_tactic.h"
#include "ops/norm/reference/norm.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

/// What a value is computed in: "float", "double" or an integer type.
std::string_view accumulator(DataType type) {
  const ScalarType computed = compute_type(type);
  if (computed == ScalarType::I32) return "int32_t";
  return computed == ScalarType::F64 ? "double" : computed == ScalarType::F32 ? "float" : "int64_t";
}

/// Channels that a thread takes: as many as an access moves, where they are neighbours in memory.
int64_t lanes_of(const Operand& x, const Operand& y) {
  const auto takes = [](const Operand& operand, int64_t lanes) {
    if (operand.strides[1] != Dim(1) || operand.alignment < lanes) return false;
    for (size_t axis = 0; axis < operand.strides.size(); ++axis)
      if (axis != 1 && known_divisor(operand.strides[axis], lanes) != lanes) return false;
    return known_divisor(operand.dims[1], lanes) == lanes;
  };
  int64_t lanes = Operand::kAlignment / static_cast<int64_t>(std::max(size_of(x.type), size_of(y.type)));
  while (lanes > 1 && !(takes(x, lanes) && takes(y, lanes))) lanes /= 2;
  return lanes;
}

/// Groups of channels as an axis.
Operand grouped(Operand operand, int64_t lanes) {
  operand.dims[1] = Dim::floor_div(operand.dims[1], lanes);
  operand.strides[1] = operand.strides[1] * lanes;
  return operand;
}

/// Loops over the taps of the windows of the thread's elements, without branches, so that all loads are under way at
/// once. `visit` runs for each, for each channel j with its value as `x`, which is `outside` where the tap is not
/// `inside` of the image, and the place as at0, at1 …; `after` once per tap; `padded` counts the taps that are also in
/// the padding.
std::string window_loops(ElementKernel& kernel, const ops::PoolAttributes& a, std::string_view outside,
                         std::string_view visit, std::string_view after = "") {
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
  text += fmt::format(
      "  if ({}) ++padded;\n  const bool inside = {};\n  vec<{}, kLanes> from;\n"
      "  if (inside) from = load_vec<kLanes>(&{});\n#pragma unroll\n  for (int j = 0; j < kLanes; ++j) {{\n"
      "  const acc_t x = inside ? (acc_t)to_compute(from[j]) : (acc_t)({});\n{}  }}\n{}",
      padded, inside, text_of(kernel.input(0).type), kernel.in(0, place), outside, visit, after);
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
    const Operand x = operand(lowering, operands.inputs[0]), y = operand(lowering, operands.outputs[0]);
    const int64_t lanes = operands.outputs.size() == 1 ? lanes_of(x, y) : 1;
    std::vector<Operand> results = {grouped(y, lanes)};
    for (size_t i = 1; i < operands.outputs.size(); ++i) results.push_back(operand(lowering, operands.outputs[i]));
    ElementKernel kernel(entry_name(this->name(), ""), {grouped(x, lanes)}, results, results[0].dims,
                         lowering.target().ranges);
    const std::string text = body(op, kernel);
    operands.launch(lowering,
                    kernel.finish(text, typedefs(x.type) + fmt::format("constexpr int kLanes = {};\n", lanes)));
  }
  virtual std::string body(const Op& op, ElementKernel& kernel) const = 0;
  /// Statements that store `value`, an expression for channel j.
  static std::string stored(ElementKernel& kernel, std::string_view value) {
    return fmt::format(
        "  vec<{0}, kLanes> y;\n#pragma unroll\n  for (int j = 0; j < kLanes; ++j) y[j] = convert<{0}>({1});\n"
        "  store_vec(&{2}, y);\n",
        text_of(kernel.output(0).type), value, kernel.out(0, kernel.coordinates()));
  }
  /// Declares an array for the channels.
  static std::string filled(std::string_view name, std::string_view value) {
    return fmt::format("  acc_t {0}[kLanes];\n#pragma unroll\n  for (int j = 0; j < kLanes; ++j) {0}[j] = {1};\n", name,
                       value);
  }
};

class MaxPoolTactic final : public PoolTactic<ops::MaxPool> {
 public:
  std::string_view name() const override { return "max_pool"; }

 protected:
  std::string body(const ops::MaxPool& op, ElementKernel& kernel) const override {
    const std::string least =
        is_float(kernel.input(0).type) ? "-(acc_t)__uint_as_float(0x7f800000u)" : lowest(kernel.input(0).type);
    if (!op.indices)
      return filled("top", least) + window_loops(kernel, op, least, "  top[j] = max_of(top[j], x);\n") +
             stored(kernel, "top[j]");
    const std::string visit = fmt::format(
        "  if (inside && top[j] == top[j] && (!any || x > top[j] || x != x)) {{\n  top[j] = x;\n  best = {};\n  }}\n",
        flat(op, kernel));
    return filled("top", least) + "  bool any = false;\n  int64_t best = 0;\n" +
           window_loops(kernel, op, least, visit, "  any = any || inside;\n") + stored(kernel, "top[j]") +
           fmt::format("  {} = best;\n", kernel.out(1, kernel.coordinates()));
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
    return filled("sum", "0") + "  int count = 0;\n" +
           window_loops(kernel, op, "0", "  sum[j] += x;\n", "  count += inside;\n") +
           stored(kernel, op.count_include_pad ? "sum[j] / (acc_t)padded" : "sum[j] / (acc_t)count");
  }
};

class LpPoolTactic final : public PoolTactic<ops::LpPool> {
 public:
  std::string_view name() const override { return "lp_pool"; }

 protected:
  std::string body(const ops::LpPool& op, ElementKernel& kernel) const override {
    const bool wide = kernel.input(0).type == DataType::F64;
    if (op.p == 2)
      return filled("sum", "0") + window_loops(kernel, op, "0", "  sum[j] += x * x;\n") +
             stored(kernel, wide ? "sqrt(sum[j])" : "sqrtf(sum[j])");
    const std::string pow = wide ? "pow" : "powf";
    return filled("sum", "0") + fmt::format("  const acc_t power = {};\n", op.p) +
           window_loops(kernel, op, "0", fmt::format("  if (inside) sum[j] += {}(x < 0 ? -x : x, power);\n", pow)) +
           stored(kernel, fmt::format("{}(sum[j], 1 / power)", pow));
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
