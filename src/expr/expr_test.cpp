// SPDX-License-Identifier: Apache-2.0
#include "expr/expr.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace tn {
namespace {

const Expr x = input(0), y = input(1);

TEST(Expr, PrintsAndParses) {
  const Expr mish = x * tanh(log1p(exp(x)));
  EXPECT_EQ(to_string(mish), "mul(in0, tanh(log1p(exp(in0))))");
  const Expr shared = exp(x) / (exp(x) + 1);
  EXPECT_EQ(to_string(shared), "t0 = exp(in0); div(t0, add(t0, 1))");
  const Expr i = input(2, ScalarType::I64);
  const std::vector<Expr> exprs = {mish,
                                   shared,
                                   cast(i + 3, ScalarType::F32) * 0.1,
                                   round_to(x, DataType::F16),
                                   select(less(x, y), x, constant(-INFINITY)),
                                   constant(true, ScalarType::Bool),
                                   max(x, constant(std::nan("")))};
  EXPECT_EQ(parse_exprs(to_string(exprs)), exprs) << to_string(exprs);
  for (const char* bad : {"", "add(in0)", "add(in0, in1:i64)", "foo(in0)", "add(in0, in1", "t0 = in0", "in0 in1",
                          "round_to(in0)", "in0:i99", "t = in0; t = in0; t", "1.5:i32"})
    EXPECT_THROW(parse_exprs(bad), Error) << bad;
}

TEST(Expr, SimplifiesExactlyOnly) {
  EXPECT_EQ(x * 1, x);
  EXPECT_EQ(x + 0, x);
  EXPECT_EQ(2 + x, x + 2);
  EXPECT_EQ(-(-x), x);
  EXPECT_EQ(pow(x, 2), x * x);
  EXPECT_EQ(constant(2) * 3, constant(6));
  EXPECT_EQ(cast(cast(input(0, ScalarType::I32), ScalarType::F64), ScalarType::I32), input(0, ScalarType::I32));
  EXPECT_EQ(select(constant(1, ScalarType::Bool), x, y), x);
  EXPECT_NE(to_string(x * 0), "0") << "NaN and infinity times zero are NaN";
  EXPECT_NE(to_string(x - x), "0");
  EXPECT_NE(to_string(cast(cast(x, ScalarType::I32), ScalarType::F32)), "in0") << "the cast truncates";
  EXPECT_NE(to_string((x + 1) - 1), "in0");
}

TEST(Expr, RefusesMixedTypes) {
  const Expr i = input(0, ScalarType::I32);
  EXPECT_THROW(x + i, Error);
  EXPECT_THROW(exp(i), Error);
  EXPECT_THROW(select(x, x, x), Error);
  EXPECT_THROW(round_to(x, DataType::I8), Error);
}

TEST(Expr, SubstituteFusesAChain) {
  const Expr silu = x * sigmoid(x);
  const std::array inputs = {y + x, x};
  EXPECT_EQ(to_string(substitute(silu, inputs)), "t0 = add(in1, in0); mul(t0, sigmoid(t0))");
  const std::array wrong = {input(0, ScalarType::F64)};
  EXPECT_THROW(substitute(silu, wrong), Error);
  EXPECT_THROW(substitute(silu, {}), Error);
}

TEST(Expr, LowerSharesCommonSubexpressions) {
  const std::array results = {exp(x) / (exp(x) + 1), exp(x)};
  const ScalarProgram program = lower(results);
  EXPECT_EQ(program.instructions.size(), 5u);
  EXPECT_EQ(raise(program), std::vector<Expr>(results.begin(), results.end()));
  const auto values = evaluate(program, std::vector<ScalarValue>{{.f = 2}});
  EXPECT_DOUBLE_EQ(values[0].f, std::exp(2.0) / (std::exp(2.0) + 1));
  EXPECT_DOUBLE_EQ(values[1].f, std::exp(2.0));
}

TEST(Expr, LongChainsNeedNoDeepStack) {
  Expr chain = x;
  for (int i = 0; i < 3000; ++i) chain = chain * y + 1;
  EXPECT_EQ(operation_count(std::span(&chain, 1)), 6000);
  EXPECT_THROW(lower(std::span(&chain, 1)), Error);
  Expr doubling = x;
  for (int i = 0; i < 200; ++i) doubling = doubling + doubling;
  EXPECT_EQ(lower(std::span(&doubling, 1)).instructions.size(), 201u);
}

TEST(Expr, SoftplusDoesNotOverflow) {
  const Expr expr = softplus(x);
  const ScalarProgram program = lower(std::span(&expr, 1));
  const auto at = [&](double v) {
    return evaluate(program, std::vector<ScalarValue>{{.f = v}}, FloatMode::Typed)[0].f;
  };
  EXPECT_FLOAT_EQ(static_cast<float>(at(1000)), 1000);
  EXPECT_FLOAT_EQ(static_cast<float>(at(0)), std::log(2.f));
  EXPECT_GE(at(-1000), 0);
}

}  // namespace
}  // namespace tn
