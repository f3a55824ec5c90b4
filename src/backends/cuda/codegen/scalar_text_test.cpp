// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/scalar_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backends/cuda/codegen/nvrtc_test.h"
#include "backends/cuda/codegen/pointwise.h"
#include "backends/cuda/codegen/prelude.h"
#include "expr/expr.h"

namespace tn::cuda {
namespace {

// The compiler's complaint; empty if it takes the text.
std::string complaint(const std::string& source, const std::string& entry, const std::string& architecture = "sm_90") {
  const auto compiled = Nvrtc::get().compile(source, entry, architecture);
  return compiled.ok ? "" : compiled.log;
}

using CudaTexts = NvrtcTest;

// A function of two inputs of each type, and of one of them: as far as types fit.
std::string functions_of(ScalarType type) {
  std::string text;
  for (int f = 0; f < kScalarFunctionCount; ++f) {
    const auto function = static_cast<ScalarFunction>(f);
    if (function == ScalarFunction::Input || function == ScalarFunction::Constant) continue;
    for (int to = 0; to < kScalarTypeCount; ++to) {
      const auto result = static_cast<ScalarType>(to);
      ScalarProgram program;
      program.inputs = {type, type, ScalarType::Bool};
      const bool selects = function == ScalarFunction::Select;
      for (uint16_t k = 0; k < 3; ++k)
        program.instructions.push_back({ScalarFunction::Input, program.inputs[k], k, 0, 0});
      const uint16_t first = selects ? 2 : 0, second = selects ? 0 : 1;
      std::vector<ScalarType> operands(static_cast<size_t>(info_of(function).operands), type);
      if (selects) operands[0] = ScalarType::Bool;
      if (!types_fit(function, result, operands)) continue;
      for (int narrow = 0; narrow < kDataTypeCount; ++narrow) {
        const bool rounds = function == ScalarFunction::RoundTo;
        if (rounds ? !round_to_fits(type, static_cast<DataType>(narrow)) : narrow > 0) continue;
        program.instructions.resize(3);
        program.instructions.push_back({function, result, first, rounds ? static_cast<uint16_t>(narrow) : second, 1});
        program.results = {3};
        program.verify();
        const std::vector<std::string> inputs = {"a[0]", "a[1]", "c[0]"};
        const ScalarText body = scalar_text(program, inputs);
        text += fmt::format("  {{\n{}  *({}*)out++ = {};\n  }}\n", body.statements, text_of(result), body.results[0]);
      }
    }
  }
  return text;
}

TEST_F(CudaTexts, AllFunctionsOnAllTypesCompile) {
  for (int t = 0; t < kScalarTypeCount; ++t) {
    const auto type = static_cast<ScalarType>(t);
    const std::string source =
        fmt::format("{}extern \"C\" __global__ void all(const {}* a, const bool* c, double* out) {{\n{}}}\n", prelude(),
                    text_of(type), functions_of(type));
    EXPECT_EQ(complaint(source, "all"), "") << name_of(type);
  }
}

TEST_F(CudaTexts, AllConversionsCompileForAllArchitectures) {
  std::string body;
  for (int from = 0; from < kDataTypeCount; ++from)
    for (int to = 0; to < kDataTypeCount; ++to)
      body += fmt::format("  store(({}*)out + {}, *(const {}*)in);\n", text_of(static_cast<DataType>(to)), 20 * from,
                          text_of(static_cast<DataType>(from)));
  const std::string source =
      fmt::format("{}extern \"C\" __global__ void all(const void* in, void* out) {{\n{}}}\n", prelude(), body);
  for (const char* architecture : {"sm_75", "sm_80", "sm_90", "sm_120"})
    if (Nvrtc::get().knows(architecture)) {
      EXPECT_EQ(complaint(source, "all", architecture), "") << architecture;
    }
}

TEST(Literal, IsExact) {
  EXPECT_EQ(literal(ScalarType::F32, {.f = 0.1f}), "0.1f");
  EXPECT_EQ(literal(ScalarType::F32, {.f = 3}), "3.0f");
  EXPECT_EQ(literal(ScalarType::F64, {.f = -0.5}), "(-0.5)");
  EXPECT_EQ(literal(ScalarType::F32, {.f = -INFINITY}), "__uint_as_float(0xff800000u)");
  EXPECT_EQ(literal(ScalarType::I64, {.i = INT64_MIN}), "(-9223372036854775807ll - 1)");
  EXPECT_EQ(literal(ScalarType::Bool, {.i = 1}), "true");
}

Operand dense(DataType type, const Dims& dims, int64_t alignment = 16) {
  Operand operand{type, dims, Dims(dims.size(), 1), alignment};
  for (size_t axis = dims.size(); axis-- > 1;) operand.strides[axis - 1] = operand.strides[axis] * dims[axis];
  return operand;
}

struct Form {
  std::string what;
  std::vector<Operand> inputs;
  Operand output;
  std::string lanes;  ///< a piece of the text that tells how it moves memory
};

TEST_F(CudaTexts, PointwiseMovesWhatItCanInVectors) {
  const Dim n = Dim::symbol("N");
  const SymbolRanges ranges = {{"N", {1, 64}}};
  const auto f16 = DataType::F16, f32 = DataType::F32;
  const std::vector<Form> forms = {
      {"dense", {dense(f16, {4, 64}), dense(f16, {4, 64})}, dense(f16, {4, 64}), "load_vec<8>(in1"},
      {"a bias", {dense(f16, {4, 64}), dense(f16, {64})}, dense(f16, {4, 64}), "load_vec<8>(in1"},
      {"a scalar", {dense(f32, {n, 3}), dense(f32, {})}, dense(f32, {n, 3}), "load_vec<4>(in0"},
      {"widened", {dense(f16, {n, 8}), dense(f16, {n, 8})}, dense(f32, {n, 8}), "load_vec<8>(in0"},
      {"odd rows of a part", {{f16, {4, 63}, {126, 1}, 8}, dense(f16, {63})}, dense(f16, {4, 63}), "i1 * 1u"},
      {"misaligned", {dense(f16, {4, 64}, 2), dense(f16, {4, 64})}, dense(f16, {4, 64}), "load_vec<2>(in0"},
      {"any strides", {{f16, {8, 64}, {1, 8}, 8}, dense(f16, {8, 64})}, dense(f16, {8, 64}), "load_vec<8>(in1"},
      {"wide", {dense(f16, {n, 1 << 26}), dense(f16, {n, 1 << 26})}, dense(f16, {n, 1 << 26}), "long long index_t"},
  };
  const Expr sum = relu(input(0) + input(1));
  const ScalarProgram program = lower(std::span(&sum, 1));
  for (const Form& form : forms) {
    const KernelText text = pointwise("sum", program, form.inputs, std::span(&form.output, 1), ranges);
    EXPECT_NE(text.source.find(form.lanes), std::string::npos) << form.what << text.source.substr(prelude().size());
    EXPECT_EQ(complaint(text.source, text.entry), "") << form.what;
  }
}

TEST_F(CudaTexts, CopiesCrossAxesThroughSharedMemory) {
  const Dim n = Dim::symbol("N");
  const SymbolRanges ranges = {{"N", {1, 64}}};
  const Dims dims = {n, 64, 28, 30};
  const Operand rows = dense(DataType::F32, dims), last{DataType::F16, dims, {64 * 28 * 30, 1, 64 * 30, 64}, 8};
  for (const auto& [from, to] : {std::pair(rows, last), std::pair(last, rows)}) {
    const KernelText text = strided_copy(from, to, ranges);
    EXPECT_EQ(text.entry, "transposed_copy");
    EXPECT_EQ(complaint(text.source, text.entry), "");
  }
  EXPECT_EQ(strided_copy(rows, rows, ranges).entry, "copy");
}

}  // namespace
}  // namespace tn::cuda
