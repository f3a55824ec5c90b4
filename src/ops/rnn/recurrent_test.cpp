// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

// Two steps of two inputs to two units; expected values are those of ONNX's reference evaluator.
const std::vector<double> kX = {0, 0.9, -0.7, 0.9};
const std::vector<double> kW = {-0.4, -0.2, 0.7,  -0.2, 0.1,  -0.9, 0.5,  0.1,
                                -0.3, 0.6,  -0.4, -0.1, -0.7, -0.2, -0.6, -0.5};
const std::vector<double> kR = {0.5, -0.4, 0, 1, 0.9, 0.4, 0.1, -0.4, -0.7, 0.9, 0, -0.8, 0.2, 0.6, 0.2, 0.8};
const std::vector<double> kB = {-0.9, 0.1, -0.1, -0.9, 0.3, 0.7, 0.2, -0.5, 0.7, 0, 0, 0.5, -0.7, 0.6, 0.4, 0.6};

std::vector<ConstantPtr> run_layer(std::string_view name, int64_t gates, const FieldMap& attributes = {}) {
  const auto head = [&](const std::vector<double>& all, int64_t count) {
    return std::vector<double>(all.begin(), all.begin() + count);
  };
  return run(make(name, attributes),
             {floats({2, 1, 2}, kX), floats({1, 2 * gates, 2}, head(kW, 4 * gates)),
              floats({1, 2 * gates, 2}, head(kR, 4 * gates)), floats({1, 4 * gates}, head(kB, 4 * gates))});
}

void expect_near(const Constant& result, const std::vector<double>& expected) {
  ASSERT_EQ(static_cast<size_t>(result.elements()), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(result.number(static_cast<int64_t>(i)), expected[i], 1e-5) << i;
}

TEST(Recurrent, MatchesOnnx) {
  const auto lstm = run_layer("LSTM", 4);
  expect_near(*lstm[0], {0.0458689, -0.0677302, 0.112887, -0.0430624});
  expect_near(*lstm[1], {0.112887, -0.0430624});
  expect_near(*lstm[2], {0.434928, -0.124419});
  expect_near(*run_layer("GRU", 3)[0], {0.484745, 0.515458, 0.646683, 0.735876});
  expect_near(*run_layer("GRU", 3, {{"linear_before_reset", true}})[0], {0.484745, 0.41246, 0.675674, 0.621122});
  expect_near(*run_layer("RNN", 1)[1], {-0.766794, -0.976824});
}

TEST(Recurrent, TypesAndTheirErrors) {
  const Dim t = Dim::symbol("T"), n = Dim::symbol("N");
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {t, n, 3});
  const TensorId w = b.input(DataType::F32, {2, 20, 3}), r = b.input(DataType::F32, {2, 20, 5});
  const auto y = b.import("LSTM", 14, {x, w, r}, {{"direction", "bidirectional"}, {"hidden_size", int64_t{5}}}, 3);
  EXPECT_EQ(b.type(y[0]) + b.type(y[2]), "f32[T,2,N,5]f32[2,N,5]");
  EXPECT_THROW(b.import("LSTM", 14, {x, w, r}), Error);
  EXPECT_THROW(b.import("GRU", 14, {x, w, r}, {{"direction", "bidirectional"}}), Error);
  EXPECT_THROW(b.import("LSTM", 14, {x, w, r},
                        {{"direction", "bidirectional"}, {"activations", std::vector<std::string>{"Tanh"}}}),
               Error);
}

}  // namespace
}  // namespace tn::ops
