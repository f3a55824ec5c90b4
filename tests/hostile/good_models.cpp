// SPDX-License-Identifier: Apache-2.0
#include "hostile/good_models.h"

namespace tn::test {
namespace {

constexpr std::string_view kModels[] = {
    // Windows
    "Conv(f32[1,3,8,8], f32[4,3,3,3]!, f32[4]!) kernel_shape=[3,3] strides=[1,1] pads=[1,1,1,1] dilations=[1,1] "
    "group=1",
    "Conv(f32[2,4,9], f32[4,1,3]!) group=4 auto_pad='SAME_UPPER'",
    "Conv(f32[1,2,5,6,7], f32[3,2,2,2,2]!) strides=[2,1,1]",
    "ConvTranspose(f32[1,3,5,5], f32[3,2,3,3]!) strides=[2,2] output_padding=[1,1] pads=[1,1,1,1] group=1",
    "ConvInteger(u8[1,2,6,6], u8[2,2,3,3]!, u8[]{3}, u8[]{4}) pads=[1,1,1,1]",
    "DeformConv(f32[1,2,5,5], f32[2,2,3,3]!, f32[1,18,3,3]) kernel_shape=[3,3] offset_group=1",
    "MaxPool(f32[1,3,8,8]) kernel_shape=[2,2] strides=[2,2] ceil_mode=1 pads=[0,0,1,1]",
    "y, i = MaxPool(f32[1,3,8,8]) kernel_shape=[3,3] dilations=[2,2] storage_order=0",
    "AveragePool(f32[1,3,8,8]) kernel_shape=[3,3] count_include_pad=1 pads=[1,1,1,1]",
    "LpPool(f32[1,3,8,8]) kernel_shape=[2,2] p=2",
    "GlobalAveragePool(f32[2,3,4,4])",
    "GlobalMaxPool(f32[2,3,4,4])",
    "MaxRoiPool(f32[1,2,6,6], f32[2,5]!) pooled_shape=[2,3] spatial_scale=0.5",
    "RoiAlign(f32[1,2,6,6], f32[2,4]!, i64[2]{0,0}) output_height=2 output_width=3 mode='avg' sampling_ratio=2",
    "MaxUnpool(f32[1,1,2,2], i64[1,1,2,2]{0,3,8,11}) kernel_shape=[2,2] strides=[2,2]",
    "Col2Im(f32[1,8,12], i64[2]{4,5}, i64[2]{2,2}) dilations=[1,1] pads=[0,0,0,0] strides=[1,1]",
    "GridSample(f32[1,2,4,5], f32[1,3,3,2]) mode='linear' padding_mode='zeros' align_corners=0",
    "Resize(f32[1,2,4,4], -, f32[4]{1,1,2,1.5}) mode='cubic' coordinate_transformation_mode='half_pixel'",
    "Resize(f32[1,2,4,4], -, -, i64[4]{1,2,7,3}) mode='nearest' nearest_mode='floor'",
    "Upsample:9(f32[1,2,4,4], f32[4]{1,1,2,2}) mode='linear'",
    "AffineGrid(f32[1,2,3], i64[4]{1,1,4,5}) align_corners=1",
    "DepthToSpace(f32[1,8,2,3]) blocksize=2 mode='CRD'",
    "SpaceToDepth(f32[1,2,4,6]) blocksize=2",
    "CenterCropPad(f32[1,5,6], i64[2]{3,8}) axes=[1,2]",
    // Products
    "MatMul(f32[2,3,4], f32[4,5]!)",
    "Gemm(f32[3,4], f32[5,4]!, f32[5]!) transB=1 alpha=0.5 beta=2.0",
    "MatMulInteger(u8[3,4], i8[4,2]!, u8[]{3})",
    "Einsum(f32[2,3,4], f32[2,4,5]) equation='bij,bjk->bik'",
    "Det(f32[2,3,3])",
    "Attention(f32[1,2,4,8], f32[1,2,5,8], f32[1,2,5,8]) scale=0.5",
    "y, b = LSTM(f32[3,2,4], f32[1,12,4]!, f32[1,12,3]!, f32[1,24]!) hidden_size=3 direction='forward'",
    "GRU(f32[3,2,4], f32[2,9,4]!, f32[2,9,3]!) hidden_size=3 direction='bidirectional' linear_before_reset=1",
    "RNN(f32[3,2,4], f32[1,3,4]!, f32[1,3,3]!) hidden_size=3 activations=[\"Tanh\"]",
    "com.microsoft.FusedMatMul(f32[2,3,4], f32[2,5,4]) transB=1 alpha=0.5",
    "com.microsoft.FusedMatMul(f32[3,2,4], f32[2,4,5]) transBatchA=1",
    "com.microsoft.FusedConv(f32[1,3,8,8], f32[4,3,3,3]!, f32[4]!, f32[1,4,6,6]) kernel_shape=[3,3] activation='Relu'",
    "com.microsoft.FusedGemm(f32[3,4], f32[5,4]!, f32[5]!) transB=1 activation='LeakyRelu' activation_alpha=0.5",
    "com.microsoft.MatMulNBits(f32[2,32], u8[3,2,8]!, f32[3,2]!, u8[3,1]!) N=3 K=32 block_size=16 bits=4",
    "com.microsoft.DynamicQuantizeMatMul(f32[2,4], i8[4,3]!, f32[3]!)",
    "com.microsoft.MatMulIntegerToFloat(u8[2,4], i8[4,3]!, f32[]{0.5}, f32[3]!)",
    "com.microsoft.Attention(f32[1,3,4], f32[4,12]!, f32[12]!, i32[1,3]{1,1,0}) num_heads=2 unidirectional=1",
    "y, p = com.microsoft.Attention(f32[1,1,4], f32[4,12]!, -, -, f32[2,1,2,3,2]) num_heads=2",
    "com.microsoft.MultiHeadAttention(f32[1,3,4], f32[1,5,4], f32[1,5,4], f32[12]!, i32[1]{4}) num_heads=2 scale=0.5",
    "com.microsoft.MultiHeadAttention(f32[1,3,2,3,4]) num_heads=2",
    "y, k, v = com.microsoft.GroupQueryAttention(f32[1,1,8], f32[1,1,4], f32[1,1,4], f32[1,1,6,4], f32[1,1,6,4], "
    "i32[1]{3}, i32[]{4}, "
    "f32[9,2]!, f32[9,2]!) num_heads=2 kv_num_heads=1 do_rotary=1 local_window_size=3",
    "com.microsoft.QAttention(u8[1,3,4], i8[4,12]!, f32[12]!, f32[]{0.5}, f32[]{0.5}, i32[1]{2}, u8[]{3}, i8[]{0}) "
    "num_heads=2",
    "com.microsoft.RotaryEmbedding(f32[1,3,8], i64[1]{0}, f32[9,2]!, f32[9,2]!) num_heads=2 interleaved=0",
    "RotaryEmbedding(f32[1,3,8], f32[1,3,2]!, f32[1,3,2]!) num_heads=2",
    "LinearAttention:27(f32[1,3,4], f32[1,3,4], f32[1,3,4]) q_num_heads=2 kv_num_heads=2 update_rule='linear'",
    "CausalConvWithState:27(f32[1,3,8], f32[3,1,4]!) activation='silu'",
    "TensorScatter(f32[2,1,6,3], f32[2,1,2,3], i64[2]{0,1}) axis=-2 mode='linear'",
    // Norms
    "y, m = com.microsoft.EmbedLayerNormalization(i32[1,2]{1,0}, i32[1,2]{0,0}, f32[3,4]!, f32[2,4]!, f32[1,4]!, "
    "f32[4]!, f32[4]!, "
    "i32[1,2]{1,0}) epsilon=0.001",
    "y, m = com.microsoft.QEmbedLayerNormalization(i32[1,2]{1,0}, -, u8[3,4]!, u8[2,4]!, -, u8[4]!, u8[4]!, -, "
    "f32[]{0.5}, f32[]{0.5}, -, "
    "f32[]{0.5}, f32[]{0.5}, u8[]{3}, u8[]{4}, -, u8[]{5}, u8[]{6}) epsilon=0.001",
    "com.microsoft.GroupNorm(f32[1,2,2,4], f32[4]!, f32[4]!) groups=2 activation=1",
    "com.microsoft.SkipLayerNormalization(f32[1,3,8], f32[1,3,8], f32[8]!, f32[8]!) epsilon=0.001",
    "BatchNormalization(f32[1,3,4,4], f32[3]!, f32[3]!, f32[3]!, f32[3]!) epsilon=0.001",
    "InstanceNormalization(f32[2,3,4], f32[3]!, f32[3]!) epsilon=0.001",
    "LayerNormalization(f32[2,3,4], f32[4]!, f32[4]!) axis=-1 epsilon=0.001",
    "GroupNormalization(f32[2,4,3], f32[4]!, f32[4]!) num_groups=2",
    "RMSNormalization(f32[2,3,4], f32[4]!) axis=-1",
    "LRN(f32[1,5,3,3]) size=3 alpha=0.001 beta=0.75 bias=1.0",
    "LpNormalization(f32[2,3,4]) axis=1 p=2",
    "MeanVarianceNormalization(f32[2,3,4,4]) axes=[0,2,3]",
    "Softmax(f32[2,3,4]) axis=1",
    "LogSoftmax(f32[2,3,4]) axis=-1",
    "Hardmax(f32[2,3,4]) axis=2",
    // Elementwise
    "Add(f32[2,3], f32[3]!)",
    "Mul(f32[2,1,4], f32[3,1])",
    "Div(i32[2,3], i32[3]{1,2,3})",
    "Pow(f32[2,3], f32[]{2})",
    "Mod(i64[2,3], i64[3]{2,3,4}) fmod=0",
    "Clip(f32[2,3], f32[]{0}, f32[]{6})",
    "Where(bool[2,1], f32[2,3], f32[3])",
    "Less(f32[2,3], f32[1,3])",
    "And(bool[2,3], bool[3])",
    "BitShift(u8[4], u8[4]!) direction='LEFT'",
    "Cast(f32[2,3]) to=7",
    "CastLike(f32[2,3], i64[1])",
    "LeakyRelu(f32[2,3]) alpha=0.1",
    "PRelu(f32[2,3,4], f32[3,1]!)",
    "Selu(f32[2,3]) alpha=1.5 gamma=1.0",
    "ThresholdedRelu(f32[2,3]) alpha=0.5",
    "Gelu(f32[2,3]) approximate='tanh'",
    "Sum(f32[2,3], f32[3], f32[2,1])",
    "Max(f32[2,3], f32[3])",
    "Dropout(f32[2,3], f32[]{0.5})",
    "com.microsoft.BiasGelu(f32[2,4], f32[4]!)",
    // Reductions and scans
    "ReduceSum(f32[2,3,4], i64[2]{0,-1}) keepdims=0 noop_with_empty_axes=0",
    "ReduceMean:13(f32[2,3,4]) axes=[1] keepdims=1",
    "ReduceMax(i32[2,3,4], i64[1]{2})",
    "ArgMax(f32[2,3,4]) axis=1 keepdims=0 select_last_index=1",
    "CumSum(f32[2,3], i64[]{1}) exclusive=1 reverse=0",
    "v, i = TopK(f32[2,6], i64[1]{3}) axis=-1 largest=1 sorted=1",
    // Shapes and indices
    "Reshape(f32[2,3,4], i64[2]{0,-1}) allowzero=0",
    "Transpose(f32[2,3,4]) perm=[2,0,1]",
    "Flatten(f32[2,3,4]) axis=2",
    "Squeeze(f32[2,1,4], i64[1]{1})",
    "Unsqueeze(f32[2,4], i64[2]{0,3})",
    "Concat(f32[2,3], f32[2,4], f32[2,1]!) axis=1",
    "a, b = Split(f32[2,6], i64[2]{2,4}) axis=1",
    "Slice(f32[4,6], i64[2]{1,0}, i64[2]{3,6}, i64[2]{0,1}, i64[2]{1,2})",
    "Slice:9(f32[4,6]) starts=[1,0] ends=[3,6] axes=[0,1]",
    "Expand(f32[3,1], i64[3]{2,3,4})",
    "Tile(f32[2,3], i64[2]{2,3})",
    "Pad(f32[2,3], i64[4]{1,0,0,2}, f32[]{1}) mode='constant'",
    "Pad:2(f32[2,3]) pads=[1,0,0,2] mode='reflect'",
    "Gather(f32[5,4], i64[2,3]{0,1,2,3,4,0}) axis=0",
    "GatherElements(f32[3,4], i64[2,4]) axis=0",
    "GatherND(f32[3,4,5], i64[2,2]{0,1,2,3}) batch_dims=0",
    "ScatterElements(f32[3,4], i64[2,4], f32[2,4]) axis=0 reduction='add'",
    "ScatterND(f32[3,4], i64[2,1]{0,2}, f32[2,4]) reduction='max'",
    "OneHot(i64[3], i64[]{5}, f32[2]{0,1}) axis=-1",
    "Trilu(f32[3,4], i64[]{1}) upper=0",
    "EyeLike(f32[3,4]) k=1 dtype=1",
    "ConstantOfShape(i64[2]{2,3})",
    "Range(i64[]{0}, i64[]{6}, i64[]{2})",
    "ReverseSequence(f32[4,3,2], i64[3]{1,2,4}) batch_axis=1 time_axis=0",
    "Compress(f32[3,4], bool[3]) axis=0",
    "NonZero(f32[2,3])",
    "y, i, j, c = Unique(f32[6]) sorted=1",
    "NonMaxSuppression(f32[1,6,4], f32[1,2,6], i64[]{3}, f32[]{0.5}, f32[]{0.1}) center_point_box=0",
    "Shape(f32[2,3,4]) start=1 end=3",
    "TfIdfVectorizer(i64[8]) mode='TF' min_gram_length=1 max_gram_length=2 max_skip_count=0 ngram_counts=[0,3]"
    " ngram_indexes=[0,1,2,3] pool_int64s=[1,2,3,1,2]",
    // Quantized
    "QuantizeLinear(f32[2,3], f32[]{0.5}, u8[]{128}) axis=1",
    "DequantizeLinear(u8[2,3], f32[3]!, u8[3]!) axis=1",
    "DynamicQuantizeLinear(f32[2,3])",
    "QLinearConv(u8[1,2,5,5], f32[]{0.5}, u8[]{128}, u8[3,2,3,3]!, f32[]{0.5}, u8[]{127}, f32[]{0.5}, u8[]{128})"
    " pads=[1,1,1,1]",
    "QLinearMatMul(u8[2,3], f32[]{0.5}, u8[]{128}, u8[3,4]!, f32[]{0.5}, u8[]{127}, f32[]{0.5}, u8[]{128})",
    "com.microsoft.QLinearConcat(f32[]{0.5}, u8[]{1}, u8[2,3], f32[]{0.5}, u8[]{1}, u8[2,2], f32[]{1}, u8[]{2}) axis=1",
    "com.microsoft.QLinearSoftmax(u8[2,3], f32[]{0.5}, u8[]{1}, f32[]{0.01}, u8[]{0}) axis=1 opset=12",
    "com.microsoft.QLinearAveragePool(u8[1,4,4,2], f32[]{0.5}, u8[]{1}, f32[]{0.5}, u8[]{1}) kernel_shape=[2,2] "
    "channels_last=1",
    "com.microsoft.QGemm(u8[2,4], f32[]{0.5}, u8[]{1}, i8[4,3]!, f32[3]!, i8[3]!, i32[3]!, f32[]{0.5}, u8[]{1}) "
    "alpha=0.5",
    "com.microsoft.NhwcMaxPool(u8[1,4,4,2]) kernel_shape=[2,2]",
    "com.microsoft.QLinearAdd(u8[2,3], f32[]{0.5}, u8[]{1}, u8[2,3], f32[]{0.5}, u8[]{1}, f32[]{1}, u8[]{2})",
    // Signals, random numbers, losses
    "DFT(f32[1,8,1], -, i64[]{1}) inverse=0 onesided=1",
    "STFT(f32[1,16,1], i64[]{4}, f32[8]!) onesided=1",
    "HannWindow(i64[]{8}) periodic=1",
    "MelWeightMatrix(i64[]{4}, i64[]{16}, i64[]{8000}, f32[]{100}, f32[]{4000})",
    "RandomNormalLike(f32[2,3]) mean=0.5 scale=2.0 seed=1.0",
    "Multinomial(f32[2,3]) sample_size=4 seed=1.0",
    "NegativeLogLikelihoodLoss(f32[2,3,4], i64[2,4]) reduction='mean' ignore_index=1",
    // Control flow
    "If(bool[]) then_branch=<Relu(f32[2]!);> else_branch=<Neg(f32[2]!);>",
    "inputs x:f32[2,3] c:bool[]\n"
    "y = If(c) then_branch=<Relu(x);> else_branch=<a = Neg(x);b = Abs(a);>\n"
    "z = Add(y, x)",
    "y, s = Loop(i64[]{3}, -, f32[2]) body=<inputs i:i64[] c:bool[] v:f32[2];d = Identity(c);w = Add(v, v);"
    "outputs d w w;>",
    "y, s = Scan(f32[2], f32[4,2]) num_scan_inputs=1 body=<inputs v:f32[2] e:f32[2];w = Add(v, e);outputs w w;>",
    // Several nodes
    "c = Conv(f32[1,3,8,8], f32[4,3,3,3]!) pads=[1,1,1,1]\n"
    "b = BatchNormalization(c, f32[4]!, f32[4]!, f32[4]!, f32[4]!)\n"
    "r = Relu(b)\np = MaxPool(r) kernel_shape=[2,2] strides=[2,2]\ng = GlobalAveragePool(p)\n"
    "f = Flatten(g) axis=1\nm = Gemm(f, f32[10,4]!, f32[10]!) transB=1\ny = Softmax(m) axis=-1",
    "inputs x:f32[2,6,8]\n"
    "q = MatMul(x, f32[8,8]!)\nk = MatMul(x, f32[8,8]!)\nv = MatMul(x, f32[8,8]!)\n"
    "t = Transpose(k) perm=[0,2,1]\ns = MatMul(q, t)\nd = Mul(s, f32[]{0.3})\np = Softmax(d) axis=-1\n"
    "o = MatMul(p, v)\na = Add(o, x)\ny = LayerNormalization(a, f32[8]!, f32[8]!)",
    "inputs x:f32[2,12]\n"
    "h = Shape(x)\nn = Gather(h, i64[1]{0}) axis=0\nt = Concat(n, i64[2]{3,4}) axis=0\nr = Reshape(x, t)\n"
    "a, b = Split(r, i64[2]{1,3}) axis=2\nc = Concat(b, a) axis=2\ny = ReduceMean(c, i64[1]{1}) keepdims=0",
};

}  // namespace

std::span<const std::string_view> good_models() {
  return kModels;
}

}  // namespace tn::test
