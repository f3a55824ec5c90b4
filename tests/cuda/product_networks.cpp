// SPDX-License-Identifier: Apache-2.0
#include "cuda/candidate_networks.h"

namespace tn::test {

std::span<const CandidateNetwork> product_networks() {
  static const CandidateNetwork kNetworks[] = {
      {"Linear", R"(graph main(x: f32[2,10,64]) {
  constant w: f32[64,96] = $
  constant b: f32[96] = $
  a = MatMul(x, w)
  s = Add(a, b)
  y = Relu(s)
  return y
})"},
      {"LinearRagged", R"(graph main(x: f32[7,50]) {
  constant w: f32[50,33] = $
  constant b: f32[33] = $
  a = MatMul(x, w)
  y = Add(a, b)
  return y
})"},
      {"LinearGelu", R"(graph main(x: f32[3,40,128]) {
  constant w: f32[128,256] = $
  constant b: f32[256] = $
  a = MatMul(x, w)
  s = Add(a, b)
  y = Gelu(s)
  return y
})"},
      {"LinearResidual", R"(graph main(x: f32[2,17,256], r: f32[2,17,64]) {
  constant w: f32[256,64] = $
  constant b: f32[64] = $
  a = MatMul(x, w)
  s = Add(a, b)
  y = Add(s, r)
  return y
})"},
      {"LinearLong", R"(graph main(x: f32[4,1024]) {
  constant w: f32[1024,64] = $
  y = MatMul(x, w)
  return y
})"},
      {"LinearOneRow", R"(graph main(x: f32[1,256]) {
  constant w: f32[256,1000] = $
  constant b: f32[1000] = $
  a = MatMul(x, w)
  y = Add(a, b)
  return y
})"},
      {"LinearAnyRows",
       R"(graph main(x: f32[B,T,48]) {
  constant w: f32[48,80] = $
  constant b: f32[80] = $
  a = MatMul(x, w)
  s = Add(a, b)
  y = Relu(s)
  return y
})",
       {{{"B", 1}, {"T", 3}}, {{"B", 4}, {"T", 33}}, {{"B", 2}, {"T", 64}}}},
      {"LinearTransposed", R"(graph main(x: f32[9,40]) {
  constant w: f32[24,40] = $
  y = MatMul(x, w) {transpose_b=true}
  return y
})"},
      {"NormalizedLinear", R"(graph main(x: f32[2,17,256]) {
  constant g: f32[256] = $
  constant h: f32[256] = $
  constant w: f32[256,96] = $
  constant b: f32[96] = $
  m = Abs(x)
  n = LayerNormalization(m, g, h) {epsilon=1e-6}
  a = MatMul(n, w)
  s = Add(a, b)
  y = Gelu(s)
  return y
})"},
      {"NormalizedRagged", R"(graph main(x: f32[7,50], r: f32[7,33]) {
  constant g: f32[50] = $
  constant w: f32[33,50] = $
  m = Abs(x)
  n = LayerNormalization(m, g) {epsilon=0.001}
  a = MatMul(n, w) {transpose_b=true}
  y = Add(a, r)
  return y
})"},
      {"NormalizedLong", R"(graph main(x: f32[20,1024]) {
  constant g: f32[1024] = $
  constant h: f32[1024] = $
  constant w: f32[1024,64] = $
  m = Abs(x)
  n = LayerNormalization(m, g, h)
  y = MatMul(n, w)
  return y
})"},
      {"NormalizedWide", R"(graph main(x: f32[200,192]) {
  constant g: f32[192] = $
  constant h: f32[192] = $
  constant w: f32[192,1024] = $
  m = Abs(x)
  n = LayerNormalization(m, g, h)
  y = MatMul(n, w)
  return y
})"},
      {"NormalizedResidual",
       R"(graph main(x: f32[B,5,80]) {
  constant g: f32[80] = $
  constant h: f32[80] = $
  constant w: f32[80,80] = $
  m = Abs(x)
  n = LayerNormalization(m, g, h)
  a = MatMul(n, w)
  c = MatMul(a, w)
  d = Add(c, n)
  y = Relu(d)
  return y
})",
       {{{"B", 1}}, {{"B", 6}}}},
      {"NormalizedAnyRows",
       R"(graph main(x: f32[B,T,48]) {
  constant g: f32[48] = $
  constant h: f32[48] = $
  constant w: f32[48,80] = $
  constant v: f32[48,20] = $
  m = Abs(x)
  n = LayerNormalization(m, g, h)
  y = MatMul(n, w)
  z = MatMul(n, v)
  return y, z
})",
       {{{"B", 1}, {"T", 3}}, {{"B", 4}, {"T", 33}}, {{"B", 2}, {"T", 64}}}},
      {"MomentsOfResidual",
       R"(graph main(x: f32[B,17,64], r: f32[B,17,96]) {
  constant w: f32[64,96] = $
  constant b: f32[96] = $
  constant g: f32[96] = $
  constant h: f32[96] = $
  constant v: f32[96,96] = $
  a = MatMul(x, w)
  s = Add(a, b)
  t = Add(s, r)
  n = LayerNormalization(t, g, h) {epsilon=1e-6}
  c = MatMul(n, v)
  y = Add(c, t)
  return y
})",
       {{{"B", 1}}, {{"B", 5}}}},
      {"MomentsWide", R"(graph main(x: f32[200,48]) {
  constant w: f32[48,320] = $
  constant g: f32[320] = $
  constant v: f32[640,320] = $
  a = MatMul(x, w)
  m = Abs(a)
  n = LayerNormalization(m, g)
  c = MatMul(n, v) {transpose_b=true}
  y = Gelu(c)
  return y
})"},
      {"MomentsBehindSums", R"(graph main(x: f32[2,9,64]) {
  constant w: f32[64,64] = $
  constant b: f32[64] = $
  constant g: f32[64] = $
  constant h: f32[64] = $
  constant u: f32[64,128] = $
  constant v: f32[128,64] = $
  a = MatMul(x, w)
  s = Add(a, x)
  n = LayerNormalization(s, g, h)
  c = MatMul(n, u)
  d = Gelu(c)
  e = MatMul(d, v)
  f = Add(e, n)
  o = LayerNormalization(f, h, b)
  p = MatMul(o, w)
  y = Add(p, o)
  return y
})"},
      {"Products", R"(graph main(a: f32[2,3,17,32], b: f32[2,3,32,24]) {
  y = MatMul(a, b)
  return y
})"},
      {"ProductsTransposed", R"(graph main(a: f32[2,3,20,40], b: f32[2,3,28,40]) {
  y = MatMul(a, b) {transpose_b=true}
  return y
})"},
      {"ProductsBroadcast", R"(graph main(a: f32[2,1,9,16], b: f32[4,16,10]) {
  y = MatMul(a, b)
  return y
})"},
      {"ProductsAnySize",
       R"(graph main(a: f32[B,S,24], b: f32[B,24,T]) {
  y = MatMul(a, b)
  return y
})",
       {{{"B", 1}, {"S", 2}, {"T", 7}}, {{"B", 3}, {"S", 40}, {"T", 33}}}},
      {"ProductRagged", R"(graph main(a: f32[3,37], b: f32[37,5]) {
  y = MatMul(a, b)
  return y
})"},
      {"Attention64", R"(graph main(q: f32[2,3,17,64], k: f32[2,3,17,64], v: f32[2,3,17,64]) {
  y = Attention(q, k, v) {scale=0.125}
  return y
})"},
      {"Attention128Long", R"(graph main(q: f32[1,2,130,64], k: f32[1,2,197,64], v: f32[1,2,197,64]) {
  y = Attention(q, k, v) {scale=0.125}
  return y
})"},
      {"Attention32Causal", R"(graph main(q: f32[2,2,40,32], k: f32[2,2,40,32], v: f32[2,2,40,32]) {
  y = Attention(q, k, v) {scale=0.18, causal=true}
  return y
})"},
      {"Attention128", R"(graph main(q: f32[1,2,33,128], k: f32[1,2,33,128], v: f32[1,2,33,128]) {
  y = Attention(q, k, v) {scale=0.09}
  return y
})"},
      {"Attention80", R"(graph main(q: f32[1,2,21,80], k: f32[1,2,21,80], v: f32[1,2,21,80]) {
  y = Attention(q, k, v) {scale=0.11}
  return y
})"},
      {"AttentionOddHead", R"(graph main(q: f32[1,2,9,20], k: f32[1,2,11,20], v: f32[1,2,11,12]) {
  y = Attention(q, k, v) {scale=0.2}
  return y
})"},
      {"AttentionBias", R"(graph main(q: f32[2,4,16,64], k: f32[2,4,24,64], v: f32[2,4,24,64], m: f32[2,1,1,24]) {
  y = Attention(q, k, v, m) {scale=0.125}
  return y
})"},
      {"AttentionGrouped", R"(graph main(q: f32[2,4,16,64], k: f32[2,2,24,64], v: f32[2,2,24,64]) {
  y = Attention(q, k, v) {scale=0.125}
  return y
})"},
      {"AttentionAnyLength",
       R"(graph main(q: f32[B,2,S,64], k: f32[B,2,S,64], v: f32[B,2,S,64]) {
  y = Attention(q, k, v) {scale=0.125}
  return y
})",
       {{{"B", 1}, {"S", 5}}, {{"B", 3}, {"S", 70}}, {{"B", 2}, {"S", 128}}}},
      {"AttentionWrittenOut", R"(graph main(q: f32[2,20,2,32], k: f32[2,20,2,32], v: f32[2,20,2,32]) {
  a = Transpose(q) {perm=[0,2,1,3]}
  b = Transpose(k) {perm=[0,2,3,1]}
  c = Transpose(v) {perm=[0,2,1,3]}
  d = MatMul(a, b)
  e = Mul(d, f32[]{0.176776695})
  f = Softmax(e) {axis=-1}
  g = MatMul(f, c)
  y = Transpose(g) {perm=[0,2,1,3]}
  return y
})"},
      {"Sums", R"(graph main(x: f32[5,7,33]) {
  y = Reduce(x) {mode="Sum", axes=[1]}
  return y
})"},
      {"Softmax", R"(graph main(x: f32[6,197]) {
  y = Softmax(x) {axis=-1}
  return y
})"},
      {"SoftmaxColumns", R"(graph main(x: f32[3,21,8]) {
  y = Softmax(x) {axis=1}
  return y
})"},
      {"SoftmaxAnyLength",
       R"(graph main(x: f32[B,S]) {
  y = Softmax(x) {axis=-1}
  return y
})",
       {{{"B", 1}, {"S", 1}}, {{"B", 3}, {"S", 1500}}, {{"B", 2}, {"S", 77}}}},
      {"LayerNorm", R"(graph main(x: f32[2,9,768]) {
  constant g: f32[768] = $
  constant b: f32[768] = $
  y = LayerNormalization(x, g, b)
  return y
})"},
      {"LayerNormAfterSum",
       R"(graph main(x: f32[B,5,96], r: f32[B,5,96]) {
  constant g: f32[96] = $
  constant b: f32[96] = $
  s = Add(x, r)
  y = LayerNormalization(s, g, b)
  return y
})",
       {{{"B", 1}}, {{"B", 6}}}},
      {"RmsNorm", R"(graph main(x: f32[3,130]) {
  constant g: f32[130] = $
  y = RMSNormalization(x, g)
  return y
})"},
      {"GroupNorm", R"(graph main(x: f32[2,6,5,4]) {
  constant g: f32[6] = $
  constant b: f32[6] = $
  y = GroupNormalization(x, g, b) {num_groups=2}
  return y
})"},
      {"Pointwise", R"(graph main(x: f32[2,12,9,9], z: f32[12,1,1]) {
  a = Mul(x, z)
  b = Tanh(a)
  y = Add(b, x)
  return y
})"},
      {"PointwiseMixedOrders", R"(graph main(x: f32[2,16,6,10], z: f32[2,10,6,16]) {
  a = Transpose(z) {perm=[0,3,2,1]}
  y = Sub(x, a)
  return y
})"},
      {"PointwiseAnySize",
       R"(graph main(x: f32[N,5,S], z: f32[N,1,S]) {
  a = Sigmoid(x)
  y = Mul(a, z)
  return y
})",
       {{{"N", 1}, {"S", 3}}, {{"N", 4}, {"S", 129}}}},
      {"ScaledByChannels", R"(graph main(x: f32[2,24,8,8]) {
  constant w: f32[24,24,3,3] = $
  constant v: f32[24,24,1,1] = $
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  b = Reduce(a) {mode="Mean", axes=[2,3]}
  c = Conv(b, v) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  d = Sigmoid(c)
  y = Mul(a, d)
  return y
})"},
      {"Doubled", R"(graph main(x: f32[1,16,6,7]) {
  constant w: f32[16,16,1,1] = $
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  y = Resize(a, absent, f32[4]{1,1,2,2}) {coordinate_transformation_mode="asymmetric", nearest_mode="floor"}
  return y
})"},
  };
  return kNetworks;
}

}  // namespace tn::test
