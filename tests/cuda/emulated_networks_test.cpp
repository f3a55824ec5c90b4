// SPDX-License-Identifier: Apache-2.0
// Small networks as a whole on the emulated device, out of memory full of NaN, against the processor: passes, types,
// plans, memory that is used again and kernels together.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "base/log.h"
#include "builder/builder.h"
#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "support/compare.h"
#include "support/session.h"

namespace tn::test {
namespace {

Graph read_graph(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(std::filesystem::path(TENON_GOLDEN_DIR) / (name + ".graph")).rdbuf();
  return parse_graph(text.str(), ops::make_op_by_name);
}

// All symbols are 2. Numbers are multiples of 1/128, so that f16 holds them, around `mean`.
std::map<std::string, Value> sample_inputs(const Graph& graph, double mean = 0) {
  std::map<std::string, Value> inputs;
  std::mt19937 numbers(3);
  std::uniform_real_distribution<double> values(-1, 1);
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    Value& value = inputs[tensor.name];
    value.type = tensor.type.type;
    for (const Dim& dim : tensor.type.dims) value.dims.push_back(dim.constant().value_or(2));
    value.bytes.resize(static_cast<size_t>(value.dims.elements()) * size_of(value.type));
    for (int64_t i = 0; i < value.dims.elements(); ++i)
      store_double(value.view(), i, mean + std::round(values(numbers) * 128) / 128);
  }
  return inputs;
}

Place emulated(bool fp16) {
  static EmulatedDevice device;
  static HostCompiler compiler(device.architecture());
  Place place{BuildBackend::Cuda, fp16};
  place.device = &device;
  place.compiler = &compiler;
  return place;
}

// Errors are seen relative to the largest number.
void expect_close(const Value& result, const Value& expected, double tolerance, const char* what) {
  double largest = 0;
  for (int64_t k = 0; k < expected.dims.elements(); ++k)
    largest = std::max(largest, std::fabs(load_double(expected.view(), k)));
  ASSERT_GT(largest, 0);
  EXPECT_EQ(difference(result.view(), expected.view(), {tolerance * largest, 0}), "") << what;
}

class EmulatedNetworks : public testing::TestWithParam<const char*> {};

TEST_P(EmulatedNetworks, AgreeWithTheProcessor) {
  const Graph graph = read_graph(GetParam());
  const auto inputs = sample_inputs(graph);
  set_place({});
  const auto expected = build_and_run(graph, inputs);
  for (const bool fp16 : {false, true}) {
    set_place(emulated(fp16));
    const auto results = build_and_run(graph, inputs);
    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < results.size(); ++i)
      expect_close(results[i], expected[i], fp16 ? 2e-2 : 1e-4, fp16 ? "fp16" : "f32");
  }
}

// A transformer's layer; @1 and @2 are what is added to the results of attention and of the feed-forward part.
constexpr std::string_view kLayer = R"(graph main(x16: f16[2,17,64]) {
  constant g: f32[64] = #00000000000000000000000000000001
  constant h: f32[64] = #00000000000000000000000000000002
  constant wq: f32[64,64] = #00000000000000000000000000000003
  constant wk: f32[64,64] = #00000000000000000000000000000004
  constant wv: f32[64,64] = #00000000000000000000000000000005
  constant wo: f32[64,64] = #00000000000000000000000000000006
  constant bo: f32[64] = #00000000000000000000000000000007
  constant w1: f32[64,96] = #00000000000000000000000000000008
  constant b1: f32[96] = #00000000000000000000000000000009
  constant w2: f32[96,64] = #0000000000000000000000000000000a
  x = Cast(x16) {to="f32"}
  n = LayerNormalization(x, g, h)
  q0 = MatMul(n, wq)
  k0 = MatMul(n, wk)
  v0 = MatMul(n, wv)
  q1 = Reshape(q0, i64[4]{2,17,2,32})
  k1 = Reshape(k0, i64[4]{2,17,2,32})
  v1 = Reshape(v0, i64[4]{2,17,2,32})
  q = Transpose(q1) {perm=[0,2,1,3]}
  k = Transpose(k1) {perm=[0,2,1,3]}
  v = Transpose(v1) {perm=[0,2,1,3]}
  a = Attention(q, k, v) {scale=0.176776695}
  t = Transpose(a) {perm=[0,2,1,3]}
  c = Reshape(t, i64[3]{2,17,64})
  o = MatMul(c, wo)
  p = Add(o, bo)
  r = Add(p, @1)
  m = LayerNormalization(r, g, h)
  d = MatMul(m, w1)
  e = Add(d, b1)
  f = Gelu(e)
  v2 = MatMul(f, w2)
  y = Add(v2, @2)
  y16 = Cast(y) {to="f16"}
  r16 = Cast(r) {to="f16"}
  return y16, r16
})";

Graph layer(const std::string& first, const std::string& second) {
  std::string text(kLayer);
  text.replace(text.find("@1"), 2, first);
  text.replace(text.find("@2"), 2, second);
  return parse_graph(text, ops::make_op_by_name);
}

class EmulatedLayer : public testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  // What was chosen for it in f16.
  static std::string explanation(const Graph& graph, std::set<std::string, std::less<>> disabled) {
    const Place place = emulated(true);
    BuilderConfig config;
    config.backend = place.backend;
    config.fp16 = true;
    config.timing = false;
    config.accelerator = place.device;
    config.compiler = place.compiler;
    config.disabled_passes = std::move(disabled);
    TimingCache cache;
    SilentLogger logger;
    BuildReport report;
    build_engine(graph, config, logger, cache, &report);
    return report.explanation;
  }
};

TEST_P(EmulatedLayer, NormalizesWithinItsProductsInF16) {
  const Graph graph = layer(GetParam().first, GetParam().second);
  const std::string folded = explanation(graph, {}), apart = explanation(graph, {"fold_norms"});
  EXPECT_NE(folded.find("(NormalizedMatMul"), std::string::npos) << folded;
  EXPECT_EQ(folded.find("(LayerNormalization)"), std::string::npos) << folded;
  EXPECT_EQ(apart.find("(NormalizedMatMul"), std::string::npos) << apart;
  const auto inputs = sample_inputs(graph, 4);
  set_place({});
  const auto expected = build_and_run(graph, inputs);
  set_place(emulated(true));
  const auto results = build_and_run(graph, inputs);
  for (size_t i = 0; i < expected.size(); ++i) expect_close(results[i], expected[i], 1e-2, "fp16");
}

// Normalizations before the products, and behind the sums.
INSTANTIATE_TEST_SUITE_P(Norms, EmulatedLayer, testing::Values(std::pair("x", "bo"), std::pair("n", "m")));

INSTANTIATE_TEST_SUITE_P(Golden, EmulatedNetworks, testing::Values("mnist", "cifar_resnet20", "cifar_mobilenetv2"),
                         [](const auto& network) { return std::string(network.param); });

}  // namespace
}  // namespace tn::test
