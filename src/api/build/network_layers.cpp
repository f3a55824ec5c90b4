// SPDX-License-Identifier: Apache-2.0
// The add functions of a network.
#include <algorithm>
#include <memory>

#include "api/build/layers/index.h"
#include "api/build/layers/math.h"
#include "api/build/layers/quantization.h"
#include "api/build/layers/shape.h"
#include "api/build/layers/window.h"
#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

using tenon::ITensor;
using tenon::LayerType;

}  // namespace

tenon::IConvolutionLayer* Network::addConvolutionNd(ITensor& input, int64_t maps, tenon::Dims const& kernel,
                                                    tenon::Weights weights, tenon::Weights bias) noexcept {
  return add_layer<ConvolutionLayer>(LayerType::kCONVOLUTION, "convolution", {&input}, 1, [&](auto& layer) {
    layer.maps = maps;
    layer.window.size = kernel;
    layer.kernel = weights;
    layer.bias = bias;
  });
}

tenon::IDeconvolutionLayer* Network::addDeconvolutionNd(ITensor& input, int64_t maps, tenon::Dims kernel,
                                                        tenon::Weights weights, tenon::Weights bias) noexcept {
  return add_layer<DeconvolutionLayer>(LayerType::kDECONVOLUTION, "deconvolution", {&input}, 1, [&](auto& layer) {
    layer.maps = maps;
    layer.window.size = kernel;
    layer.kernel = weights;
    layer.bias = bias;
  });
}

tenon::IPoolingLayer* Network::addPoolingNd(ITensor& input, tenon::PoolingType type,
                                            tenon::Dims const& window) noexcept {
  return add_layer<PoolingLayer>(LayerType::kPOOLING, "pooling", {&input}, 1, [&](auto& layer) {
    layer.pooling = type;
    layer.window.size = window;
  });
}

tenon::IActivationLayer* Network::addActivation(ITensor& input, tenon::ActivationType type) noexcept {
  return add_layer<ActivationLayer>(LayerType::kACTIVATION, "activation", {&input}, 1,
                                    [&](auto& layer) { layer.function = type; });
}

tenon::ILRNLayer* Network::addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept {
  return add_layer<LrnLayer>(LayerType::kLRN, "lrn", {&input}, 1, [&](auto& layer) {
    layer.window = window;
    layer.alpha = alpha;
    layer.beta = beta;
    layer.k = k;
  });
}

tenon::IScaleLayer* Network::addScale(ITensor& input, tenon::ScaleMode mode, tenon::Weights shift, tenon::Weights scale,
                                      tenon::Weights power) noexcept {
  return addScaleNd(input, mode, shift, scale, power, 1);
}

tenon::IScaleLayer* Network::addScaleNd(ITensor& input, tenon::ScaleMode mode, tenon::Weights shift,
                                        tenon::Weights scale, tenon::Weights power, int32_t axis) noexcept {
  return add_layer<ScaleLayer>(LayerType::kSCALE, "scale", {&input}, 1, [&](auto& layer) {
    layer.mode = mode;
    layer.shift = shift;
    layer.scale = scale;
    layer.power = power;
    layer.axis = axis;
  });
}

tenon::ISoftMaxLayer* Network::addSoftMax(ITensor& input) noexcept {
  return add_layer<SoftMaxLayer>(LayerType::kSOFTMAX, "softmax", {&input}, 1, [](auto&) {});
}

tenon::IConcatenationLayer* Network::addConcatenation(ITensor* const* inputs, int32_t count) noexcept {
  return guard<tenon::IConcatenationLayer*>(logger_, nullptr, [&] {
    if (count < 1 || !inputs) throw Error(ErrorCode::InvalidArgument, "a concatenation of {} tensors", count);
    return add_layer<ConcatenationLayer>(
        LayerType::kCONCATENATION, "concatenation", {inputs, inputs + count}, 1,
        [&](auto& layer) { layer.axis = inputs[0] ? std::max(inputs[0]->getDimensions().nbDims - 3, 0) : 0; });
  });
}

tenon::IElementWiseLayer* Network::addElementWise(ITensor& a, ITensor& b, tenon::ElementWiseOperation op) noexcept {
  return add_layer<ElementWiseLayer>(LayerType::kELEMENTWISE, "elementwise", {&a, &b}, 1,
                                     [&](auto& layer) { layer.operation = op; });
}

tenon::IUnaryLayer* Network::addUnary(ITensor& input, tenon::UnaryOperation op) noexcept {
  return add_layer<UnaryLayer>(LayerType::kUNARY, "unary", {&input}, 1, [&](auto& layer) { layer.operation = op; });
}

tenon::IPaddingLayer* Network::addPaddingNd(ITensor& input, tenon::Dims const& before,
                                            tenon::Dims const& after) noexcept {
  return add_layer<PaddingLayer>(LayerType::kPADDING, "padding", {&input}, 1, [&](auto& layer) {
    layer.before = before;
    layer.after = after;
  });
}

tenon::IShuffleLayer* Network::addShuffle(ITensor& input) noexcept {
  return add_layer<ShuffleLayer>(LayerType::kSHUFFLE, "shuffle", {&input}, 1, [](auto&) {});
}

tenon::IReduceLayer* Network::addReduce(ITensor& input, tenon::ReduceOperation op, uint32_t axes, bool keep) noexcept {
  return add_layer<ReduceLayer>(LayerType::kREDUCE, "reduce", {&input}, 1, [&](auto& layer) {
    layer.operation = op;
    layer.axes = axes;
    layer.keep = keep;
  });
}

tenon::ITopKLayer* Network::addTopK(ITensor& input, tenon::TopKOperation op, int32_t k, uint32_t axes) noexcept {
  return addTopK(input, op, k, axes, tenon::DataType::kINT32);
}

tenon::ITopKLayer* Network::addTopK(ITensor& input, tenon::TopKOperation op, int32_t k, uint32_t axes,
                                    tenon::DataType indices) noexcept {
  return add_layer<TopKLayer>(LayerType::kTOPK, "topk", {&input}, 2, [&](auto& layer) {
    layer.operation = op;
    layer.k = k;
    layer.axes = axes;
    layer.indices = indices;
  });
}

tenon::IGatherLayer* Network::addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept {
  return add_layer<GatherLayer>(LayerType::kGATHER, "gather", {&data, &indices}, 1,
                                [&](auto& layer) { layer.axis = axis; });
}

tenon::IGatherLayer* Network::addGatherV2(ITensor& data, ITensor& indices, tenon::GatherMode mode) noexcept {
  return add_layer<GatherLayer>(LayerType::kGATHER, "gather", {&data, &indices}, 1,
                                [&](auto& layer) { layer.mode = mode; });
}

tenon::IMatrixMultiplyLayer* Network::addMatrixMultiply(ITensor& a, tenon::MatrixOperation op_a, ITensor& b,
                                                        tenon::MatrixOperation op_b) noexcept {
  return add_layer<MatrixMultiplyLayer>(LayerType::kMATRIX_MULTIPLY, "matrix_multiply", {&a, &b}, 1, [&](auto& layer) {
    layer.operations[0] = op_a;
    layer.operations[1] = op_b;
  });
}

tenon::IConstantLayer* Network::addConstant(tenon::Dims const& dimensions, tenon::Weights weights) noexcept {
  return add_layer<ConstantLayer>(LayerType::kCONSTANT, "constant", {}, 1, [&](auto& layer) {
    if (weights.count != to_shape(dimensions).elements()) {
      throw Error(ErrorCode::InvalidArgument, "a constant of shape {} from {} values", to_string(to_shape(dimensions)),
                  weights.count);
    }
    layer.dims = dimensions;
    layer.weights = weights;
  });
}

tenon::IIdentityLayer* Network::addIdentity(ITensor& input) noexcept {
  return add_layer<IdentityLayer>(LayerType::kIDENTITY, "identity", {&input}, 1, [](auto&) {});
}

tenon::ICastLayer* Network::addCast(ITensor& input, tenon::DataType type) noexcept {
  return add_layer<CastLayer>(LayerType::kCAST, "cast", {&input}, 1, [&](auto& layer) {
    to_data_type(type);
    layer.to = type;
  });
}

tenon::ISliceLayer* Network::addSlice(ITensor& input, tenon::Dims const& start, tenon::Dims const& size,
                                      tenon::Dims const& stride) noexcept {
  return add_layer<SliceLayer>(LayerType::kSLICE, "slice", {&input}, 1, [&](auto& layer) {
    layer.start = start;
    layer.size = size;
    layer.stride = stride;
  });
}

tenon::IShapeLayer* Network::addShape(ITensor& input) noexcept {
  return add_layer<ShapeLayer>(LayerType::kSHAPE, "shape", {&input}, 1, [](auto&) {});
}

tenon::IParametricReLULayer* Network::addParametricReLU(ITensor& input, ITensor& slope) noexcept {
  return add_layer<ParametricReLULayer>(LayerType::kPARAMETRIC_RELU, "parametric_relu", {&input, &slope}, 1,
                                        [](auto&) {});
}

tenon::IResizeLayer* Network::addResize(ITensor& input) noexcept {
  return add_layer<ResizeLayer>(LayerType::kRESIZE, "resize", {&input}, 1, [](auto&) {});
}

tenon::ISelectLayer* Network::addSelect(ITensor& condition, ITensor& a, ITensor& b) noexcept {
  return add_layer<SelectLayer>(LayerType::kSELECT, "select", {&condition, &a, &b}, 1, [](auto&) {});
}

tenon::IFillLayer* Network::addFill(tenon::Dims const& dimensions, tenon::FillOperation op,
                                    tenon::DataType type) noexcept {
  return add_layer<FillLayer>(LayerType::kFILL, "fill", {}, 1, [&](auto& layer) {
    layer.dims = dimensions;
    layer.operation = op;
    layer.to = type;
  });
}

tenon::IQuantizeLayer* Network::addQuantize(ITensor& input, ITensor& scale, tenon::DataType type) noexcept {
  return add_layer<QuantizeLayer>(LayerType::kQUANTIZE, "quantize", {&input, &scale}, 1,
                                  [&](auto& layer) { layer.to = type; });
}

tenon::IDequantizeLayer* Network::addDequantize(ITensor& input, ITensor& scale, tenon::DataType type) noexcept {
  return add_layer<DequantizeLayer>(LayerType::kDEQUANTIZE, "dequantize", {&input, &scale}, 1,
                                    [&](auto& layer) { layer.to = type; });
}

tenon::IDynamicQuantizeLayer* Network::addDynamicQuantize(ITensor& input, int32_t axis, int32_t block,
                                                          tenon::DataType type, tenon::DataType scales) noexcept {
  return add_layer<DynamicQuantizeLayer>(LayerType::kDYNAMIC_QUANTIZE, "dynamic_quantize", {&input}, 2,
                                         [&](auto& layer) {
                                           layer.axis = axis;
                                           layer.block_size = block;
                                           layer.to = type;
                                           layer.scale_type = scales;
                                         });
}

tenon::IDynamicQuantizeLayer* Network::addDynamicQuantizeV2(ITensor& input, tenon::Dims const& block,
                                                            tenon::DataType type, tenon::DataType scales) noexcept {
  return add_layer<DynamicQuantizeLayer>(LayerType::kDYNAMIC_QUANTIZE, "dynamic_quantize", {&input}, 2,
                                         [&](auto& layer) {
                                           layer.block_shape = block;
                                           layer.to = type;
                                           layer.scale_type = scales;
                                         });
}

tenon::INormalizationLayer* Network::addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                                      uint32_t axes) noexcept {
  return add_layer<NormalizationLayer>(LayerType::kNORMALIZATION, "normalization", {&input, &scale, &bias}, 1,
                                       [&](auto& layer) { layer.axes = axes; });
}

tenon::INormalizationLayer* Network::addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                                        uint32_t axes) noexcept {
  return add_layer<NormalizationLayer>(LayerType::kNORMALIZATION, "normalization", {&input, &scale, &bias}, 1,
                                       [&](auto& layer) {
                                         layer.axes = axes;
                                         layer.v2 = true;
                                       });
}

tenon::ISqueezeLayer* Network::addSqueeze(ITensor& input, ITensor& axes) noexcept {
  return add_layer<SqueezeLayer>(LayerType::kSQUEEZE, "squeeze", {&input, &axes}, 1, [](auto&) {});
}

tenon::IUnsqueezeLayer* Network::addUnsqueeze(ITensor& input, ITensor& axes) noexcept {
  return add_layer<UnsqueezeLayer>(LayerType::kUNSQUEEZE, "unsqueeze", {&input, &axes}, 1, [](auto&) {});
}

tenon::IScatterLayer* Network::addScatter(ITensor& data, ITensor& indices, ITensor& updates,
                                          tenon::ScatterMode mode) noexcept {
  return add_layer<ScatterLayer>(LayerType::kSCATTER, "scatter", {&data, &indices, &updates}, 1,
                                 [&](auto& layer) { layer.mode = mode; });
}

tenon::IOneHotLayer* Network::addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept {
  return add_layer<OneHotLayer>(LayerType::kONE_HOT, "one_hot", {&indices, &values, &depth}, 1,
                                [&](auto& layer) { layer.axis = axis; });
}

tenon::INonZeroLayer* Network::addNonZero(ITensor& input) noexcept {
  return addNonZero(input, tenon::DataType::kINT32);
}

tenon::INonZeroLayer* Network::addNonZero(ITensor& input, tenon::DataType indices) noexcept {
  return add_layer<NonZeroLayer>(LayerType::kNON_ZERO, "non_zero", {&input}, 1,
                                 [&](auto& layer) { layer.indices = indices; });
}

tenon::INMSLayer* Network::addNMS(ITensor& boxes, ITensor& scores, ITensor& most) noexcept {
  return addNMS(boxes, scores, most, tenon::DataType::kINT32);
}

tenon::INMSLayer* Network::addNMS(ITensor& boxes, ITensor& scores, ITensor& most, tenon::DataType indices) noexcept {
  return add_layer<NmsLayer>(LayerType::kNMS, "nms", {&boxes, &scores, &most}, 2,
                             [&](auto& layer) { layer.indices = indices; });
}

tenon::IGridSampleLayer* Network::addGridSample(ITensor& input, ITensor& grid) noexcept {
  return add_layer<GridSampleLayer>(LayerType::kGRID_SAMPLE, "grid_sample", {&input, &grid}, 1, [](auto&) {});
}

tenon::IReverseSequenceLayer* Network::addReverseSequence(ITensor& input, ITensor& lengths) noexcept {
  return add_layer<ReverseSequenceLayer>(LayerType::kREVERSE_SEQUENCE, "reverse_sequence", {&input, &lengths}, 1,
                                         [](auto&) {});
}

tenon::IEinsumLayer* Network::addEinsum(ITensor* const* inputs, int32_t count, char const* equation) noexcept {
  return guard<tenon::IEinsumLayer*>(logger_, nullptr, [&] {
    if (count < 1 || !inputs || !equation) throw Error(ErrorCode::InvalidArgument, "an einsum of {} tensors", count);
    return add_layer<EinsumLayer>(LayerType::kEINSUM, "einsum", {inputs, inputs + count}, 1,
                                  [&](auto& layer) { layer.equation = equation; });
  });
}

tenon::ICumulativeLayer* Network::addCumulative(ITensor& input, ITensor& axis, tenon::CumulativeOperation op,
                                                bool exclusive, bool reverse) noexcept {
  return add_layer<CumulativeLayer>(LayerType::kCUMULATIVE, "cumulative", {&input, &axis}, 1, [&](auto& layer) {
    if (op != tenon::CumulativeOperation::kSUM)
      throw Error(ErrorCode::InvalidArgument, "an unknown cumulative operation");
    layer.exclusive = exclusive;
    layer.reverse = reverse;
  });
}

}  // namespace tn::api
