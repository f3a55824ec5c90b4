// SPDX-License-Identifier: Apache-2.0
// Our declarations against NVIDIA's, where those are installed.
#include "backends/cuda/device/libraries/cudnn_types.h"

#include <gtest/gtest.h>

#if __has_include(<cudnn_graph.h>)
#include <cudnn_graph.h>

namespace tn::cuda::cudnn {
namespace {

template <typename Ours, typename Theirs>
void expect_same(Ours ours, Theirs theirs) {
  EXPECT_EQ(static_cast<int>(ours), static_cast<int>(theirs));
}

TEST(CudnnTypes, KindsAndTypesAreThoseOfTheHeader) {
  expect_same(Kind::Pointwise, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  expect_same(Kind::Convolution, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  expect_same(Kind::Engine, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  expect_same(Kind::EngineConfig, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  expect_same(Kind::Heuristics, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  expect_same(Kind::Plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  expect_same(Kind::KnobChoice, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
  expect_same(Kind::ConvolutionForward, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  expect_same(Kind::PointwiseOperation, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  expect_same(Kind::Graph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  expect_same(Kind::VariantPack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  expect_same(Kind::Tensor, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  expect_same(Type::Handle, CUDNN_TYPE_HANDLE);
  expect_same(Type::ElementType, CUDNN_TYPE_DATA_TYPE);
  expect_same(Type::Boolean, CUDNN_TYPE_BOOLEAN);
  expect_same(Type::Int64, CUDNN_TYPE_INT64);
  expect_same(Type::Float, CUDNN_TYPE_FLOAT);
  expect_same(Type::Pointer, CUDNN_TYPE_VOID_PTR);
  expect_same(Type::ConvolutionMode, CUDNN_TYPE_CONVOLUTION_MODE);
  expect_same(Type::HeuristicsMode, CUDNN_TYPE_HEUR_MODE);
  expect_same(Type::KnobType, CUDNN_TYPE_KNOB_TYPE);
  expect_same(Type::PointwiseMode, CUDNN_TYPE_POINTWISE_MODE);
  expect_same(Type::Descriptor, CUDNN_TYPE_BACKEND_DESCRIPTOR);
}

TEST(CudnnTypes, AttributesAreThoseOfTheHeader) {
  expect_same(Attribute::PointwiseMode, CUDNN_ATTR_POINTWISE_MODE);
  expect_same(Attribute::PointwisePrecision, CUDNN_ATTR_POINTWISE_MATH_PREC);
  expect_same(Attribute::ConvolutionType, CUDNN_ATTR_CONVOLUTION_COMP_TYPE);
  expect_same(Attribute::ConvolutionMode, CUDNN_ATTR_CONVOLUTION_CONV_MODE);
  expect_same(Attribute::ConvolutionDilations, CUDNN_ATTR_CONVOLUTION_DILATIONS);
  expect_same(Attribute::ConvolutionStrides, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  expect_same(Attribute::ConvolutionPadsAfter, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
  expect_same(Attribute::ConvolutionPadsBefore, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
  expect_same(Attribute::ConvolutionAxes, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
  expect_same(Attribute::HeuristicsMode, CUDNN_ATTR_ENGINEHEUR_MODE);
  expect_same(Attribute::HeuristicsGraph, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  expect_same(Attribute::HeuristicsResults, CUDNN_ATTR_ENGINEHEUR_RESULTS);
  expect_same(Attribute::ConfigEngine, CUDNN_ATTR_ENGINECFG_ENGINE);
  expect_same(Attribute::ConfigKnobs, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES);
  expect_same(Attribute::PlanConfig, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  expect_same(Attribute::PlanWorkspace, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  expect_same(Attribute::KnobType, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE);
  expect_same(Attribute::KnobValue, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE);
  expect_same(Attribute::ForwardAlpha, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA);
  expect_same(Attribute::ForwardBeta, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA);
  expect_same(Attribute::ForwardConvolution, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
  expect_same(Attribute::ForwardW, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W);
  expect_same(Attribute::ForwardX, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X);
  expect_same(Attribute::ForwardY, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
  expect_same(Attribute::PointwiseDescriptor, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  expect_same(Attribute::PointwiseX, CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
  expect_same(Attribute::PointwiseB, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  expect_same(Attribute::PointwiseY, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  expect_same(Attribute::GraphOperations, CUDNN_ATTR_OPERATIONGRAPH_OPS);
  expect_same(Attribute::TensorAlignment, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
  expect_same(Attribute::TensorType, CUDNN_ATTR_TENSOR_DATA_TYPE);
  expect_same(Attribute::TensorDims, CUDNN_ATTR_TENSOR_DIMENSIONS);
  expect_same(Attribute::TensorStrides, CUDNN_ATTR_TENSOR_STRIDES);
  expect_same(Attribute::TensorId, CUDNN_ATTR_TENSOR_UNIQUE_ID);
  expect_same(Attribute::TensorIsVirtual, CUDNN_ATTR_TENSOR_IS_VIRTUAL);
  expect_same(Attribute::PackIds, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  expect_same(Attribute::PackPointers, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  expect_same(Attribute::PackWorkspace, CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  expect_same(Attribute::EngineGraph, CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
  expect_same(Attribute::EngineIndex, CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
}

TEST(CudnnTypes, ModesAreThoseOfTheHeader) {
  expect_same(ElementType::F32, CUDNN_DATA_FLOAT);
  expect_same(ElementType::F16, CUDNN_DATA_HALF);
  expect_same(ElementType::BF16, CUDNN_DATA_BFLOAT16);
  expect_same(HeuristicsMode::A, CUDNN_HEUR_MODE_A);
  expect_same(ConvolutionMode::CrossCorrelation, CUDNN_CROSS_CORRELATION);
  expect_same(PointwiseMode::Add, CUDNN_POINTWISE_ADD);
  expect_same(PointwiseMode::Relu, CUDNN_POINTWISE_RELU_FWD);
  expect_same(PointwiseMode::GeluTanh, CUDNN_POINTWISE_GELU_APPROX_TANH_FWD);
}

}  // namespace
}  // namespace tn::cuda::cudnn

#endif
