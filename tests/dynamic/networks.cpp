// SPDX-License-Identifier: Apache-2.0
#include "dynamic/networks.h"

#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/batch_split.h"

namespace tn::test {

const DynamicNetwork& conv_network() {
  static const DynamicNetwork network = {"conv",
                                         R"(graph conv(x: f32[N,8,H,H]) {
           constant w1: f32[16,8,3,3] = #01
           constant b1: f32[16] = #02
           constant w2: f32[16,16,3,3] = #03
           constant w3: f32[16,1,3,3] = #04
           constant b3: f32[16] = #05
           constant w4: f32[32,32,1,1] = #06
           constant b4: f32[32] = #07
           constant w5: f32[32,10] = #08
           constant b5: f32[10] = #09
           c1 = Conv(x, w1, b1) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1]}
           r1 = Relu(c1)
           c2 = Conv(r1, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
           s2 = Add(c2, r1)
           r2 = Relu(s2)
           c3 = Conv(r2, w3, b3) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1], group=16}
           r3 = Clip(c3, f32[]{0}, f32[]{6})
           j = Concat(r3, r2) {axis=1}
           c4 = Conv(j, w4, b4) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
           r4 = Silu(c4)
           p = MaxPool(r4) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}
           m = Reduce(p) {mode="Mean", axes=[2,3], keepdims=false}
           g0 = MatMul(m, w5)
           g = Add(g0, b5)
           y = Softmax(g) {axis=1}
           return y, p
         })",
                                         {{"x", {{1, 8, 8, 8}, {4, 8, 16, 16}, {9, 8, 33, 33}}}}};
  return network;
}

const DynamicNetwork& transformer() {
  static const DynamicNetwork network = {
      "transformer",
      R"(graph transformer(ids: i64[N,S], mask: f32[N,1,1,S]) {
           constant table: f32[50,32] = #11
           constant wq: f32[32,32] = #12
           constant wk: f32[32,32] = #13
           constant wv: f32[32,32] = #14
           constant wo: f32[32,32] = #15
           constant w1: f32[32,64] = #16
           constant b1: f32[64] = #17
           constant w2: f32[64,32] = #18
           constant g: f32[32] = #19
           constant b: f32[32] = #1a
           e = Gather(table, ids) {axis=0}
           n = LayerNormalization(e, g, b)
           q0 = MatMul(n, wq)
           k0 = MatMul(n, wk)
           v0 = MatMul(n, wv)
           q1 = Reshape(q0, i64[4]{0,0,2,16})
           k1 = Reshape(k0, i64[4]{0,0,2,16})
           v1 = Reshape(v0, i64[4]{0,0,2,16})
           q = Transpose(q1) {perm=[0,2,1,3]}
           k = Transpose(k1) {perm=[0,2,3,1]}
           v = Transpose(v1) {perm=[0,2,1,3]}
           s0 = MatMul(q, k)
           s1 = Mul(s0, f32[]{0.25})
           s2 = Add(s1, mask)
           s = Softmax(s2) {axis=-1}
           a0 = MatMul(s, v)
           a1 = Transpose(a0) {perm=[0,2,1,3]}
           a2 = Reshape(a1, i64[3]{0,0,32})
           a3 = MatMul(a2, wo)
           r = Add(a3, e)
           f0 = MatMul(r, w1)
           f1 = Add(f0, b1)
           f2 = Gelu(f1)
           f3 = MatMul(f2, w2)
           h = Add(f3, r)
           y = LayerNormalization(h, g, b)
           return y
         })",
      {{"ids", {{1, 1}, {2, 16}, {5, 40}}}, {"mask", {{1, 1, 1, 1}, {2, 1, 1, 16}, {5, 1, 1, 40}}}}};
  return network;
}

Graph graph_of(const DynamicNetwork& network) {
  return parse_graph(network.text, ops::make_op_by_name);
}

std::shared_ptr<const EngineFile> build_dynamic(const DynamicNetwork& network, int threads, bool timing, Batch batch) {
  BuilderConfig config;
  config.threads = threads;
  config.timing = timing;
  config.profiles = {network.profile};
  SilentLogger logger;
  TimingCache cache;
  Graph graph = graph_of(network);
  if (batch == Batch::ImageByImage) {
    const auto found = find_splittable(graph);
    graph = split_batch(graph, *found, found->nodes.size());
  }
  return EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
}

std::shared_ptr<const EngineFile> build_dynamic(const DynamicNetwork& network, Device& device) {
  BuilderConfig config;
  config.backend = BuildBackend::Cuda;
  config.accelerator = &device;
  config.threads = 1;
  config.timing = false;
  config.profiles = {network.profile};
  SilentLogger logger;
  TimingCache cache;
  return EngineFile::from_bytes(build_engine(graph_of(network), config, logger, cache));
}

}  // namespace tn::test
