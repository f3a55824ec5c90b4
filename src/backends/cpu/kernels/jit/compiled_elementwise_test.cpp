// SPDX-License-Identifier: Apache-2.0
// Compiled programs against the interpreter, bit by bit.
#include "backends/cpu/kernels/jit/compiled_elementwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "backends/cpu/kernels/jit/program_fuzz.h"
#include "base/tensor_view.h"

namespace tn {
namespace {

using enum ScalarFunction;

constexpr ScalarType kTypes[] = {ScalarType::F32, ScalarType::F64, ScalarType::I32,
                                 ScalarType::I64, ScalarType::U64, ScalarType::Bool};

/// Runs a program over random data of the types given, on `isa` and interpreted element by element, and compares bits
/// (any NaN equals any other). Every array ends at guard bytes.
struct Comparison {
  std::vector<DataType> operands, results;
  std::vector<InnerStride> strides;  ///< empty: all contiguous
  int64_t count = 100;
  uint32_t seed = 1;

  void run(const ScalarProgram& program, ElementwiseIsa isa) const;
};

constexpr size_t kGuard = 64;

std::vector<ScalarValue> interpret_one(const ScalarProgram& program, const std::vector<TensorView>& views,
                                       const std::vector<int64_t>& offsets) {
  std::vector<ScalarValue> x(views.size());
  for (size_t k = 0; k < views.size(); ++k) {
    if (is_float(program.inputs[k]))
      x[k].f = load_double(views[k], offsets[k]);
    else
      x[k].i = load_int64(views[k], offsets[k]);
  }
  return evaluate(program, x, FloatMode::Typed);
}

bool same_element(DataType type, const std::byte* a, const std::byte* b) {
  if (std::memcmp(a, b, size_of(type)) == 0) return true;
  const double x = load_double({const_cast<std::byte*>(a), type}, 0),
               y = load_double({const_cast<std::byte*>(b), type}, 0);
  return is_float(type) && ((std::isnan(x) && std::isnan(y)) || (x == 0 && y == 0));
}

void Comparison::run(const ScalarProgram& program, ElementwiseIsa isa) const {
  std::mt19937 random(seed);
  std::vector<CompiledElementwise::Operand> kinds;
  std::vector<std::vector<std::byte>> in, out;
  std::vector<const void*> from;
  std::vector<void*> to;
  std::vector<TensorView> views;
  for (size_t k = 0; k < operands.size(); ++k) {
    const InnerStride stride = strides.empty() ? InnerStride::Contiguous : strides[k];
    kinds.push_back({operands[k], stride});
    const int64_t elements = stride == InnerStride::Broadcast ? 1 : count;
    in.push_back(random_elements(operands[k], elements, random));
    from.push_back(in.back().data());
    views.push_back({in.back().data(), operands[k]});
  }
  for (const DataType type : results)
    out.emplace_back(size_of(type) * static_cast<size_t>(count) + kGuard, std::byte{0x5a});
  for (auto& buffer : out) to.push_back(buffer.data());
  CompiledElementwise(program, kinds, results, isa)(from.data(), to.data(), count);
  for (int64_t i = 0; i < count; ++i) {
    std::vector<int64_t> offsets;
    for (const auto& kind : kinds) offsets.push_back(kind.stride == InnerStride::Contiguous ? i : 0);
    const auto expected = interpret_one(program, views, offsets);
    for (size_t r = 0; r < results.size(); ++r) {
      std::array<std::byte, 8> bytes;
      const TensorView slot{bytes.data(), results[r]};
      if (is_float(program.result_type(r)))
        store_double(slot, 0, expected[r].f);
      else
        store_int64(slot, 0, expected[r].i);
      ASSERT_TRUE(same_element(results[r], bytes.data(), out[r].data() + size_of(results[r]) * static_cast<size_t>(i)))
          << name_of(isa) << ", element " << i << " of " << count << ", result " << r << ", expected "
          << load_double(slot, 0) << ", got " << load_double({out[r].data(), results[r]}, i);
    }
  }
  for (const auto& buffer : out)
    for (size_t k = buffer.size() - kGuard; k < buffer.size(); ++k)
      ASSERT_EQ(buffer[k], std::byte{0x5a}) << "wrote past the end";
}

TEST(CompiledElementwise, EveryFunctionOnEveryType) {
  for (int f = 2; f < kScalarFunctionCount; ++f) {
    const auto function = static_cast<ScalarFunction>(f);
    if (function == Cast || function == RoundTo) continue;
    const ScalarFunctionInfo& info = info_of(function);
    for (const ScalarType type : kTypes) {
      std::vector<ScalarType> operands(static_cast<size_t>(info.operands), type);
      if (function == Select) operands[0] = ScalarType::Bool;
      const ScalarType result = info.gives_bool ? ScalarType::Bool : type;
      if (!types_fit(function, result, operands)) continue;
      if (type == ScalarType::F32 && function >= Rsqrt && function <= Atanh) continue;  // has an error bound
      if (type == ScalarType::F32 && function == Pow) continue;
      ScalarProgram program = program_of(function, type, result);
      program.inputs = operands;
      for (size_t k = 0; k < operands.size(); ++k) program.instructions[k].type = operands[k];
      Comparison compare;
      for (const ScalarType operand : operands) compare.operands.push_back(storage_type(operand));
      compare.results = {storage_type(result)};
      for (const ElementwiseIsa isa : isas()) {
        SCOPED_TRACE(fmt::format("{} of {}", info.name, name_of(type)));
        compare.run(program, isa);
      }
    }
  }
}

TEST(CompiledElementwise, EveryCastAndRounding) {
  for (const ScalarType from : kTypes) {
    ScalarProgram program;
    program.inputs = {from};
    program.instructions = {{Input, from, 0}};
    Comparison compare{{storage_type(from)}, {}};
    compare.count = 1000;
    const auto add = [&](const ScalarInstruction& step) {
      program.results.push_back(static_cast<uint16_t>(program.instructions.size()));
      program.instructions.push_back(step);
      compare.results.push_back(storage_type(step.type));
    };
    for (const ScalarType to : kTypes) add({Cast, to, 0});
    for (uint16_t narrow = 0; narrow < kDataTypeCount; ++narrow)
      if (round_to_fits(from, static_cast<DataType>(narrow))) add({RoundTo, from, 0, narrow});
    SCOPED_TRACE(name_of(from));
    for (const ElementwiseIsa isa : isas()) compare.run(program, isa);
  }
}

TEST(CompiledElementwise, EveryStorageTypeAndTail) {
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    if (is_small_float(type)) continue;  // declined
    const ScalarType compute = compute_type(type);
    ScalarProgram program = program_of(type == DataType::Bool ? Xor : Max, compute, compute);
    for (const ElementwiseIsa isa : isas()) {
      for (int64_t count = 0; count <= 70; ++count) {
        for (const auto stride : {InnerStride::Contiguous, InnerStride::Broadcast}) {
          SCOPED_TRACE(fmt::format("{}, {} elements", name_of(type), count));
          Comparison{{type, type}, {type}, {InnerStride::Contiguous, stride}, count}.run(program, isa);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(CompiledElementwise, StoresCopiesAndConstants) {
  constexpr ScalarType f32 = ScalarType::F32, i64 = ScalarType::I64;
  ScalarProgram program;
  program.inputs = {f32, i64};
  program.constants = {std::bit_cast<uint64_t>(-1.5), 77};
  program.instructions = {{Input, f32, 0}, {Input, i64, 1}, {Constant, f32, 0}, {Constant, i64, 1}, {Neg, f32, 2}};
  program.results = {0, 0, 1, 2, 3, 4};
  const std::vector<DataType> results = {DataType::F32,  DataType::F16, DataType::U32,
                                         DataType::BF16, DataType::I64, DataType::F32};
  for (const ElementwiseIsa isa : isas())
    for (const auto stride : {InnerStride::Contiguous, InnerStride::Broadcast})
      for (const int64_t count : {1, 5, 64, 131})
        Comparison{{DataType::F16, DataType::U32}, results, {stride, stride}, count}.run(program, isa);
}

TEST(CompiledElementwise, RandomPrograms) {
  std::mt19937 random(3);
  for (int round = 0; round < 150; ++round) {
    const bool narrow_only = round % 2 == 0;
    std::vector<DataType> operands;
    for (int k = 0; k < 2 + round % 14; ++k) {
      const auto type = static_cast<DataType>(random() % kDataTypeCount);
      const bool wide = size_of(storage_type(compute_type(type))) == 8;
      operands.push_back((narrow_only && wide) || is_small_float(type) ? DataType::F32 : type);
    }
    operands.push_back(DataType::F32);
    std::vector<ScalarType> inputs;
    std::vector<InnerStride> strides;
    for (const DataType type : operands) {
      inputs.push_back(compute_type(type));
      strides.push_back(random() % 4 == 0 ? InnerStride::Broadcast : InnerStride::Contiguous);
    }
    const ScalarProgram program = random_program(inputs, 1 + round, 1 + round % 5, random);
    std::vector<DataType> results;
    for (size_t r = 0; r < program.results.size(); ++r) results.push_back(storage_type(program.result_type(r)));
    for (const ElementwiseIsa isa : isas()) {
      SCOPED_TRACE(fmt::format("round {}", round));
      Comparison{operands, results, strides, 1 + static_cast<int64_t>(random() % 150), static_cast<uint32_t>(round)}
          .run(program, isa);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(CompiledElementwise, WorksInPlaceAndSaysWhatItCannotDo) {
  const ScalarProgram program = program_of(Add, ScalarType::F32, ScalarType::F32);
  const CompiledElementwise::Operand operand;
  const DataType f32 = DataType::F32, f64 = DataType::F64;
  for (const ElementwiseIsa isa : isas()) {
    std::vector<float> x(77, 1.f), y(77, 2.f);
    const CompiledElementwise add(program, std::vector{operand, operand}, std::span(&f32, 1), isa);
    const void* from[] = {x.data(), y.data()};
    void* to[] = {x.data()};
    add(from, to, 77);
    EXPECT_EQ(x, std::vector<float>(77, 3.f));
    EXPECT_EQ(add.code_bytes() == 0, isa == ElementwiseIsa::Portable);
  }
  EXPECT_TRUE(why_unsupported(program, std::vector{f32, f64}, std::span(&f32, 1)));
  EXPECT_TRUE(why_unsupported(program, std::vector{f32}, std::span(&f32, 1)));
  EXPECT_FALSE(why_unsupported(program, std::vector{f32, DataType::F16}, std::span(&f32, 1)));
  EXPECT_THROW(CompiledElementwise(program, std::vector{operand, operand}, std::span(&f64, 1)), Error);
}

}  // namespace
}  // namespace tn
