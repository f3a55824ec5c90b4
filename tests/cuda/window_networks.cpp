// SPDX-License-Identifier: Apache-2.0
#include "cuda/candidate_networks.h"

namespace tn::test {

std::span<const CandidateNetwork> window_networks() {
  static const CandidateNetwork kNetworks[] = {
      {"Conv3x3", R"(graph main(x: f32[2,32,14,14]) {
  constant w: f32[64,32,3,3] = $
  constant b: f32[64] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = Relu(a)
  return y
})"},
      {"Conv3x3Ragged", R"(graph main(x: f32[1,24,13,11]) {
  constant w: f32[40,24,3,3] = $
  constant b: f32[40] = $
  y = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[2,2]}
  return y
})"},
      {"Conv3x3OddChannels", R"(graph main(x: f32[2,5,8,8]) {
  constant w: f32[7,5,3,3] = $
  y = Conv(x, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  return y
})"},
      {"Conv3x3ManyChannels", R"(graph main(x: f32[1,256,4,4]) {
  constant w: f32[128,256,3,3] = $
  constant b: f32[128] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = Relu(a)
  return y
})"},
      {"Conv3x3LargeImage", R"(graph main(x: f32[1,16,57,61]) {
  constant w: f32[16,16,3,3] = $
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = HardSwish(a)
  return y
})"},
      {"Conv3x3Residual", R"(graph main(x: f32[2,32,9,9], r: f32[2,32,9,9]) {
  constant w: f32[32,32,3,3] = $
  constant b: f32[32] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  s = Add(a, r)
  y = Relu(s)
  return y
})"},
      {"Conv3x3Valid", R"(graph main(x: f32[1,32,10,12]) {
  constant w: f32[48,32,3,3] = $
  y = Conv(x, w) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  return y
})"},
      {"Conv3x3DilatedUneven", R"(graph main(x: f32[1,16,12,15]) {
  constant w: f32[24,16,3,3] = $
  y = Conv(x, w) {dilations=[2,2], group=1, pads=[1,2,2,1], strides=[1,1]}
  return y
})"},
      {"Conv3x3Grouped", R"(graph main(x: f32[2,32,9,10]) {
  constant w: f32[48,8,3,3] = $
  constant b: f32[48] = $
  y = Conv(x, w, b) {dilations=[1,1], group=4, pads=[1,1,1,1], strides=[1,1]}
  return y
})"},
      {"Conv3x3AnySize",
       R"(graph main(x: f32[N,16,H,W]) {
  constant w: f32[32,16,3,3] = $
  constant b: f32[32] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = Relu(a)
  return y
})",
       {{{"N", 1}, {"H", 7}, {"W", 9}}, {{"N", 3}, {"H", 16}, {"W", 12}}, {{"N", 2}, {"H", 5}, {"W", 30}}}},
      {"Conv1x1", R"(graph main(x: f32[2,64,7,7]) {
  constant w: f32[256,64,1,1] = $
  constant b: f32[256] = $
  y = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  return y
})"},
      {"Conv1x1Residual", R"(graph main(x: f32[2,64,7,7], r: f32[2,256,7,7]) {
  constant w: f32[256,64,1,1] = $
  constant b: f32[256] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  s = Add(a, r)
  y = Relu(s)
  return y
})"},
      {"Conv1x1Ragged", R"(graph main(x: f32[1,20,9,9]) {
  constant w: f32[36,20,1,1] = $
  constant b: f32[36] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  y = Silu(a)
  return y
})"},
      {"Conv1x1Strided", R"(graph main(x: f32[2,48,9,11]) {
  constant w: f32[64,48,1,1] = $
  y = Conv(x, w) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[2,2]}
  return y
})"},
      {"Conv1x1ManyChannels", R"(graph main(x: f32[1,512,7,7]) {
  constant w: f32[64,512,1,1] = $
  constant b: f32[64] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  s = Sigmoid(a)
  y = Mul(a, s)
  return y
})"},
      {"Conv1x1AnyBatch",
       R"(graph main(x: f32[N,32,6,5]) {
  constant w: f32[24,32,1,1] = $
  constant b: f32[24] = $
  y = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  return y
})",
       {{{"N", 1}}, {{"N", 5}}, {{"N", 4}}}},
      {"Conv1x1OnePoint", R"(graph main(x: f32[1,96,1,1]) {
  constant w: f32[24,96,1,1] = $
  constant b: f32[24] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  y = Relu(a)
  return y
})"},
      {"Conv5x5", R"(graph main(x: f32[1,16,11,10]) {
  constant w: f32[32,16,5,5] = $
  y = Conv(x, w) {dilations=[1,1], group=1, pads=[2,2,2,2], strides=[1,1]}
  return y
})"},
      {"Conv1x7", R"(graph main(x: f32[1,32,9,17]) {
  constant w: f32[32,32,1,7] = $
  y = Conv(x, w) {dilations=[1,1], group=1, pads=[0,3,0,3], strides=[1,1]}
  return y
})"},
      {"Stem7x7", R"(graph main(x: f32[2,3,33,35]) {
  constant w: f32[64,3,7,7] = $
  constant b: f32[64] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[3,3,3,3], strides=[2,2]}
  y = Relu(a)
  return y
})"},
      {"Stem3x3", R"(graph main(x: f32[1,3,32,32]) {
  constant w: f32[32,3,3,3] = $
  constant b: f32[32] = $
  y = Conv(x, w, b) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[2,2]}
  return y
})"},
      {"Stem6x6AnyBatch",
       R"(graph main(x: f32[N,3,26,30]) {
  constant w: f32[32,3,6,6] = $
  constant b: f32[32] = $
  a = Conv(x, w, b) {dilations=[1,1], group=1, pads=[2,2,2,2], strides=[2,2]}
  y = Silu(a)
  return y
})",
       {{{"N", 1}}, {{"N", 3}}}},
      {"Patches", R"(graph main(x: f32[2,3,32,48]) {
  constant w: f32[64,3,16,16] = $
  constant b: f32[64] = $
  y = Conv(x, w, b) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[16,16]}
  return y
})"},
      {"Conv1d", R"(graph main(x: f32[2,16,50]) {
  constant w: f32[24,16,5] = $
  y = Conv(x, w) {dilations=[1], group=1, pads=[2,2], strides=[2]}
  return y
})"},
      {"Conv3d", R"(graph main(x: f32[1,8,5,6,7]) {
  constant w: f32[16,8,3,3,3] = $
  y = Conv(x, w) {dilations=[1,1,1], group=1, pads=[1,1,1,1,1,1], strides=[1,1,1]}
  return y
})"},
      {"ConvTranspose", R"(graph main(x: f32[1,16,7,9]) {
  constant w: f32[16,12,3,3] = $
  constant b: f32[12] = $
  y = ConvTranspose(x, w, b) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1], output_padding=[1,1]}
  return y
})"},
      {"ConvTransposeGrouped", R"(graph main(x: f32[2,8,5,6]) {
  constant w: f32[8,4,4,4] = $
  y = ConvTranspose(x, w) {strides=[2,2], dilations=[1,1], pads=[1,1,1,1], output_padding=[0,0], group=2}
  return y
})"},
      {"ConvsIntoConcat", R"(graph main(x: f32[2,16,9,9]) {
  constant v: f32[24,16,1,1] = $
  constant w: f32[16,16,3,3] = $
  a = Conv(x, v) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  b = Conv(x, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = Concat(a, b) {axis=1}
  return y
})"},
      {"ConvAfterSplit", R"(graph main(x: f32[1,48,8,8]) {
  constant w: f32[32,24,3,3] = $
  a = Slice(x, i64[1]{0}, i64[1]{24}, i64[1]{1})
  b = Slice(x, i64[1]{24}, i64[1]{48}, i64[1]{1})
  c = Conv(b, w) {dilations=[1,1], group=1, pads=[1,1,1,1], strides=[1,1]}
  y = Concat(a, c) {axis=1}
  return y
})"},
      {"Depthwise3x3", R"(graph main(x: f32[2,32,14,14]) {
  constant w: f32[32,1,3,3] = $
  constant b: f32[32] = $
  a = Conv(x, w, b) {dilations=[1,1], group=32, pads=[1,1,1,1], strides=[1,1]}
  y = Relu(a)
  return y
})"},
      {"Depthwise5x5Strided", R"(graph main(x: f32[1,24,15,13]) {
  constant w: f32[24,1,5,5] = $
  constant b: f32[24] = $
  a = Conv(x, w, b) {dilations=[1,1], group=24, pads=[2,2,2,2], strides=[2,2]}
  y = Silu(a)
  return y
})"},
      {"Depthwise7x7Dilated", R"(graph main(x: f32[1,16,20,19]) {
  constant w: f32[16,1,7,7] = $
  y = Conv(x, w) {dilations=[2,2], group=16, pads=[6,6,6,6], strides=[1,1]}
  return y
})"},
      {"DepthwiseOddChannels", R"(graph main(x: f32[1,13,9,7]) {
  constant w: f32[13,1,3,3] = $
  y = Conv(x, w) {dilations=[1,1], group=13, pads=[1,1,1,1], strides=[1,1]}
  return y
})"},
      {"DepthwiseAnySize",
       R"(graph main(x: f32[N,40,H,W], r: f32[N,40,H,W]) {
  constant w: f32[40,1,3,3] = $
  constant b: f32[40] = $
  a = Conv(x, w, b) {dilations=[1,1], group=40, pads=[1,1,1,1], strides=[1,1]}
  y = Add(a, r)
  return y
})",
       {{{"N", 1}, {"H", 5}, {"W", 7}}, {{"N", 3}, {"H", 14}, {"W", 11}}}},
      {"DepthwiseMultiplier", R"(graph main(x: f32[1,12,8,8]) {
  constant w: f32[24,1,3,3] = $
  y = Conv(x, w) {dilations=[1,1], group=12, pads=[1,1,1,1], strides=[1,1]}
  return y
})"},
      {"MaxPool", R"(graph main(x: f32[2,32,15,15]) {
  y = MaxPool(x) {kernel=[3,3], strides=[2,2], dilations=[1,1], pads=[1,1,1,1]}
  return y
})"},
      {"MaxPoolAfterConv", R"(graph main(x: f32[1,16,12,13]) {
  constant w: f32[24,16,1,1] = $
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  y = MaxPool(a) {kernel=[5,5], strides=[1,1], dilations=[1,1], pads=[2,2,2,2]}
  return y
})"},
      {"AveragePool", R"(graph main(x: f32[1,13,12,13]) {
  y = AveragePool(x) {kernel=[3,3], strides=[2,2], dilations=[1,1], pads=[1,1,1,1]}
  return y
})"},
      {"MaxPoolAnySize",
       R"(graph main(x: f32[N,8,H,W]) {
  y = MaxPool(x) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}
  return y
})",
       {{{"N", 1}, {"H", 4}, {"W", 6}}, {{"N", 3}, {"H", 9}, {"W", 11}}}},
      {"GlobalAverage", R"(graph main(x: f32[3,40,7,7]) {
  y = Reduce(x) {mode="Mean", axes=[2,3]}
  return y
})"},
      {"GlobalAverageAfterConv", R"(graph main(x: f32[2,16,9,9]) {
  constant w: f32[40,16,1,1] = $
  constant v: f32[10,40,1,1] = $
  a = Conv(x, w) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  b = Relu(a)
  c = Reduce(b) {mode="Mean", axes=[2,3]}
  y = Conv(c, v) {dilations=[1,1], group=1, pads=[0,0,0,0], strides=[1,1]}
  return y
})"},
      {"GlobalAverageAnySize",
       R"(graph main(x: f32[N,24,H,W]) {
  y = Reduce(x) {mode="Mean", axes=[2,3]}
  return y
})",
       {{{"N", 1}, {"H", 3}, {"W", 5}}, {{"N", 4}, {"H", 17}, {"W", 12}}}},
  };
  return kNetworks;
}

}  // namespace tn::test
