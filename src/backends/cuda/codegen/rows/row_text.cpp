// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/rows/row_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/rows/row_body.h"
#include "backends/cuda/codegen/scalar_text.h"

namespace tn::cuda {
namespace {

using enum RowOperation;

/// Integers are summed up in 64 bits.
ScalarType accumulator(DataType type) {
  const ScalarType computed = compute_type(type);
  if (is_float(computed) || computed == ScalarType::U64) return computed;
  return ScalarType::I64;
}

std::string limit_text(DataType type, bool lowest) {
  if (is_float(type)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return literal(accumulator(type), {.f = lowest ? -infinity : infinity});
  }
  const int bits = type == DataType::Bool ? 1 : static_cast<int>(size_of(type)) * 8;
  const bool has_sign = is_signed_integer(type);
  const uint64_t highest = ~uint64_t{0} >> (64 - bits + (has_sign ? 1 : 0));
  const int64_t low = has_sign ? -static_cast<int64_t>(highest) - 1 : 0;
  return literal(accumulator(type), {.i = lowest ? low : static_cast<int64_t>(highest)});
}

std::string_view name_of(RowOperation operation) {
  constexpr std::string_view kNames[] = {"sum",    "mean",    "max",         "min",     "prod",       "argmax",
                                         "argmin", "softmax", "log_softmax", "hardmax", "layer_norm", "rms_norm"};
  return kNames[static_cast<size_t>(operation)];
}

std::string body_of(RowOperation operation) {
  if (operation <= Prod) return reduce_body();
  if (operation <= ArgMin) return arg_body();
  if (operation <= LogSoftmax) return softmax_body();
  return operation == Hardmax ? hardmax_body() : norm_body();
}

class RowText {
 public:
  RowText(const RowForm& form, const RowPlan& plan, const SymbolRanges& ranges)
      : form_(form), plan_(plan), index_(scalars_, is_wide(ranges)), keeps_constants_(keeps_constants()) {}

  KernelText make() {
    KernelText text;
    text.entry = fmt::format("{}_{}", name_of(form_.operation), tn::name_of(form_.types[0]));
    const std::string body = entry(text.entry);
    text.source =
        std::string(prelude()) + defines() + types() + std::string(row_team()) + body + body_of(form_.operation);
    // The entry's parameters are complete when everything else has been written.
    const std::string mark = "SCALAR_PARAMETERS";
    text.source.replace(text.source.find(mark), mark.size(), scalars_.parameters());
    text.block = {static_cast<uint32_t>(plan_.team * plan_.rows), 1, 1};
    text.grid[0] = Dim::ceil_div(form_.rows.elements() * plan_.splits, plan_.rows);
    text.scalars = scalars_.values();
    text.overlaps = true;
    return text;
  }

 private:
  size_t first_output() const { return form_.types.size() - form_.outputs; }
  bool is_wide(const SymbolRanges& ranges) const {
    IterationSpace all = form_.rows;
    all.dims.insert(all.dims.end(), form_.columns.dims.begin(), form_.columns.dims.end());
    for (size_t k = 0; k < all.strides.size(); ++k) {
      const Dims& more = form_.columns.strides[k];
      all.strides[k].insert(all.strides[k].end(), more.begin(), more.end());
    }
    return cuda::is_wide(all, ranges);
  }

  std::string defines() {
    const DataType type = form_.types[0];
    const bool narrow = accumulator(type) != ScalarType::F64;
    std::string text;
    const auto define = [&](std::string_view name, const auto& value) {
      text += fmt::format("#define {} {}\n", name, value);
    };
    define("ACROSS", plan_.across ? 1 : 0);
    define("TEAM", plan_.team);
    define("ROWS_PER_BLOCK", plan_.rows);
    text += fmt::format("constexpr int V = {};\n", plan_.vector);
    define("STEPS", plan_.steps);
    define("KEPT", plan_.steps > 0 ? 1 : 0);
    define("LARGEST", form_.operation == ArgMin ? "false" : "true");
    define("LAST_OF_EQUALS", form_.last ? "true" : "false");
    define("LOG_OF_IT", form_.operation == LogSoftmax ? "true" : "false");
    define("CENTERED", form_.operation == LayerNorm ? 1 : 0);
    define("EPSILON", literal(narrow ? ScalarType::F32 : ScalarType::F64, {.f = form_.epsilon}));
    define("EXP", narrow ? "expf" : "exp");
    define("LOG", narrow ? "logf" : "log");
    define("SQRT", narrow ? "sqrtf" : "sqrt");
    define("COLUMNS", index_(form_.columns.elements()));
    define("ROWS", index_(form_.rows.elements()));
    define("SPLITS", index_(plan_.splits));
    return text + reduction();
  }

  // START, COMBINE and FINISH.
  std::string reduction() {
    const DataType type = form_.types[0];
    const bool floats = is_float(type);
    std::string start = limit_text(type, form_.operation != Min && form_.operation != ArgMin);
    std::string combine = form_.operation == Max ? "max_of(a, b)" : "min_of(a, b)", finish = "x";
    if (form_.operation == Sum || form_.operation == Mean) start = "0", combine = floats ? "a + b" : "int_add(a, b)";
    if (form_.operation == Prod) start = "1", combine = floats ? "a * b" : "int_mul(a, b)";
    if (form_.operation == Mean && plan_.splits == 1) {
      const std::string count = fmt::format("static_cast<acc_t>({})", index_(form_.count));
      finish = floats ? "x / " + count : fmt::format("int_div<acc_t>(x, {})", count);
    }
    if (!floats && plan_.splits == 1) finish = fmt::format("to_compute(convert<x_t>({}))", finish);
    return fmt::format("#define START {}\n#define COMBINE {}\n#define FINISH(x) ({})\n", start, combine, finish);
  }

  std::string types() {
    const ScalarType acc = accumulator(form_.types[0]);
    const bool arg = form_.operation == ArgMax || form_.operation == ArgMin;
    const ScalarType result = arg ? ScalarType::I64 : plan_.splits > 1 ? acc : compute_type(form_.types[0]);
    return index_.declaration() + fmt::format("typedef {} x_t;\ntypedef {} acc_t;\ntypedef {} result_t;\n",
                                              text_of(form_.types[0]), text_of(acc), text_of(result));
  }

  std::string parameters() {
    std::string text;
    for (size_t k = 0; k < form_.types.size(); ++k) {
      const bool output = k >= first_output();
      text += fmt::format("{}{}{}* p{}", k > 0 ? ", " : "", output ? "" : "const ", text_of(form_.types[k]), k);
    }
    return text + "SCALAR_PARAMETERS";
  }

  std::string entry(const std::string& name) {
    std::string text =
        fmt::format(R"cuda(
extern "C" __global__ void __launch_bounds__(kThreads, 1) {}({}) {{
  const index_t member = {}, local = {};
  const index_t number = static_cast<index_t>(blockIdx.x) * ROWS_PER_BLOCK + local;
  const bool active = number < ROWS * SPLITS;
  const index_t part = active ? number % SPLITS : 0, row = active ? number / SPLITS : 0;
  const index_t share = (COLUMNS + SPLITS * V - 1) / (SPLITS * V) * V;
  const index_t first = part * share, last = min(COLUMNS, first + share);
)cuda",
                    name, parameters(), plan_.across ? "threadIdx.x / ROWS_PER_BLOCK" : "threadIdx.x % TEAM",
                    plan_.across ? "threadIdx.x % ROWS_PER_BLOCK" : "threadIdx.x / TEAM");
    text += index_.coordinates("row", form_.rows.dims, "r");
    const auto names = coordinate_names(form_.rows.rank(), "r");
    for (size_t k = 0; k < form_.types.size(); ++k)
      text += fmt::format("  const index_t base{} = {};\n", k, index_.offset(names, form_.rows.strides[k]));
    text += load_early() + "  wait_for_inputs();\n  let_next_start();\n";
    return text + load() + "  Columns<decltype(load)> each(load, member, first, last);\n" + write();
  }

  // Offset of `column` (and, with j, of the elements behind it) in an operand.
  std::string place(size_t k) {
    const auto names = coordinate_names(form_.columns.rank(), "c");
    return fmt::format("base{} + {}", k, index_.offset(names, form_.columns.strides[k]));
  }
  bool repeats(size_t k) const {
    return std::ranges::all_of(form_.columns.strides[k], [](const Dim& stride) { return stride == Dim(0); });
  }
  bool is_vector(size_t k) const {
    return plan_.vector > 1 && form_.columns.strides[k].back() == Dim(1) &&
           vector_width(form_, k, plan_.vector) == plan_.vector;
  }
  std::string columns() { return index_.coordinates("column", form_.columns.dims, "c"); }

  std::string load() {
    std::string text = "  const auto load = [&](index_t column, acc_t (&x)[V]) {\n" + columns();
    text += fmt::format("    const vec<x_t, V> from = load_vec<V>(p0 + ({}));\n", place(0));
    return text +
           "#pragma unroll\n    for (int j = 0; j < V; ++j) x[j] = static_cast<acc_t>(to_compute(from[j]));\n  };\n";
  }

  // Whether a constant's columns can wait in registers, so that they come while earlier kernels still run.
  bool is_early(size_t k) const { return keeps_constants_ && form_.constant[k] && is_vector(k); }
  bool keeps_constants() const {
    constexpr int64_t kOthers = 48, kRegisters = 65536, kMost = 200;
    int64_t floats = 1;
    for (size_t k = 1; k < first_output(); ++k) floats += form_.constant[k] ? 1 : 0;
    const int64_t registers = plan_.steps * plan_.vector * floats + kOthers;
    return plan_.steps > 0 && registers <= std::min(kMost, kRegisters / (plan_.team * plan_.rows));
  }
  std::string load_early() {
    std::string text;
    for (size_t k = 1; k < first_output(); ++k) {
      if (!is_early(k)) continue;
      text += fmt::format("  vec<{}, V> early{}[STEPS];\n#pragma unroll\n", text_of(form_.types[k]), k);
      text += "  for (int i = 0; i < STEPS; ++i) {\n    const index_t column = (i * TEAM + member) * V;\n";
      text += "    if ((i + 1) * TEAM * V > COLUMNS && column >= COLUMNS) break;\n" + columns();
      text += fmt::format("    early{0}[i] = load_vec<V>(p{0} + ({1}));\n  }}\n", k, place(k));
    }
    return text;
  }

  std::string write() {
    const bool single = reduces(form_.operation);
    const int width = single ? 1 : plan_.vector;
    std::string text = fmt::format("  const auto write = [&](index_t column, const result_t (&y)[{}]) {{\n", width);
    text += "    if (!active) return;\n";
    if (!single) text += columns();
    std::vector<std::string> inputs = {"y[j]"};
    for (size_t k = 1; k < form_.types.size(); ++k) {
      const bool output = k >= first_output();
      text += fmt::format("    const index_t o{} = {};\n", k, single ? fmt::format("base{}", k) : place(k));
      const std::string at = element(k, single);
      if (output) {
        if (!single) text += fmt::format("    vec<{}, V> out{};\n", text_of(form_.types[k]), k);
        continue;
      }
      if (is_early(k))
        text += fmt::format("    const auto& e{0} = early{0}[each.step];\n", k);
      else if (!single && is_vector(k))
        text += fmt::format("    const auto e{0} = load_vec<V>(p{0} + o{0});\n", k);
      else if (single || repeats(k))
        text += fmt::format("    const auto e{0} = p{0}[o{0}];\n", k);
      inputs.push_back(fmt::format("to_compute({})", !single && is_vector(k) ? fmt::format("e{}[j]", k)
                                                     : single || repeats(k)  ? fmt::format("e{}", k)
                                                                             : at));
    }
    return text + results(inputs, single, width) + "  };\n";
  }

  std::string element(size_t k, bool single) {
    if (single) return fmt::format("p{0}[o{0}]", k);
    return fmt::format("p{0}[o{0} + j * {1}]", k, index_(form_.columns.strides[k].back()));
  }

  std::string results(const std::vector<std::string>& inputs, bool single, int width) {
    std::string text = fmt::format("#pragma unroll\n    for (int j = 0; j < {}; ++j) {{\n", width);
    std::vector<std::string> values = {"y[j]"};
    if (plan_.splits == 1) {
      const ScalarText computed = scalar_text(form_.expressions, inputs);
      text += computed.statements;
      values = computed.results;
    }
    for (size_t i = 0; i < form_.outputs; ++i) {
      const size_t k = first_output() + i;
      const std::string value = fmt::format("convert<{}>({})", text_of(form_.types[k]), values[i]);
      text += single ? fmt::format("      p{0}[o{0}{2}] = {1};\n", k, value, plan_.splits > 1 ? " + part" : "")
                     : fmt::format("      out{}[j] = {};\n", k, value);
    }
    text += "    }\n";
    for (size_t k = first_output(); !single && k < form_.types.size(); ++k) {
      text += is_vector(k) ? fmt::format("    store_vec(p{0} + o{0}, out{0});\n", k)
                           : fmt::format("#pragma unroll\n    for (int j = 0; j < V; ++j) {} = out{}[j];\n",
                                         element(k, single), k);
    }
    return text;
  }

  const RowForm& form_;
  const RowPlan& plan_;
  Scalars scalars_;
  IndexText index_;
  const bool keeps_constants_;
};

}  // namespace

bool reduces(RowOperation operation) {
  return operation <= ArgMin;
}

KernelText row_text(const RowForm& form, const RowPlan& plan, const SymbolRanges& ranges) {
  return RowText(form, plan, ranges).make();
}

}  // namespace tn::cuda
