// SPDX-License-Identifier: Apache-2.0
// The assignment of narrow types in whole builds.
#include <gtest/gtest.h>

#include "builder/builder.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn::test {
namespace {

constexpr std::string_view kNetwork = R"(graph main(x: f32[N,8,24,24]) {
  constant w: f32[16,8,3,3] = #0123456789abcdef0123456789abcdef
  constant d: f32[16,1,3,3] = #1123456789abcdef0123456789abcdef
  constant f: f32[16,10] = #2123456789abcdef0123456789abcdef
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  b = Relu(a)
  c = Conv(b, d) {dilations=[1,1], group=16, pads=[1,1,1,1], strides=[1,1]}
  e = Add(c, b)
  g = MaxPool(e) {dilations=[1,1], kernel=[2,2], pads=[0,0,0,0], strides=[2,2]}
  h = Sigmoid(g)
  i = Mul(h, g)
  j = Reduce(i) {mode="Mean", axes=[2,3], keepdims=false}
  k = MatMul(j, f)
  y = Softmax(k) {axis=1}
  return y
})";

TEST(NarrowBuilds, BuildsAreByteIdenticalFromAWarmCache) {
  BuilderConfig config;
  config.threads = 1;
  config.fp16 = config.bf16 = true;
  config.profiles = {{{"x", {Shape{1, 8, 24, 24}, Shape{2, 8, 24, 24}, Shape{4, 8, 24, 24}}}}};
  SilentLogger logger;
  TimingCache cache;
  const Graph graph = parse_graph(kNetwork, ops::make_op_by_name);
  BuildReport cold, warm;
  const auto first = build_engine(graph, config, logger, cache, &cold);
  const auto second = build_engine(graph, config, logger, cache, &warm);
  EXPECT_GT(cold.measured, 0u);
  EXPECT_EQ(warm.measured, 0u);
  EXPECT_TRUE(first == second);
  EXPECT_NE(cold.explanation.find("types: "), std::string::npos);
}

TEST(NarrowBuilds, AreNotThoughtOfWithoutTiming) {
  BuilderConfig config;
  config.threads = 1;
  config.timing = false;
  config.profiles = {{{"x", {Shape{1, 8, 24, 24}, Shape{1, 8, 24, 24}, Shape{1, 8, 24, 24}}}}};
  SilentLogger logger;
  TimingCache cache;
  const Graph graph = parse_graph(kNetwork, ops::make_op_by_name);
  config.fp16 = true;
  const auto engine = EngineFile::from_bytes(build_engine(graph, config, logger, cache));
  for (const auto& tensor : engine->plan().profiles[0]->tensors)
    EXPECT_NE(static_cast<DataType>(tensor->type), DataType::F16) << tensor->name;
}

}  // namespace
}  // namespace tn::test
