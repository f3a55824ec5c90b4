// SPDX-License-Identifier: Apache-2.0
#include "session.h"

namespace tenon::test {
namespace {

TEST(IndexLayers, GatherTakesWholeSlices) {
  Session s;
  expect(s, s.network->addGather(s.input({2, 3}), s.integers({2}, {2, 0}), 1), {2, 2}, {2, 0, 5, 3});
}

TEST(IndexLayers, GatherInBatchesAtTheSharedAxis) {
  Session s;
  IGatherLayer* layer = s.network->addGather(s.input({2, 3}), s.integers({2, 2}, {2, 0, 1, 1}), 1);
  layer->setNbElementWiseDims(1);
  expect(s, layer, {2, 2}, {2, 0, 4, 4});
}

TEST(IndexLayers, GatherInBatchesBehindAnAxisThatStays) {
  Session s;
  IGatherLayer* layer = s.network->addGather(s.input({2, 2, 3}), s.integers({2, 1}, {2, 0}), 2);
  layer->setNbElementWiseDims(1);
  expect(s, layer, {2, 2, 1}, {2, 5, 6, 9});
}

TEST(IndexLayers, GatherOfElementsAndOfPoints) {
  Session elements;
  IGatherLayer* layer =
      elements.network->addGatherV2(elements.input({2, 2}), elements.integers({1, 2}, {1, 0}), GatherMode::kELEMENT);
  layer->setGatherAxis(0);
  expect(elements, layer, {1, 2}, {2, 1});
  Session points;
  expect(points,
         points.network->addGatherV2(points.input({2, 3}), points.integers({2, 2}, {0, 2, 1, 1}), GatherMode::kND), {2},
         {2, 4});
}

TEST(IndexLayers, TopKGivesValuesAndIndices) {
  Session s;
  ITopKLayer* layer = s.network->addTopK(s.input({1, 4}, {3, 9, 1, 7}), TopKOperation::kMAX, 2, 1U << 1);
  expect(s, layer, {1, 2}, {9, 7});
  EXPECT_EQ(s.values(1), (std::vector<double>{1, 3}));
}

TEST(IndexLayers, ScatterReplacesElementsAndPoints) {
  Session elements;
  IScatterLayer* layer = elements.network->addScatter(elements.input({1, 4}), elements.integers({1, 2}, {3, 1}),
                                                      elements.constant({1, 2}, {-1, -2}), ScatterMode::kELEMENT);
  layer->setAxis(1);
  expect(elements, layer, {1, 4}, {0, -2, 2, -1});
  Session points;
  expect(points,
         points.network->addScatter(points.input({3, 2}), points.integers({1, 1}, {1}), points.constant({1, 2}, {8, 9}),
                                    ScatterMode::kND),
         {3, 2}, {0, 1, 8, 9, 4, 5});
}

TEST(IndexLayers, OneHotPutsItsAxisWhereAsked) {
  Session s;
  expect(s, s.network->addOneHot(s.integers({2}, {2, 0}), s.constant({2}, {-1, 5}), s.integers({}, {3}), 0), {3, 2},
         {-1, 5, -1, -1, 5, -1});
}

TEST(IndexLayers, NonZeroCountsAtRunTime) {
  Session s;
  expect(s, s.network->addNonZero(s.input({2, 3}, {0, 4, 0, 1, 0, 2})), {2, 3}, {0, 1, 1, 1, 0, 2});
}

TEST(IndexLayers, NmsKeepsTheBestOfOverlappingBoxes) {
  Session s;
  ITensor& boxes = s.input({1, 3, 4}, {0, 0, 1, 1, 0, 0, 1, 0.9F, 0, 2, 1, 3});
  ITensor& scores = s.input({1, 3, 1}, {0.5F, 0.9F, 0.4F});
  INMSLayer* layer = s.network->addNMS(boxes, scores, s.integers({}, {3}));
  layer->setInput(3, s.constant({}, {0.5F}));
  expect(s, layer, {2, 3}, {0, 0, 1, 0, 0, 2});
  EXPECT_EQ(s.values(1), std::vector<double>{2});
}

TEST(IndexLayers, NmsRefusesALimitItCannotKeep) {
  Session s;
  INMSLayer* layer = s.network->addNMS(s.input({1, 3, 4}), s.input({1, 3, 1}), s.integers({}, {3}));
  layer->setTopKBoxLimit(2);
  EXPECT_FALSE(s.run(layer));
  EXPECT_NE(s.log.text.find("nms_"), std::string::npos) << s.log.text;
}

TEST(IndexLayers, GridSampleReadsBetweenPixels) {
  Session s;
  IGridSampleLayer* layer =
      s.network->addGridSample(s.input({1, 1, 2, 2}), s.constant({1, 1, 3, 2}, {0, 0, -1, -1, 5, 5}));
  layer->setAlignCorners(true);
  ASSERT_TRUE(layer->setSampleMode(SampleMode::kCLAMP));
  EXPECT_FALSE(layer->setSampleMode(SampleMode::kWRAP));
  expect(s, layer, {1, 1, 1, 3}, {1.5, 0, 3});
}

TEST(IndexLayers, ReverseSequenceLeavesTheTail) {
  Session s;
  IReverseSequenceLayer* layer = s.network->addReverseSequence(s.input({2, 3}), s.integers({2}, {2, 3}));
  layer->setBatchAxis(0);
  layer->setSequenceAxis(1);
  expect(s, layer, {2, 3}, {1, 0, 2, 5, 4, 3});
}

}  // namespace
}  // namespace tenon::test
