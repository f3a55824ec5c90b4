// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "program/scalar_program.h"
#include "program/shape_program.h"

namespace tn {
namespace {

/// f(in0, in1) of one type.
ScalarProgram binary(ScalarFunction function, ScalarType type) {
  ScalarProgram program;
  program.inputs = {type, type};
  const auto result = info_of(function).gives_bool ? ScalarType::Bool : type;
  program.instructions = {{ScalarFunction::Input, type, 0}, {ScalarFunction::Input, type, 1}, {function, result, 0, 1}};
  program.results = {2};
  program.verify();
  return program;
}

int64_t on_integers(ScalarFunction function, int64_t a, int64_t b, ScalarType type = ScalarType::I64) {
  const ScalarValue inputs[] = {{.i = a}, {.i = b}};
  return evaluate(binary(function, type), inputs)[0].i;
}

double on_floats(ScalarFunction function, double a, double b, FloatMode mode = FloatMode::Double) {
  const ScalarValue inputs[] = {{.f = a}, {.f = b}};
  return evaluate(binary(function, ScalarType::F32), inputs, mode)[0].f;
}

TEST(ScalarProgram, IntegersWrapAndNeverTrap) {
  constexpr int64_t low = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(on_integers(ScalarFunction::Div, low, -1), low);
  EXPECT_EQ(on_integers(ScalarFunction::Div, 7, 0), 0);
  EXPECT_EQ(on_integers(ScalarFunction::Div, -7, 2), -3);
  EXPECT_EQ(on_integers(ScalarFunction::Mod, -7, 3), 2);
  EXPECT_EQ(on_integers(ScalarFunction::Mod, 7, -3), -2);
  EXPECT_EQ(on_integers(ScalarFunction::Fmod, -7, 3), -1);
  EXPECT_EQ(on_integers(ScalarFunction::Mod, 7, 0), 0);
  EXPECT_EQ(on_integers(ScalarFunction::Add, 2147483647, 1, ScalarType::I32), -2147483648LL);
  EXPECT_EQ(on_integers(ScalarFunction::Less, -1, 1, ScalarType::U64), 0);
  EXPECT_EQ(on_integers(ScalarFunction::ShiftLeft, 1, 40, ScalarType::I32), 0);
  EXPECT_EQ(on_integers(ScalarFunction::ShiftRight, -8, 1), -4);
  EXPECT_EQ(on_integers(ScalarFunction::ShiftRight, -8, 100), -1);
  EXPECT_EQ(on_integers(ScalarFunction::ShiftRight, -8, 60, ScalarType::U64), 15);
}

TEST(ScalarProgram, FloatsFollowIeee) {
  const double nan = std::nan("");
  EXPECT_TRUE(std::isnan(on_floats(ScalarFunction::Max, nan, 1)));
  EXPECT_TRUE(std::isnan(on_floats(ScalarFunction::Min, 1, nan)));
  EXPECT_EQ(on_floats(ScalarFunction::Mod, -7, 3), 2);
  EXPECT_EQ(on_floats(ScalarFunction::Fmod, -7, 3), -1);
  EXPECT_EQ(on_floats(ScalarFunction::Add, 1, 1e-9, FloatMode::Typed), 1);
  EXPECT_GT(on_floats(ScalarFunction::Add, 1, 1e-9, FloatMode::Double), 1);
}

TEST(ScalarProgram, CastsSaturateAndRoundingIsKept) {
  ScalarProgram program;
  program.inputs = {ScalarType::F32};
  program.instructions = {{ScalarFunction::Input, ScalarType::F32, 0},
                          {ScalarFunction::Cast, ScalarType::I32, 0},
                          {ScalarFunction::RoundTo, ScalarType::I32, 1, static_cast<uint16_t>(DataType::U8)},
                          {ScalarFunction::RoundTo, ScalarType::F32, 0, static_cast<uint16_t>(DataType::F16)}};
  program.results = {1, 2, 3};
  program.verify();
  const auto run = [&](double x) { return evaluate(program, std::vector<ScalarValue>{{.f = x}}); };
  EXPECT_EQ(run(3e10)[0].i, 2147483647);
  EXPECT_EQ(run(std::nan(""))[0].i, 0);
  EXPECT_EQ(run(-2.9)[0].i, -2);
  EXPECT_EQ(run(300)[1].i, 44);
  EXPECT_EQ(run(1.0009)[2].f, 1.0009765625);
  EXPECT_TRUE(std::isinf(run(70000)[2].f));
}

TEST(ScalarProgram, VerifyNamesWhatIsWrong) {
  const auto broken = [](auto change) {
    ScalarProgram program = binary(ScalarFunction::Add, ScalarType::F32);
    change(program);
    EXPECT_THROW(program.verify(), Error);
  };
  broken([](auto& p) { p.instructions[2].b = 2; });
  broken([](auto& p) { p.instructions[2].type = ScalarType::I32; });
  broken([](auto& p) { p.instructions[1].a = 2; });
  broken([](auto& p) { p.instructions[0].type = ScalarType::Bool; });
  broken([](auto& p) { p.instructions[2].function = ScalarFunction::ShiftLeft; });
  broken([](auto& p) { p.instructions[2].function = static_cast<ScalarFunction>(kScalarFunctionCount); });
  broken([](auto& p) { p.inputs[0] = static_cast<ScalarType>(99); });
  broken([](auto& p) { p.results[0] = 3; });
}

template <typename Program>
void expect_safe_decoding(const Program& program) {
  ByteWriter out;
  program.encode(out);
  const auto bytes = out.take();
  ByteReader reader(bytes);
  EXPECT_EQ(Program::decode(reader), program);
  for (size_t length = 0; length < bytes.size(); ++length) {
    ByteReader shorter(std::span<const std::byte>{bytes}.first(length));
    EXPECT_THROW(Program::decode(shorter), Error);
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    ByteReader hostile(flipped);
    try {
      Program::decode(hostile).verify();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
    }
  }
}

TEST(ScalarProgram, HostileBytesGiveErrors) {
  expect_safe_decoding(binary(ScalarFunction::Pow, ScalarType::F64));
}

ShapeProgram conv_size() {
  // CeilDiv(h + 2 - 3 + 1, 2), Mod(h, 4), Max(h, 7)
  ShapeProgram program;
  program.symbols = 1;
  program.instructions = {{ShapeFunction::Symbol, 0},     {ShapeFunction::Constant, 0, 0, 0},
                          {ShapeFunction::Add, 0, 1},     {ShapeFunction::Constant, 0, 0, 2},
                          {ShapeFunction::CeilDiv, 2, 3}, {ShapeFunction::Constant, 0, 0, -4},
                          {ShapeFunction::Mod, 0, 5},     {ShapeFunction::Mul, 0, 0}};
  program.results = {4, 6, 7};
  program.verify();
  return program;
}

TEST(ShapeProgram, EvaluatesAndReportsOverflow) {
  const ShapeProgram program = conv_size();
  std::vector<int64_t> results(3), scratch(program.instructions.size());
  const int64_t seven = 7;
  ASSERT_TRUE(program.evaluate(std::span(&seven, 1), results, scratch).ok());
  EXPECT_EQ(results, (std::vector<int64_t>{4, -1, 49}));
  const int64_t huge = int64_t{1} << 40;
  EXPECT_FALSE(program.evaluate(std::span(&huge, 1), results, scratch).ok());
  EXPECT_FALSE(program.evaluate({}, results, scratch).ok());
}

TEST(ShapeProgram, DivisionRoundsAsNamed) {
  const auto of = [](ShapeFunction function, int64_t a, int64_t b) {
    int64_t result = 0;
    EXPECT_TRUE(apply(function, a, b, result));
    return result;
  };
  for (const int64_t b : {-3, -1, 1, 2, 5}) {
    for (int64_t a = -11; a <= 11; ++a) {
      const double exact = static_cast<double>(a) / static_cast<double>(b);
      EXPECT_EQ(of(ShapeFunction::FloorDiv, a, b), std::floor(exact));
      EXPECT_EQ(of(ShapeFunction::CeilDiv, a, b), std::ceil(exact));
      EXPECT_EQ(of(ShapeFunction::Mod, a, b), a - b * static_cast<int64_t>(std::floor(exact)));
    }
  }
  int64_t result = 0;
  EXPECT_FALSE(apply(ShapeFunction::FloorDiv, 1, 0, result));
  EXPECT_FALSE(apply(ShapeFunction::Mod, std::numeric_limits<int64_t>::min(), -1, result));
}

TEST(ShapeProgram, HostileBytesGiveErrors) {
  expect_safe_decoding(conv_size());
}

}  // namespace
}  // namespace tn
