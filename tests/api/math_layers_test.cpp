// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "session.h"

namespace tenon::test {
namespace {

TEST(WindowLayers, ConvolutionWithBiasAndPadding) {
  Session s;
  IConvolutionLayer* layer =
      s.network->addConvolutionNd(s.input({1, 1, 3, 3}), 1, DimsHW{2, 2}, s.weights({1, 0, 0, 1}), s.weights({10}));
  layer->setPaddingNd(DimsHW{1, 1});
  layer->setStrideNd(DimsHW{2, 2});
  expect(s, layer, {1, 1, 2, 2}, {10, 12, 16, 22});
}

TEST(WindowLayers, ConvolutionRoundsItsExtentsUp) {
  Session s;
  IConvolutionLayer* layer =
      s.network->addConvolutionNd(s.input({1, 1, 1, 4}), 1, DimsHW{1, 3}, s.weights({1, 1, 1}), Weights{});
  layer->setStrideNd(DimsHW{1, 2});
  layer->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
  expect(s, layer, {1, 1, 1, 2}, {3, 5});
}

TEST(WindowLayers, DeconvolutionSpreads) {
  Session s;
  IDeconvolutionLayer* layer =
      s.network->addDeconvolutionNd(s.input({1, 1, 1, 2}, {1, 2}), 1, DimsHW{1, 2}, s.weights({3, 4}), Weights{});
  layer->setStrideNd(DimsHW{1, 2});
  expect(s, layer, {1, 1, 1, 4}, {3, 4, 6, 8});
}

TEST(WindowLayers, PoolingOfEachKind) {
  const auto pooled = [](PoolingType type, double value) {
    Session s;
    IPoolingLayer* layer = s.network->addPoolingNd(s.input({1, 1, 2, 2}), type, DimsHW{2, 2});
    layer->setBlendFactor(0.5F);
    expect(s, layer, {1, 1, 1, 1}, {value});
  };
  pooled(PoolingType::kMAX, 3);
  pooled(PoolingType::kAVERAGE, 1.5);
  pooled(PoolingType::kMAX_AVERAGE_BLEND, 2.25);
}

TEST(MathLayers, Activations) {
  const auto activated = [](ActivationType type, float alpha, float beta, std::vector<double> values) {
    Session s;
    IActivationLayer* layer = s.network->addActivation(s.input({3}, {-2, 0, 2}), type);
    layer->setAlpha(alpha);
    layer->setBeta(beta);
    expect(s, layer, {3}, values);
  };
  activated(ActivationType::kRELU, 0, 0, {0, 0, 2});
  activated(ActivationType::kLEAKY_RELU, 0.5F, 0, {-1, 0, 2});
  activated(ActivationType::kCLIP, -1, 1, {-1, 0, 1});
  activated(ActivationType::kSELU, 2, 3, {3 * (2 * std::exp(-2.0) - 2), 0, 6});
  activated(ActivationType::kSOFTPLUS, 2, 1,
            {2 * std::log1p(std::exp(-2.0)), 2 * std::log(2.0), 2 * std::log1p(std::exp(2.0))});
  activated(ActivationType::kSCALED_TANH, 2, 0.5F, {-2 * std::tanh(1.0), 0, 2 * std::tanh(1.0)});
  activated(ActivationType::kTHRESHOLDED_RELU, 1, 0, {0, 0, 2});
  activated(ActivationType::kHARD_SIGMOID, 0.25F, 0.5F, {0, 0.5, 1});
}

TEST(MathLayers, ScalePerChannelWithPower) {
  Session s;
  IScaleLayer* layer = s.network->addScale(s.input({1, 2, 1, 1}, {2, 3}), ScaleMode::kCHANNEL, s.weights({1, 0}),
                                           s.weights({2, 1}), s.weights({2, 2}));
  expect(s, layer, {1, 2, 1, 1}, {25, 9});
}

TEST(MathLayers, ElementWiseOfIntegersAndFloats) {
  Session floor;
  expect(floor,
         floor.network->addElementWise(floor.integers({3}, {7, -7, 6}), floor.integers({1}, {3}),
                                       ElementWiseOperation::kFLOOR_DIV),
         {3}, {2, -3, 2});
  Session power;
  expect(power,
         power.network->addElementWise(power.input({2, 2}), power.constant({1, 1}, {2}), ElementWiseOperation::kPOW),
         {2, 2}, {0, 1, 4, 9});
}

TEST(MathLayers, UnaryAndReduce) {
  Session s;
  IUnaryLayer* negative = s.network->addUnary(s.input({2, 3}), UnaryOperation::kNEG);
  expect(s, s.network->addReduce(*negative->getOutput(0), ReduceOperation::kSUM, 1U << 1, true), {2, 1}, {-3, -12});
}

TEST(MathLayers, SoftMaxAlongItsAxis) {
  Session s;
  ISoftMaxLayer* layer = s.network->addSoftMax(s.input({2, 2}, {0, 0, 0, 0}));
  layer->setAxes(1U << 1);
  expect(s, layer, {2, 2}, {0.5, 0.5, 0.5, 0.5});
}

TEST(MathLayers, MatrixMultiplyOfEachOperandForm) {
  Session s;
  expect(s,
         s.network->addMatrixMultiply(s.input({2, 3}), MatrixOperation::kNONE, s.input({2, 3}, {1, 0, 0, 0, 0, 1}),
                                      MatrixOperation::kTRANSPOSE),
         {2, 2}, {0, 2, 3, 5});
  Session vector;
  expect(vector,
         vector.network->addMatrixMultiply(vector.input({2, 3}), MatrixOperation::kNONE,
                                           vector.constant({3}, {1, 1, 1}), MatrixOperation::kVECTOR),
         {2}, {3, 12});
}

TEST(MathLayers, EinsumAndCumulative) {
  Session einsum;
  ITensor* operands[] = {&einsum.input({2, 2}), &einsum.constant({2, 2}, {1, 2, 3, 4})};
  expect(einsum, einsum.network->addEinsum(operands, 2, "ij,kj->ik"), {2, 2}, {2, 4, 8, 18});
  Session sums;
  expect(sums,
         sums.network->addCumulative(sums.input({3}, {1, 2, 3}), sums.integers({}, {0}), CumulativeOperation::kSUM,
                                     true, true),
         {3}, {5, 3, 0});
}

TEST(MathLayers, NormalizationOverAxesThatAreNotTheLast) {
  Session s;
  INormalizationLayer* layer = s.network->addNormalizationV2(s.input({2, 2}, {0, 5, 2, 9}), s.constant({2}, {1, 3}),
                                                             s.constant({2}, {0, 1}), 1U << 0);
  expect(s, layer, {2, 2}, {-1, -1, 4, 4}, 1e-4);
}

TEST(MathLayers, SelectCastAndPRelu) {
  Session select;
  ITensor* condition = select.network->addCast(select.input({3}, {1, 0, 1}), DataType::kBOOL)->getOutput(0);
  expect(select, select.network->addSelect(*condition, select.constant({1}, {8}), select.constant({3}, {1, 2, 3})), {3},
         {8, 2, 8});
  Session slope;
  expect(slope, slope.network->addParametricReLU(slope.input({2}, {-4, 4}), slope.constant({1}, {0.25F})), {2},
         {-1, 4});
}

TEST(MathLayers, QuantizeAndBack) {
  Session s;
  ITensor& scale = s.constant({}, {0.5F});
  IQuantizeLayer* quantize = s.network->addQuantize(s.input({3}, {0.2F, 0.3F, 1000}), scale, DataType::kINT8);
  expect(s, s.network->addDequantize(*quantize->getOutput(0), scale, DataType::kFLOAT), {3}, {0, 0.5, 63.5});
}

TEST(MathLayers, BlocksHaveScales) {
  Session s;
  ITensor& scale = s.constant({2, 2}, {1, 2, 4, 0.5F});
  IQuantizeLayer* quantize =
      s.network->addQuantize(s.input({2, 4}, {1, 2, 3, 5, 9, 400, 0.6F, -80}), scale, DataType::kINT8);
  expect(s, s.network->addDequantize(*quantize->getOutput(0), scale, DataType::kFLOAT), {2, 4},
         {1, 2, 4, 4, 8, 400, 0.5, -64});
}

// Two blocks of four along the last axis, the second of zeros.
TEST(MathLayers, BlocksAreQuantizedByTheirMagnitudes) {
  const struct {
    DataType to, scales;
    std::vector<double> values, steps;
  } cases[] = {
      {DataType::kINT8, DataType::kFLOAT, {127, -32, 0, 64, 0, 0, 0, 0}, {0.5, 0}},
      {DataType::kFP8, DataType::kE8M0, {256, -64, 0, 128, 0, 0, 0, 0}, {0.25, 5.8774717541114375e-39}},
      {DataType::kFP4, DataType::kFP8, {6, -1.5, 0, 3, 0, 0, 0, 0}, {11, 0}},
  };
  for (const auto& each : cases) {
    Session s;
    IDynamicQuantizeLayer* layer =
        s.network->addDynamicQuantize(s.input({1, 8}, {63.5F, -16, 0, 32, 0, 0, 0, 0}), -1, 4, each.to, each.scales);
    ITensor& values = *s.network->addCast(*layer->getOutput(0), DataType::kFLOAT)->getOutput(0);
    ITensor& steps = *s.network->addCast(*layer->getOutput(1), DataType::kFLOAT)->getOutput(0);
    ITensor* const both[] = {&values, &steps};
    std::vector<double> expected = each.values;
    expected.insert(expected.end(), each.steps.begin(), each.steps.end());
    IConcatenationLayer* concat = s.network->addConcatenation(both, 2);
    concat->setAxis(1);
    expect(s, concat, {1, 10}, expected);
  }
}

TEST(MathLayers, BlocksOfSeveralAxesAndASecondScale) {
  Session s;
  IDynamicQuantizeLayer* layer = s.network->addDynamicQuantizeV2(s.input({2, 4}, {1, 2, 3, 4, 5, 6, 7, 508}),
                                                                 dims_of({2, -1}), DataType::kINT8, DataType::kFP8);
  layer->setInput(1, s.constant({}, {0.5F}));
  expect(s, s.network->addCast(*layer->getOutput(1), DataType::kFLOAT), {1, 1}, {8});
  Session uneven;
  EXPECT_FALSE(
      uneven.run(uneven.network->addDynamicQuantize(uneven.input({2, 6}), 1, 4, DataType::kFP8, DataType::kFLOAT)));
  EXPECT_NE(uneven.log.text.find("blocks of 4 do not divide axis 1 of f32[2,6]"), std::string::npos) << uneven.log.text;
}

}  // namespace
}  // namespace tenon::test
