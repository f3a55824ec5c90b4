// SPDX-License-Identifier: Apache-2.0
// Field numbers of BVLC Caffe's caffe.proto, and of the forks' layer parameters where these do not clash with them.
#include "import/caffe/schema.h"

#include "import/caffe/message.h"

namespace tn::import::caffe {
namespace {

using enum Kind;
using F = SchemaField;

// -- shared parts
constexpr F kShapeFields[] = {{1, "dim"}};
constexpr Schema kShape{kShapeFields};
constexpr F kBlobFields[] = {{1, "num"},
                             {2, "channels"},
                             {3, "height"},
                             {4, "width"},
                             {5, "data", Float},
                             {7, "shape", Message, &kShape},
                             {8, "double_data", Double}};
constexpr Schema kBlobMessage{kBlobFields};
constexpr F kRuleFields[] = {
    {1, "phase"}, {2, "min_level"}, {3, "max_level"}, {4, "stage", Text}, {5, "not_stage", Text}};
constexpr Schema kRule{kRuleFields};
constexpr F kFillerFields[] = {{1, "type", Text}, {2, "value", Float}};
constexpr Schema kFiller{kFillerFields};
constexpr F kTransformFields[] = {{3, "crop_size"}, {6, "force_color"}, {7, "force_gray"}};
constexpr Schema kTransform{kTransformFields};

// -- parameters of layers
constexpr F kArgMaxFields[] = {{1, "out_max_val"}, {2, "top_k"}, {3, "axis"}};
constexpr Schema kArgMax{kArgMaxFields};
constexpr F kBatchNormFields[] = {{1, "use_global_stats"}, {3, "eps", Float}};
constexpr Schema kBatchNorm{kBatchNormFields};
constexpr F kBiasFields[] = {{1, "axis"}, {2, "num_axes"}};
constexpr Schema kBias{kBiasFields};
constexpr F kClipFields[] = {{1, "min", Float}, {2, "max", Float}};
constexpr Schema kClip{kClipFields};
constexpr F kConcatFields[] = {{1, "concat_dim"}, {2, "axis"}};
constexpr Schema kConcat{kConcatFields};
constexpr F kConvolutionFields[] = {{1, "num_output"}, {2, "bias_term"}, {3, "pad"},       {4, "kernel_size"},
                                    {5, "group"},      {6, "stride"},    {9, "pad_h"},     {10, "pad_w"},
                                    {11, "kernel_h"},  {12, "kernel_w"}, {13, "stride_h"}, {14, "stride_w"},
                                    {16, "axis"},      {18, "dilation"}};
constexpr Schema kConvolution{kConvolutionFields};
constexpr F kCropFields[] = {{1, "axis"}, {2, "offset"}};
constexpr Schema kCrop{kCropFields};
constexpr F kDataFields[] = {{4, "batch_size"}, {5, "crop_size"}, {9, "force_encoded_color"}};
constexpr Schema kData{kDataFields};
constexpr F kImageDataFields[] = {
    {4, "batch_size"}, {5, "crop_size"}, {9, "new_height"}, {10, "new_width"}, {11, "is_color"}};
constexpr Schema kImageData{kImageDataFields};
constexpr F kMemoryDataFields[] = {{1, "batch_size"}, {2, "channels"}, {3, "height"}, {4, "width"}};
constexpr Schema kMemoryData{kMemoryDataFields};
constexpr F kDummyDataFields[] = {
    {2, "num"}, {3, "channels"}, {4, "height"}, {5, "width"}, {6, "shape", Message, &kShape}};
constexpr Schema kDummyData{kDummyDataFields};
constexpr F kEltwiseFields[] = {{1, "operation"}, {2, "coeff", Float}};
constexpr Schema kEltwise{kEltwiseFields};
constexpr F kEluFields[] = {{1, "alpha", Float}};
constexpr Schema kElu{kEluFields};
constexpr F kEmbedFields[] = {{1, "num_output"}, {2, "input_dim"}, {3, "bias_term"}};
constexpr Schema kEmbed{kEmbedFields};
constexpr F kExpFields[] = {{1, "base", Float}, {2, "scale", Float}, {3, "shift", Float}};
constexpr Schema kExp{kExpFields};
constexpr F kFlattenFields[] = {{1, "axis"}, {2, "end_axis"}};
constexpr Schema kFlatten{kFlattenFields};
constexpr F kInnerProductFields[] = {{1, "num_output"}, {2, "bias_term"}, {5, "axis"}, {6, "transpose"}};
constexpr Schema kInnerProduct{kInnerProductFields};
constexpr F kShapeHolderFields[] = {{1, "shape", Message, &kShape}};
constexpr Schema kShapeHolder{kShapeHolderFields};
constexpr F kLrnFields[] = {
    {1, "local_size"}, {2, "alpha", Float}, {3, "beta", Float}, {4, "norm_region"}, {5, "k", Float}};
constexpr Schema kLrn{kLrnFields};
constexpr F kMvnFields[] = {{1, "normalize_variance"}, {2, "across_channels"}, {3, "eps", Float}};
constexpr Schema kMvn{kMvnFields};
constexpr F kPoolingFields[] = {{1, "pool"},     {2, "kernel_size"}, {3, "stride"},          {4, "pad"},
                                {5, "kernel_h"}, {6, "kernel_w"},    {7, "stride_h"},        {8, "stride_w"},
                                {9, "pad_h"},    {10, "pad_w"},      {12, "global_pooling"}, {13, "round_mode"}};
constexpr Schema kPooling{kPoolingFields};
constexpr F kPowerFields[] = {{1, "power", Float}, {2, "scale", Float}, {3, "shift", Float}};
constexpr Schema kPower{kPowerFields};
constexpr F kPreluFields[] = {{2, "channel_shared"}};
constexpr Schema kPrelu{kPreluFields};
constexpr F kRecurrentFields[] = {{1, "num_output"}, {5, "expose_hidden"}};
constexpr Schema kRecurrent{kRecurrentFields};
constexpr F kReductionFields[] = {{1, "operation"}, {2, "axis"}, {3, "coeff", Float}};
constexpr Schema kReduction{kReductionFields};
constexpr F kReluFields[] = {{1, "negative_slope", Float}};
constexpr Schema kRelu{kReluFields};
constexpr F kReshapeFields[] = {{1, "shape", Message, &kShape}, {2, "axis"}, {3, "num_axes"}};
constexpr Schema kReshape{kReshapeFields};
constexpr F kScaleFields[] = {{1, "axis"}, {2, "num_axes"}, {4, "bias_term"}};
constexpr Schema kScale{kScaleFields};
constexpr F kSliceFields[] = {{1, "slice_dim"}, {2, "slice_point"}, {3, "axis"}};
constexpr Schema kSlice{kSliceFields};
constexpr F kSoftmaxFields[] = {{2, "axis"}};
constexpr Schema kSoftmax{kSoftmaxFields};
constexpr F kSppFields[] = {{1, "pyramid_height"}, {2, "pool"}};
constexpr Schema kSpp{kSppFields};
constexpr F kSwishFields[] = {{1, "beta", Float}};
constexpr Schema kSwish{kSwishFields};
constexpr F kThresholdFields[] = {{1, "threshold", Float}};
constexpr Schema kThreshold{kThresholdFields};
constexpr F kTileFields[] = {{1, "axis"}, {2, "tiles"}};
constexpr Schema kTile{kTileFields};

// -- of SSD, Faster R-CNN, ShuffleNet, YOLO and DeepLab
constexpr F kPermuteFields[] = {{1, "order"}};
constexpr Schema kPermute{kPermuteFields};
constexpr F kPriorBoxFields[] = {{1, "min_size", Float},
                                 {2, "max_size", Float},
                                 {3, "aspect_ratio", Float},
                                 {4, "flip"},
                                 {5, "clip"},
                                 {6, "variance", Float},
                                 {7, "img_size"},
                                 {8, "img_h"},
                                 {9, "img_w"},
                                 {10, "step", Float},
                                 {11, "step_h", Float},
                                 {12, "step_w", Float},
                                 {13, "offset", Float}};
constexpr Schema kPriorBox{kPriorBoxFields};
constexpr F kNmsFields[] = {{1, "nms_threshold", Float}, {2, "top_k"}, {3, "eta", Float}};
constexpr Schema kNms{kNmsFields};
constexpr F kDetectionFields[] = {
    {1, "num_classes"}, {2, "share_location"}, {3, "background_label_id"},        {4, "nms_param", Message, &kNms},
    {6, "code_type"},   {7, "keep_top_k"},     {8, "variance_encoded_in_target"}, {9, "confidence_threshold", Float}};
constexpr Schema kDetection{kDetectionFields};
constexpr F kNormalizeFields[] = {{1, "across_spatial"}, {3, "channel_shared"}, {4, "eps", Float}};
constexpr Schema kNormalize{kNormalizeFields};
constexpr F kRoiPoolingFields[] = {{1, "pooled_h"}, {2, "pooled_w"}, {3, "spatial_scale", Float}};
constexpr Schema kRoiPooling{kRoiPoolingFields};
constexpr F kInterpFields[] = {{1, "height"},        {2, "width"},   {3, "zoom_factor"},
                               {4, "shrink_factor"}, {5, "pad_beg"}, {6, "pad_end"}};
constexpr Schema kInterp{kInterpFields};
constexpr F kUpsampleFields[] = {{1, "scale"}};
constexpr Schema kUpsample{kUpsampleFields};
constexpr F kGroupFields[] = {{1, "group"}};
constexpr Schema kGroup{kGroupFields};

// -- layers of three generations
constexpr F kLayerFields[] = {
    {1, "name", Text},
    {2, "type", Text},
    {3, "bottom", Text},
    {4, "top", Text},
    {7, "blobs", Message, &kBlobMessage},
    {8, "include", Message, &kRule},
    {9, "exclude", Message, &kRule},
    {100, "transform_param", Message, &kTransform},
    {103, "argmax_param", Message, &kArgMax},
    {104, "concat_param", Message, &kConcat},
    {106, "convolution_param", Message, &kConvolution},
    {107, "data_param", Message, &kData},
    {109, "dummy_data_param", Message, &kDummyData},
    {110, "eltwise_param", Message, &kEltwise},
    {111, "exp_param", Message, &kExp},
    {115, "image_data_param", Message, &kImageData},
    {117, "inner_product_param", Message, &kInnerProduct},
    {118, "lrn_param", Message, &kLrn},
    {119, "memory_data_param", Message, &kMemoryData},
    {120, "mvn_param", Message, &kMvn},
    {121, "pooling_param", Message, &kPooling},
    {122, "power_param", Message, &kPower},
    {123, "relu_param", Message, &kRelu},
    {125, "softmax_param", Message, &kSoftmax},
    {126, "slice_param", Message, &kSlice},
    {128, "threshold_param", Message, &kThreshold},
    {131, "prelu_param", Message, &kPrelu},
    {132, "spp_param", Message, &kSpp},
    {133, "reshape_param", Message, &kReshape},
    {134, "log_param", Message, &kExp},
    {135, "flatten_param", Message, &kFlatten},
    {136, "reduction_param", Message, &kReduction},
    {137, "embed_param", Message, &kEmbed},
    {138, "tile_param", Message, &kTile},
    {139, "batch_norm_param", Message, &kBatchNorm},
    {140, "elu_param", Message, &kElu},
    {141, "bias_param", Message, &kBias},
    {142, "scale_param", Message, &kScale},
    {143, "input_param", Message, &kShapeHolder},
    {144, "crop_param", Message, &kCrop},
    {145, "parameter_param", Message, &kShapeHolder},
    {146, "recurrent_param", Message, &kRecurrent},
    {147, "swish_param", Message, &kSwish},
    {148, "clip_param", Message, &kClip},
    {149, "upsample_param", Message, &kUpsample},
    {164, "shuffle_channel_param", Message, &kGroup},
    {202, "permute_param", Message, &kPermute},
    {203, "prior_box_param", Message, &kPriorBox},
    {204, "detection_output_param", Message, &kDetection},
    {206, "norm_param", Message, &kNormalize},
    {2143, "interp_param", Message, &kInterp},
    {8266711, "roi_pooling_param", Message, &kRoiPooling},
};
constexpr Schema kLayer{kLayerFields};

constexpr F kV0LayerFields[] = {
    {1, "name", Text}, {2, "type", Text},  {3, "num_output"},    {4, "biasterm"},
    {7, "pad"},        {8, "kernelsize"},  {9, "group"},         {10, "stride"},
    {11, "pool"},      {13, "local_size"}, {14, "alpha", Float}, {15, "beta", Float},
    {22, "k", Float},  {19, "batchsize"},  {20, "cropsize"},     {50, "blobs", Message, &kBlobMessage},
    {65, "concat_dim"}};
constexpr Schema kV0Layer{kV0LayerFields};

constexpr F kV1LayerFields[] = {
    {1, "layer", Message, &kV0Layer},
    {2, "bottom", Text},
    {3, "top", Text},
    {4, "name", Text},
    {5, "type"},
    {6, "blobs", Message, &kBlobMessage},
    {9, "concat_param", Message, &kConcat},
    {10, "convolution_param", Message, &kConvolution},
    {11, "data_param", Message, &kData},
    {15, "image_data_param", Message, &kImageData},
    {17, "inner_product_param", Message, &kInnerProduct},
    {18, "lrn_param", Message, &kLrn},
    {19, "pooling_param", Message, &kPooling},
    {21, "power_param", Message, &kPower},
    {22, "memory_data_param", Message, &kMemoryData},
    {23, "argmax_param", Message, &kArgMax},
    {24, "eltwise_param", Message, &kEltwise},
    {25, "threshold_param", Message, &kThreshold},
    {26, "dummy_data_param", Message, &kDummyData},
    {30, "relu_param", Message, &kRelu},
    {31, "slice_param", Message, &kSlice},
    {32, "include", Message, &kRule},
    {33, "exclude", Message, &kRule},
    {34, "mvn_param", Message, &kMvn},
    {36, "transform_param", Message, &kTransform},
    {39, "softmax_param", Message, &kSoftmax},
    {41, "exp_param", Message, &kExp},
};
constexpr Schema kV1Layer{kV1LayerFields};

constexpr F kNetFields[] = {{1, "name", Text}, {2, "layers", Message, &kV1Layer},    {3, "input", Text},
                            {4, "input_dim"},  {8, "input_shape", Message, &kShape}, {100, "layer", Message, &kLayer}};

}  // namespace

const Schema kNetSchema{kNetFields};
const Schema kBlobSchema{kBlobFields};

}  // namespace tn::import::caffe
