// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/epilogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"

namespace tn::cuda {
namespace {

// Moves pieces of kPiece elements between a thread's run of kCount columns and memory.
constexpr std::string_view kRuns = R"cuda(
TN_INLINE void prefetch_to_l2(const void* from) { asm volatile("prefetch.global.L2 [%0];" ::"l"(from)); }
template <typename T, int kCount> struct alignas(16) Run { T of[kCount]; };
template <int kPiece, typename T, int kCount>
TN_INLINE void load_run(Run<T, kCount>& to, const T* from, int present) {
#pragma unroll
  for (int i = 0; i < kCount; i += kPiece) {
    if (i >= present) break;
    const vec<T, kPiece> piece = load_vec<kPiece>(from + i);
#pragma unroll
    for (int j = 0; j < kPiece; ++j) to.of[i + j] = piece[j];
  }
}
template <int kPiece, typename T, int kCount>
TN_INLINE void store_run(T* to, const Run<T, kCount>& from, int present) {
#pragma unroll
  for (int i = 0; i < kCount; i += kPiece) {
    if (i >= present) break;
    vec<T, kPiece> piece;
#pragma unroll
    for (int j = 0; j < kPiece; ++j) piece[j] = from.of[i + j];
    store_vec(to + i, piece);
  }
}
)cuda";

// Integers as bytes, saturated.
constexpr std::string_view kPacking = R"cuda(
template <typename T> TN_INLINE uint32_t pack_two(int high, int low, uint32_t rest) {
  uint32_t packed;
  if constexpr (T(-1) < T(0))
    asm("cvt.pack.sat.s8.s32.b32 %0, %1, %2, %3;" : "=r"(packed) : "r"(high), "r"(low), "r"(rest));
  else
    asm("cvt.pack.sat.u8.s32.b32 %0, %1, %2, %3;" : "=r"(packed) : "r"(high), "r"(low), "r"(rest));
  return packed;
}
template <typename T, int kCount> TN_INLINE void pack_run(Run<T, kCount>& to, const int (&from)[kCount]) {
  constexpr int kPart = kCount < 4 ? kCount : 4;
#pragma unroll
  for (int i = 0; i < kCount; i += kPart) {
    const auto at = [&](int j) { return from[i + (j < kPart ? j : 0)]; };
    vec<T, 4> four;
    four.raw[0] = pack_two<T>(at(1), at(0), pack_two<T>(at(3), at(2), 0));
#pragma unroll
    for (int j = 0; j < kPart; ++j) to.of[i + j] = four[j];
  }
}
)cuda";

/// Where the operands lie: offsets of rows and batches, with axes joined where all operands allow it.
class Positions {
 public:
  Positions(const Epilogue& epilogue, const ResultAxes& axes, const SymbolRanges& ranges)
      : batch_(axes.batch.size()), batches_(space(epilogue, axes.batch, 0)), rows_(space(epilogue, axes.rows, batch_)) {
    batches_ = joined(batches_, ranges);
    rows_ = joined(rows_, ranges);
  }
  std::string coordinates(IndexText& index) const {
    return index.coordinates("index_t(batch)", batches_.dims, "b") + index.coordinates("index_t(row)", rows_.dims, "r");
  }
  /// Of operand k; the column's stride apart.
  std::string offset(size_t k, IndexText& index) const {
    return index.offset(coordinate_names(batches_.rank(), "b"), batches_.strides[k]) + " + " +
           index.offset(coordinate_names(rows_.rank(), "r"), rows_.strides[k]);
  }
  /// Largest piece of a run that all addresses of operand k are multiples of.
  int64_t piece(const ResultOperand& operand, size_t k, const Dim& columns, int64_t width) const {
    if (operand.strides.back() != Dim(1)) return 1;
    int64_t piece = std::gcd(std::min(width, operand.alignment), known_divisor(columns, width));
    for (const IterationSpace* space : {&batches_, &rows_})
      for (const Dim& stride : space->strides[k]) piece = std::gcd(piece, known_divisor(stride, width));
    return piece;
  }

 private:
  static IterationSpace space(const Epilogue& epilogue, const Dims& axes, size_t first) {
    IterationSpace result{axes, {}};
    for (const auto* operands : {&epilogue.inputs, &epilogue.outputs}) {
      for (const ResultOperand& operand : *operands) {
        const auto begin = operand.strides.begin() + static_cast<std::ptrdiff_t>(first);
        result.strides.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(axes.size()));
      }
    }
    return result;
  }
  // Rows are numbered in the order of their axes, so these keep it: flatten() orders by the strides of a leader that
  // has the axes' own.
  static IterationSpace joined(IterationSpace space, const SymbolRanges& ranges) {
    Dims own(space.dims.size(), 1);
    for (size_t i = own.size(); i-- > 1;) own[i - 1] = own[i] * space.dims[i];
    space.strides.push_back(own);
    space = flatten(space, ranges, space.strides.size() - 1);
    space.strides.pop_back();
    return space;
  }
  size_t batch_;
  IterationSpace batches_, rows_;
};

bool repeats_over_rows(const ResultOperand& operand) {
  return std::all_of(operand.strides.begin(), operand.strides.end() - 1,
                     [](const Dim& stride) { return stride == Dim(0); });
}

std::string parameters_of(std::string_view first) {
  return fmt::format("{}int column, int present, PARAMETERS) {{\n", first);
}

}  // namespace

ScalarProgram store_sums(ScalarType sums) {
  ScalarProgram program;
  program.inputs = {sums};
  program.instructions = {{ScalarFunction::Input, sums}};
  program.results = {0};
  return program;
}

std::string input_name(size_t index) {
  return fmt::format("in{}", index);
}
std::string output_name(size_t index) {
  return fmt::format("out{}", index);
}

bool is_wide(const Epilogue& epilogue, const ResultAxes& axes, const SymbolRanges& ranges) {
  IterationSpace space{axes.batch, {}};
  space.dims.insert(space.dims.end(), axes.rows.begin(), axes.rows.end());
  space.dims.push_back(axes.columns);
  for (const auto* operands : {&epilogue.inputs, &epilogue.outputs})
    for (const ResultOperand& operand : *operands) space.strides.push_back(operand.strides);
  return is_wide(space, ranges);
}

std::string epilogue_text(const Epilogue& epilogue, const ResultAxes& axes, const SymbolRanges& ranges, size_t first,
                          int width, IndexText& index) {
  const Positions positions(epilogue, axes, ranges);
  std::string fixed, extra, load_fixed, load_extra, prefetch;
  std::vector<std::string> values = {"sums[i]"};
  for (size_t k = 0; k < epilogue.inputs.size(); ++k) {
    const ResultOperand& operand = epilogue.inputs[k];
    const std::string name = input_name(first + k);
    const bool early = operand.constant && repeats_over_rows(operand);
    const bool run = operand.strides.back() != Dim(0);
    const Dim& step = operand.strides.back();
    const std::string from = fmt::format(
        "{} + ({})", name,
        (early ? index(0) : positions.offset(k, index)) + " + " + index.offset({"index_t(column)"}, {step}));
    (early ? fixed : extra) += fmt::format("  Run<{}, {}> {};\n", text_of(operand.type), run ? width : 1, name);
    std::string load;
    if (!run)
      load = fmt::format("  to.{0}.of[0] = *({1});\n", name, from);
    else if (step == Dim(1))
      load = fmt::format("  load_run<{}>(to.{}, {}, present);\n",
                         positions.piece(operand, k, axes.group_columns, width), name, from);
    else
      load = fmt::format(
          "#pragma unroll\n  for (int i = 0; i < {}; ++i)\n    if (i < present) to.{}.of[i] = *({} + {});\n", width,
          name, from, index.offset({"index_t(i)"}, {step}));
    (early ? load_fixed : load_extra) += load;
    if (!early && run) prefetch += fmt::format("  prefetch_to_l2({});\n", from);
    values.push_back(fmt::format("to_compute({}.{}.of[{}])", early ? "fixed" : "extra", name, run ? "i" : "0"));
  }
  const std::string coordinates = positions.coordinates(index);
  const bool packs = epilogue.requantization && epilogue.requantization->bytes;
  std::string text{kRuns};
  if (packs) text += kPacking;
  text += "struct Fixed {\n" + fixed + "};\nstruct Extra {\n" + extra + "};\n";
  text += parameters_of("TN_INLINE void load_fixed(Fixed& to, ") + load_fixed + "}\n";
  text += parameters_of("TN_INLINE void load_extra(Extra& to, int batch, int row, ") + coordinates + load_extra + "}\n";
  text += parameters_of("TN_INLINE void prefetch_extra(int batch, int row, ") + coordinates + prefetch + "}\n";

  ScalarText body;
  if (epilogue.requantization) {
    RequantizationText made = requantization_text(*epilogue.requantization, epilogue.outputs[0].type, values[0],
                                                  std::span(values).subspan(1));
    values[0] = made.result;
    body.statements = made.statements;
  }
  ScalarText rest = scalar_text(epilogue.program, values);
  body.statements += rest.statements, body.results = rest.results;
  text += parameters_of(
      fmt::format("template <typename Sum> TN_INLINE void finish({}Sum* sums, const Fixed& fixed, const Extra& extra, "
                  "int batch, int row, ",
                  epilogue.keeps_result ? "" : "const "));
  std::string declared, assigned, packed, stored;
  for (size_t k = 0; k < epilogue.outputs.size(); ++k) {
    const ResultOperand& operand = epilogue.outputs[k];
    const std::string name = output_name(k);
    const Dim& step = operand.strides.back();
    const std::string to = fmt::format("{} + ({} + {})", name, positions.offset(epilogue.inputs.size() + k, index),
                                       index.offset({"index_t(column)"}, {step}));
    declared += fmt::format("  Run<{}, {}> result{};\n", text_of(operand.type), width, k);
    if (packs) {
      declared += fmt::format("  int integers{}[{}];\n", k, width);
      assigned += fmt::format("    integers{}[i] = {};\n", k, body.results[k]);
      packed += fmt::format("  pack_run(result{0}, integers{0});\n", k);
    } else {
      assigned += fmt::format("    store(&result{}.of[i], {});\n", k, body.results[k]);
    }
    if (step == Dim(1))
      stored += fmt::format("  store_run<{}>({}, result{}, present);\n",
                            positions.piece(operand, epilogue.inputs.size() + k, axes.group_columns, width), to, k);
    else
      stored += fmt::format(
          "#pragma unroll\n  for (int i = 0; i < {}; ++i)\n    if (i < present) *({} + {}) = result{}.of[i];\n", width,
          to, index.offset({"index_t(i)"}, {step}), k);
  }
  if (epilogue.keeps_result) assigned += fmt::format("    sums[i] = {};\n", body.results[0]);
  text += coordinates + declared;
  text += fmt::format("#pragma unroll\n  for (int i = 0; i < {}; ++i) {{\n", width) + body.statements + assigned +
          "  }\n" + packed;
  return text + stored + "}\n";
}

}  // namespace tn::cuda
