// SPDX-License-Identifier: Apache-2.0
// Plans that lie, for every kernel of the runtime: engines of networks with dynamic extents, and of every operator's
// cases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "hostile/plan_damage.h"
#include "hostile/run_engine.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "program/shape_program.h"
#include "tuning/batch_split.h"

namespace tn::test {
namespace {

constexpr std::string_view kImages = R"(graph images(x: f32[N,8,H,12]) {
  constant w1: f32[16,8,3,3] = #00000000000000000000000000000001
  constant b1: f32[16] = #00000000000000000000000000000002
  constant w2: f32[16,1,3,3] = #00000000000000000000000000000003
  constant w3: f32[16,16,1,1] = #00000000000000000000000000000004
  constant w4: f32[12,16,3,3] = #00000000000000000000000000000005
  constant w5: f32[4,3,3,5] = #00000000000000000000000000000006
  winograd = Conv(x, w1, b1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  relu = Relu(winograd)
  depthwise = Conv(relu, w2) {group=16, strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  pointwise = Conv(depthwise, w3) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
  sum = Add(pointwise, relu)
  more = Relu(sum)
  strided = Conv(more, w4) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1]}
  grouped = Conv(strided, w5) {group=4, strides=[1,1], dilations=[2,1], pads=[2,2,2,2]}
  largest = MaxPool(grouped) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}
  average = AveragePool(strided) {kernel=[3,3], strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  larger = Resize(average, absent, f32[4]{1,1,2,2}) {mode="linear"}
  mean = Reduce(larger) {mode="Mean", axes=[2,3], keepdims=false}
  odds = Softmax(mean) {axis=1}
  return largest, odds
})";

constexpr std::string_view kTokens = R"(graph tokens(ids: i64[N,T], mask: f32[N,1,1,T], right: f32[N,16,T]) {
  constant table: f32[20,16] = #0000000000000000000000000000000b
  constant scale: f32[16] = #0000000000000000000000000000000c
  constant bias: f32[16] = #0000000000000000000000000000000d
  constant w: f32[16,16] = #0000000000000000000000000000000e
  embedded = Gather(table, ids) {axis=0}
  normal = LayerNormalization(embedded, scale, bias) {axis=-1}
  dense = MatMul(normal, w)
  biased = Add(dense, bias)
  act = Gelu(biased)
  heads = Reshape(act, i64[4]{0,0,2,8})
  q = Transpose(heads) {perm=[0,2,1,3]}
  attended = Attention(q, q, q, mask) {scale=0.35}
  scores = MatMul(act, right)
  odds = Softmax(scores) {axis=-1}
  rms = RMSNormalization(dense, scale)
  transposed = Transpose(rms) {perm=[1,0,2]}
  sine = Sin(transposed)
  return attended, odds, sine
})";

constexpr std::string_view kValues = R"(graph values(x: f32[N,6], c: bool[]) {
  y = If(c, x) {
    graph then(a: f32[N,6]) {
      b = Exp(a)
      return b
    }
    graph else(a: f32[N,6]) {
      b = Softmax(a) {axis=-1}
      return b
    }
  }
  z = NonZero(y)
  best = ArgMax(y) {axis=1}
  sums = CumSum(y, i64[]{1})
  integers = Cast(y) {to="i32"}
  powers = Mul(integers, integers)
  return z, best, sums, powers
})";

constexpr std::string_view kBytes = R"(graph bytes(x: u8[N,8,H,12], r: u8[N,16,H,12]) {
  constant w1: i8[16,8,3,3] = #00000000000000000000000000000021
  constant w2: i8[16,1,3,3] = #00000000000000000000000000000022
  constant w3: i8[12,10] = #00000000000000000000000000000023
  constant s: f32[16,1,1,1] = #00000000000000000000000000000024
  constant b: f32[16] = #00000000000000000000000000000025
  constant w4: i8[16,1,5,5] = #00000000000000000000000000000026
  conv = Region(x, w1, s, b, r) { graph body(x: u8[N,8,H,12], w: i8[16,8,3,3], s: f32[16,1,1,1], b: f32[16], r: u8[N,16,H,12]) {
    a = Dequantize(x, f32[]{0.5}, u8[]{3})
    v = Dequantize(w, s)
    c = Conv(a, v, b) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
    d = Dequantize(r, f32[]{0.5}, u8[]{7})
    e = Add(c, d)
    f = Relu(e)
    g = Quantize(f, f32[]{0.25}, u8[]{9}) {to="u8"}
    return g
  } }
  depthwise = Region(conv, w2, s) { graph body(x: u8[N,16,H,12], w: i8[16,1,3,3], s: f32[16,1,1,1]) {
    a = Dequantize(x, f32[]{0.25}, u8[]{9})
    v = Dequantize(w, s)
    c = Conv(a, v) {group=16, strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
    q = Quantize(c, f32[]{0.25}, i8[]{-9}) {to="i8"}
    h = Dequantize(q, f32[]{0.25}, i8[]{-9})
    i = Sigmoid(h)
    g = Quantize(i, f32[]{0.004}, u8[]{0}) {to="u8"}
    return g
  } }
  taller = Region(depthwise, w4, s) { graph body(x: u8[N,16,H,12], w: i8[16,1,5,5], s: f32[16,1,1,1]) {
    a = Dequantize(x, f32[]{0.004}, u8[]{0})
    v = Dequantize(w, s)
    c = Conv(a, v) {group=16, strides=[1,1], dilations=[1,1], pads=[2,2,2,2]}
    g = Quantize(c, f32[]{0.1}, u8[]{50}) {to="u8"}
    return g
  } }
  product = Region(taller, w3) { graph body(x: u8[N,16,H,12], w: i8[12,10]) {
    a = Dequantize(x, f32[]{0.1}, u8[]{50})
    v = Dequantize(w, f32[]{0.01})
    c = MatMul(a, v)
    return c
  } }
  return product, conv
})";

using Engine = std::shared_ptr<const EngineFile>;

// Without timing: the first tactic that takes a region is chosen.
Engine build(Graph graph, const OptimizationProfile& profile, int threads = 1) {
  BuilderConfig config;
  config.threads = threads;
  config.timing = false;
  config.profiles = {profile};
  SilentLogger logger;
  TimingCache cache;
  return EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
}

Engine build(std::string_view text, const OptimizationProfile& profile) {
  return build(parse_graph(text, ops::make_op_by_name), profile);
}

const OptimizationProfile kImageShapes = {{"x", {Shape{1, 8, 5, 12}, Shape{2, 8, 9, 12}, Shape{3, 8, 11, 12}}}};

Engine images() {
  return build(kImages, kImageShapes);
}
const OptimizationProfile kTokenShapes = {{"ids", {Shape{1, 1}, Shape{2, 5}, Shape{3, 9}}},
                                          {"mask", {Shape{1, 1, 1, 1}, Shape{2, 1, 1, 5}, Shape{3, 1, 1, 9}}},
                                          {"right", {Shape{1, 16, 1}, Shape{2, 16, 5}, Shape{3, 16, 9}}}};

Engine tokens() {
  return build(kTokens, kTokenShapes);
}
Engine bytes() {
  return build(kBytes, {{"x", {Shape{1, 8, 5, 12}, Shape{2, 8, 9, 12}, Shape{3, 8, 11, 12}}},
                        {"r", {Shape{1, 16, 5, 12}, Shape{2, 16, 9, 12}, Shape{3, 16, 11, 12}}}});
}
Engine values() {
  return build(kValues, {{"x", {Shape{1, 6}, Shape{2, 6}, Shape{4, 6}}}});
}

// The same with a loop over the batch.
Engine by_image(std::string_view text, const OptimizationProfile& profile) {
  const Graph graph = parse_graph(text, ops::make_op_by_name);
  const auto found = find_splittable(graph);
  return build(split_batch(graph, *found, found->nodes.size()), profile, 2);
}

// The machine code of elementwise regions has an oracle, which takes the same steps and is chosen only where there is
// no machine code.
Engine interpreted(const Engine& engine) {
  plan::PlanT plan = engine->plan();
  for (const auto& step : plan.profiles[0]->lists[0]->steps) {
    if (step->kernel == "elementwise") step->kernel = "interpreted";
  }
  return EngineFile::from_bytes(write_engine(plan, engine->weights()));
}

std::set<std::string> kernels_of(const Engine& engine) {
  std::set<std::string> names;
  for (const auto& list : engine->plan().profiles[0]->lists) {
    for (const auto& step : list->steps) names.insert(step->kernel);
  }
  return names;
}

void lie(const Engine& engine, uint32_t seeds, const std::string& what) {
  for (uint32_t seed = 0; seed < seeds; ++seed) {
    std::mt19937 random(seed);
    plan::PlanT plan = engine->plan();
    for (uint32_t i = 0; i <= seed % 3; ++i) spoil_plan(plan, random);
    load_and_run(write_engine(plan, engine->weights()), what + ", seed " + std::to_string(seed));
  }
}

TEST(HostilePlan, TheNetworksHaveEveryKernel) {
  std::set<std::string> names;
  for (const Engine& engine :
       {images(), tokens(), interpreted(tokens()), values(), bytes(), by_image(kImages, kImageShapes)}) {
    EXPECT_GT(load_and_run(write_engine(engine->plan(), engine->weights()), "undamaged"), 0);
    names.merge(kernels_of(engine));
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("attention", "control.batch", "control.if", "conv", "conv_int8",
                                                   "copy", "depthwise", "depthwise_int8", "elementwise", "extents",
                                                   "gather", "gemm", "gemm_int8", "interpreted", "matmul", "norm",
                                                   "pool", "reduce", "reference", "resize", "softmax", "winograd"));
}

// The index of a new result of a profile's shape program.
uint32_t add_extent(plan::ProfileT& profile, int64_t value) {
  ByteReader reader(std::as_bytes(std::span(profile.shape_program)));
  ShapeProgram program = ShapeProgram::decode(reader);
  program.results.push_back(static_cast<uint32_t>(program.instructions.size()));
  program.instructions.push_back({ShapeFunction::Constant, 0, 0, value});
  profile.result_min.push_back(value);
  profile.result_max.push_back(value);
  ByteWriter writer;
  program.encode(writer);
  const auto bytes = writer.take();
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  profile.shape_program.assign(data, data + bytes.size());
  return static_cast<uint32_t>(program.results.size() - 1);
}

// Products of 2^64, which is 0 in 64 bits: a tensor that seems to need no memory, or that of one element.
TEST(HostilePlan, ExtentsWhoseProductOverflowsAreRefused) {
  const Engine engine = images();
  using Sizes = std::vector<int64_t>;
  const std::pair<Sizes, Sizes> tensors[] = {{{int64_t{1} << 31, 4, int64_t{1} << 31}, {0, 1, 0}},
                                             {{(int64_t{1} << 24) + 1}, {int64_t{1} << 40}}};
  for (const auto& [dims, strides] : tensors) {
    plan::PlanT plan = engine->plan();
    plan::ProfileT& profile = *plan.profiles[0];
    plan::TensorT& tensor = *profile.tensors.emplace_back(std::make_unique<plan::TensorT>());
    tensor.storage = plan::Storage::Weights;
    tensor.offset = add_extent(profile, 0);
    for (const int64_t dim : dims) tensor.dims.push_back(add_extent(profile, dim));
    for (const int64_t stride : strides) tensor.strides.push_back(add_extent(profile, stride));
    EXPECT_THROW(EngineFile::from_bytes(write_engine(plan, engine->weights())), Error);
  }
}

TEST(HostilePlan, LiesAboutImagesAreRefusedOrHarmless) {
  lie(images(), 3000, "images");
}
TEST(HostilePlan, LiesAboutTokensAreRefusedOrHarmless) {
  lie(tokens(), 3000, "tokens");
  lie(interpreted(tokens()), 500, "tokens, interpreted");
}
TEST(HostilePlan, LiesAboutBytesAreRefusedOrHarmless) {
  lie(bytes(), 3000, "bytes");
}
TEST(HostilePlan, LiesAboutLoopsOverABatchAreRefusedOrHarmless) {
  lie(by_image(kImages, kImageShapes), 3000, "images, one by one");
  lie(by_image(kTokens, kTokenShapes), 3000, "tokens, one by one");
}
TEST(HostilePlan, LiesAboutValuesAreRefusedOrHarmless) {
  lie(values(), 3000, "values");
}

TEST(HostilePlan, LiesAboutEveryOperatorAreRefusedOrHarmless) {
  size_t cases = 0, engines = 0;
  for (const ops::OpEntry* entry : ops::all_ops()) {
    for (const std::string_view text : entry->cases) {
      ++cases;
      Engine engine;
      try {
        engine = build(parse_case(text, ops::make_op_by_name), {});
      } catch (const Error&) {
        continue;  // an operator that does not run yet
      }
      ++engines;
      lie(engine, 40, std::string(text));
    }
  }
  EXPECT_GT(engines, cases * 9 / 10);
}

}  // namespace
}  // namespace tn::test
