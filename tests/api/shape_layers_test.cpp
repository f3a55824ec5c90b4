// SPDX-License-Identifier: Apache-2.0
#include "session.h"

namespace tenon::test {
namespace {

TEST(ShapeLayers, ShuffleTransposesReshapesAndTransposes) {
  Session s;
  IShuffleLayer* layer = s.network->addShuffle(s.input({2, 3}));
  layer->setFirstTranspose({{1, 0}});
  layer->setReshapeDimensions(Dims2{2, -1});
  layer->setSecondTranspose({{1, 0}});
  expect(s, layer, {3, 2}, {0, 4, 3, 2, 1, 5});
}

TEST(ShapeLayers, ConcatenationAlongItsAxis) {
  Session s;
  ITensor* parts[] = {&s.input({2, 1}), &s.input({2, 2}, {7, 8, 9, 10})};
  IConcatenationLayer* layer = s.network->addConcatenation(parts, 2);
  layer->setAxis(1);
  expect(s, layer, {2, 3}, {0, 7, 8, 1, 9, 10});
}

TEST(ShapeLayers, PaddingWidensAndCrops) {
  Session s;
  expect(s, s.network->addPaddingNd(s.input({1, 1, 2, 2}), DimsHW{1, -1}, DimsHW{0, 1}), {1, 1, 3, 2},
         {0, 0, 1, 0, 3, 0});
}

TEST(ShapeLayers, SliceWithinBounds) {
  Session s;
  expect(s, s.network->addSlice(s.input({2, 4}), Dims2{1, 3}, Dims2{1, 2}, Dims2{1, -2}), {1, 2}, {7, 5});
}

TEST(ShapeLayers, SliceOfStrideZeroRepeats) {
  Session s;
  expect(s, s.network->addSlice(s.input({2, 3}), Dims2{0, 1}, Dims2{2, 3}, Dims2{1, 0}), {2, 3}, {1, 1, 1, 4, 4, 4});
}

TEST(ShapeLayers, SliceBoundsMayBeInputs) {
  Session s;
  ISliceLayer* layer = s.network->addSlice(s.input({2, 4}), Dims2{0, 0}, Dims2{2, 2}, Dims2{1, 1});
  layer->setInput(1, s.integers({2}, {0, 2}));
  expect(s, layer, {2, 2}, {2, 3, 6, 7});
}

struct Outside {
  SampleMode mode;
  std::vector<double> values;
};

class SliceOutside : public testing::TestWithParam<Outside> {};

TEST_P(SliceOutside, ReadsWhatItsModeSays) {
  Session s;
  Dims start = dims_of({-2}), size = dims_of({7}), stride = dims_of({1});
  ISliceLayer* layer = s.network->addSlice(s.input({3}, {5, 6, 7}), start, size, stride);
  layer->setMode(GetParam().mode);
  if (GetParam().mode == SampleMode::kFILL) layer->setInput(4, s.constant({}, {9}));
  expect(s, layer, {7}, GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(Modes, SliceOutside,
                         testing::Values(Outside{SampleMode::kFILL, {9, 9, 5, 6, 7, 9, 9}},
                                         Outside{SampleMode::kCLAMP, {5, 5, 5, 6, 7, 7, 7}},
                                         Outside{SampleMode::kWRAP, {6, 7, 5, 6, 7, 5, 6}},
                                         Outside{SampleMode::kREFLECT, {7, 6, 5, 6, 7, 6, 5}}));

TEST(ShapeLayers, FillCountsAlongEveryAxis) {
  Session line;
  IFillLayer* layer = line.network->addFill(dims_of({4}), FillOperation::kLINSPACE, DataType::kFLOAT);
  layer->setAlpha(1);
  layer->setBeta(0.5);
  expect(line, layer, {4}, {1, 1.5, 2, 2.5});
  Session plane;
  IFillLayer* two = plane.network->addFill(Dims2{2, 3}, FillOperation::kLINSPACE, DataType::kFLOAT);
  two->setInput(1, plane.constant({}, {5}));
  two->setInput(2, plane.constant({2}, {10, 1}));
  expect(plane, two, {2, 3}, {5, 6, 7, 15, 16, 17});
}

TEST(ShapeLayers, FillOfAShapeThatIsAnInput) {
  Session s;
  IFillLayer* layer = s.network->addFill(dims_of({1}), FillOperation::kLINSPACE, DataType::kINT32);
  IShapeLayer* shape = s.network->addShape(s.input({3}));
  layer->setInput(0, *shape->getOutput(0));
  expect(s, layer, {3}, {0, 1, 2});
}

TEST(ShapeLayers, ResizeByScales) {
  Session s;
  IResizeLayer* layer = s.network->addResize(s.input({1, 1, 1, 2}));
  const float scales[] = {1, 1, 1, 2};
  layer->setScales(scales, 4);
  expect(s, layer, {1, 1, 1, 4}, {0, 0, 1, 1});
}

TEST(ShapeLayers, SqueezeAndUnsqueeze) {
  Session s;
  IUnsqueezeLayer* wide = s.network->addUnsqueeze(s.input({2}), s.integers({2}, {0, 2}));
  ISqueezeLayer* layer = s.network->addSqueeze(*wide->getOutput(0), s.integers({1}, {0}));
  expect(s, layer, {2, 1}, {0, 1});
}

}  // namespace
}  // namespace tenon::test
