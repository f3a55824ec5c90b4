// SPDX-License-Identifier: Apache-2.0
// How far compiled functions are from the interpreter in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "backends/cpu/kernels/jit/program_fuzz.h"

namespace tn {
namespace {

using enum ScalarFunction;
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Distance in units in the last place of F32; results below the normal numbers count as equal.
double ulp_error(float got, double expected) {
  if (std::isnan(expected)) return std::isnan(got) ? 0 : kInf;
  const auto rounded = static_cast<float>(expected);
  if (std::isinf(rounded) || std::isinf(got)) {
    if (got == rounded) return 0;
    const double largest = std::numeric_limits<float>::max();
    const bool at_the_edge =
        std::isfinite(got) ? std::fabs(got) > 0.999999 * largest : std::fabs(expected) > 0.999999 * largest;
    return at_the_edge && std::signbit(got) == std::signbit(rounded) ? 1 : kInf;
  }
  const double magnitude = std::max(std::fabs(expected), static_cast<double>(std::numeric_limits<float>::min()));
  if (std::fabs(expected) < std::numeric_limits<float>::min() && std::fabs(got) <= std::numeric_limits<float>::min())
    return 0;
  const double unit = std::ldexp(1.0, std::ilogb(magnitude) - 23);
  return std::fabs(got - expected) / unit;
}

std::vector<float> interesting_floats(size_t count, uint32_t seed) {
  std::vector<float> values = {0.f,
                               -0.f,
                               1.f,
                               -1.f,
                               0.5f,
                               -0.5f,
                               2.f,
                               kInf,
                               -kInf,
                               std::nanf(""),
                               1e-45f,
                               -1e-40f,
                               1.17549435e-38f,
                               3.4e38f,
                               -3.4e38f,
                               88.5f,
                               88.73f,
                               88.8f,
                               -87.5f,
                               -104.f,
                               89.2f,
                               100.f,
                               -100.f,
                               1e6f,
                               1e7f,
                               -1e9f,
                               3e9f,
                               2147483648.f,
                               -2147483648.f,
                               1e20f,
                               0.99999994f,
                               1.0000001f,
                               1e-8f};
  std::mt19937 random(seed);
  std::uniform_int_distribution<uint32_t> any;
  std::normal_distribution<float> normal(0, 3);
  std::uniform_real_distribution<float> unit(-1, 1);
  std::uniform_real_distribution<float> broad(-110, 110);
  while (values.size() < count) {
    values.push_back(std::bit_cast<float>(any(random)));
    values.push_back(normal(random));
    values.push_back(unit(random));
    values.push_back(broad(random));
  }
  values.resize(count);
  std::shuffle(values.begin() + 40, values.end(), random);
  return values;
}

std::vector<float> run_floats(const ScalarProgram& program, ElementwiseIsa isa,
                              const std::vector<std::vector<float>>& inputs) {
  std::vector<CompiledElementwise::Operand> operands(inputs.size());
  const DataType type = DataType::F32;
  const CompiledElementwise compiled(program, operands, std::span(&type, 1), isa);
  std::vector<const void*> from;
  for (const auto& input : inputs) from.push_back(input.data());
  std::vector<float> result(inputs[0].size());
  void* to = result.data();
  compiled(from.data(), &to, static_cast<int64_t>(result.size()));
  return result;
}

/// The largest error over the inputs, on every ISA.
void expect_small_error(const ScalarProgram& program, ScalarFunction function,
                        const std::vector<std::vector<float>>& inputs) {
  const ScalarFunctionInfo& info = info_of(function);
  for (const ElementwiseIsa isa : isas()) {
    const auto got = run_floats(program, isa, inputs);
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      std::vector<ScalarValue> x;
      for (const auto& input : inputs) x.push_back({.f = input[i]});
      const double error = ulp_error(got[i], evaluate(program, x)[0].f);
      if (error > worst) worst = error, at = i;
    }
    testing::Test::RecordProperty(fmt::format("{}_{}", info.name, name_of(isa)), fmt::format("{:.2f}", worst));
    EXPECT_LE(worst, std::max(info.max_ulp, 0.5f) + 1e-6)
        << info.name << " on " << name_of(isa) << " at " << inputs[0][at] << ", " << inputs.back()[at] << ": "
        << got[at];
  }
}

class EveryFunction : public testing::TestWithParam<int> {};

TEST_P(EveryFunction, StaysWithinItsErrorOnFloats) {
  const auto function = static_cast<ScalarFunction>(GetParam());
  const ScalarFunctionInfo& info = info_of(function);
  std::vector<std::vector<float>> inputs;
  for (int k = 0; k < info.operands; ++k) inputs.push_back(interesting_floats(40000, static_cast<uint32_t>(7 + k)));
  expect_small_error(program_of(function, ScalarType::F32, ScalarType::F32), function, inputs);
}

/// Functions of F32 that make F32; casts, roundings and Select have tests of their own.
std::vector<int> float_functions() {
  std::vector<int> all;
  for (int f = 0; f < kScalarFunctionCount; ++f) {
    const ScalarFunctionInfo& info = info_of(static_cast<ScalarFunction>(f));
    const bool takes_floats = info.types == ScalarTypes::Float || info.types == ScalarTypes::Number;
    if (takes_floats && !info.gives_bool && static_cast<ScalarFunction>(f) != RoundTo) all.push_back(f);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, EveryFunction, testing::ValuesIn(float_functions()), [](const auto& param) {
  return std::string(info_of(static_cast<ScalarFunction>(param.param)).name);
});

// One lane out of range sends a whole vector to the C library; here all stay inside.
TEST(CompiledElementwise, GuardedFunctionsInsideTheirRange) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> exponent(-40, 40), angle(-32768, 32768), small(-4, 4);
  std::vector<float> x, y, angles;
  for (int i = 0; i < 200000; ++i) {
    const float log2x = i % 2 == 0 ? exponent(random) : 0.02f * small(random);
    x.push_back(std::exp2(log2x));
    y.push_back(std::clamp(exponent(random) * 3 / log2x, -1e6f, 1e6f));
    angles.push_back(i % 2 == 0 ? angle(random) : small(random));
  }
  expect_small_error(program_of(Pow, ScalarType::F32, ScalarType::F32), Pow, {x, y});
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 5 == 0 ? (i % 2 == 0 ? 0.f : -0.f) : small(random);
    y[i] = static_cast<float>(static_cast<int>(i % 9) - 4) * (i % 4 == 0 ? 0.5f : 1.f);
  }
  expect_small_error(program_of(Pow, ScalarType::F32, ScalarType::F32), Pow, {x, y});
  for (const auto function : {Sin, Cos, Tan})
    expect_small_error(program_of(function, ScalarType::F32, ScalarType::F32), function, {angles});
}

TEST(CompiledElementwise, PowersByConstants) {
  for (const double y : {-3.0, -0.5, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 1.75}) {
    ScalarProgram program = program_of(Pow, ScalarType::F32, ScalarType::F32);
    program.inputs.pop_back();
    program.instructions[1] = {Constant, ScalarType::F32, 0};
    program.constants = {std::bit_cast<uint64_t>(y)};
    SCOPED_TRACE(y);
    expect_small_error(program, Pow, {interesting_floats(4000, 5)});
  }
}

}  // namespace
}  // namespace tn
