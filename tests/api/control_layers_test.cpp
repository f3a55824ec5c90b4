// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "session.h"

namespace tenon::test {
namespace {

ITensor& twice(Session& s, ITensor& x) {
  return *s.network->addElementWise(x, x, ElementWiseOperation::kSUM)->getOutput(0);
}
ITensor& sum(Session& s, ITensor& a, ITensor& b) {
  return *s.network->addElementWise(a, b, ElementWiseOperation::kSUM)->getOutput(0);
}
ITensor& less(Session& s, ITensor& a, ITensor& b) {
  return *s.network->addElementWise(a, b, ElementWiseOperation::kLESS)->getOutput(0);
}

TEST(ConditionalLayers, TheBranchTakenGivesTheOutput) {
  for (const bool taken : {true, false}) {
    Session s;
    ITensor& x = s.input({2}, {3, 4});
    IIfConditional* conditional = s.network->addIfConditional();
    conditional->setCondition(less(s, s.input({}, {taken ? -1.0F : 1.0F}), s.constant({}, {0})));
    ITensor& inside = *conditional->addInput(x)->getOutput(0);
    ITensor& yes = twice(s, inside);
    ITensor& no = *s.network->addUnary(inside, UnaryOperation::kNEG)->getOutput(0);
    ILayer* output = conditional->addOutput(yes, no);
    expect(s, output, {2}, taken ? std::vector<double>{6, 8} : std::vector<double>{-3, -4});
  }
}

TEST(ConditionalLayers, SeveralOutputsOfOtherExtentsAndWhatComesFromOutside) {
  for (const bool taken : {true, false}) {
    Session s;
    ITensor& x = s.input({2}, {3, 4});
    ITensor& outside = twice(s, s.input({2}, {10, 20}));
    IIfConditional* conditional = s.network->addIfConditional();
    conditional->setCondition(less(s, s.input({}, {taken ? -1.0F : 1.0F}), s.constant({}, {0})));
    ITensor& inside = *conditional->addInput(x)->getOutput(0);
    ITensor* const both[] = {&inside, &outside};
    IConcatenationLayer* joined = s.network->addConcatenation(both, 2);
    joined->setAxis(0);
    ITensor& first = *conditional->addOutput(*joined->getOutput(0), inside)->getOutput(0);
    ITensor& second = *conditional->addOutput(sum(s, inside, outside), outside)->getOutput(0);
    ITensor* const all[] = {&first, &second};
    IConcatenationLayer* result = s.network->addConcatenation(all, 2);
    result->setAxis(0);
    if (taken)
      expect(s, result, {6}, {3, 4, 20, 40, 23, 44});
    else
      expect(s, result, {4}, {3, 4, 20, 40});
  }
}

TEST(ConditionalLayers, WithoutAConditionTheBuildFails) {
  Session s;
  IIfConditional* conditional = s.network->addIfConditional();
  ITensor& inside = *conditional->addInput(s.input({2}))->getOutput(0);
  EXPECT_FALSE(s.run(conditional->addOutput(inside, inside)));
  EXPECT_NE(s.log.text.find("setCondition"), std::string::npos) << s.log.text;
}

TEST(LoopLayers, LastValueAndStacks) {
  for (const LoopOutput kind : {LoopOutput::kLAST_VALUE, LoopOutput::kCONCATENATE, LoopOutput::kREVERSE}) {
    Session s;
    ILoop* loop = s.network->addLoop();
    loop->addTripLimit(s.integers({}, {3}), TripLimit::kCOUNT);
    IRecurrenceLayer* value = loop->addRecurrence(s.input({2}, {1, 10}));
    ITensor& next = twice(s, *value->getOutput(0));
    value->setInput(1, next);
    if (kind == LoopOutput::kLAST_VALUE)
      expect(s, loop->addLoopOutput(*value->getOutput(0), kind), {2}, {8, 80});
    else if (kind == LoopOutput::kCONCATENATE)
      expect(s, loop->addLoopOutput(next, kind), {3, 2}, {2, 20, 4, 40, 8, 80});
    else
      expect(s, loop->addLoopOutput(next, kind, 1), {2, 3}, {8, 4, 2, 80, 40, 20});
  }
}

TEST(LoopLayers, AnIterationBeginsWhileTheConditionHolds) {
  for (const float start : {1.0F, 100.0F}) {
    Session s;
    ILoop* loop = s.network->addLoop();
    IRecurrenceLayer* value = loop->addRecurrence(s.input({}, {start}));
    ITensor& limit = s.constant({}, {10});
    loop->addTripLimit(less(s, *value->getOutput(0), limit), TripLimit::kWHILE);
    value->setInput(1, twice(s, *value->getOutput(0)));
    expect(s, loop->addLoopOutput(*value->getOutput(0), LoopOutput::kLAST_VALUE), {},
           {start < 10 ? 16.0 : static_cast<double>(start)});
  }
}

TEST(LoopLayers, IteratorsGiveSlices) {
  for (const bool reverse : {false, true}) {
    Session s;
    ITensor& x = s.input({2, 3});  // 0 1 2 / 3 4 5
    ILoop* loop = s.network->addLoop();
    loop->addTripLimit(s.integers({}, {3}), TripLimit::kCOUNT);
    ITensor& column = *loop->addIterator(x, 1, reverse)->getOutput(0);
    IRecurrenceLayer* value = loop->addRecurrence(s.constant({2}, {100, 200}));
    ITensor& next = sum(s, *value->getOutput(0), column);
    value->setInput(1, next);
    const std::vector<double> forwards = {100, 203, 101, 207, 103, 212}, backwards = {102, 205, 103, 209, 103, 212};
    expect(s, loop->addLoopOutput(next, LoopOutput::kCONCATENATE), {3, 2}, reverse ? backwards : forwards);
  }
}

TEST(LoopLayers, LoopsInsideLoops) {
  Session s;
  ILoop* outer = s.network->addLoop();
  outer->addTripLimit(s.integers({}, {2}), TripLimit::kCOUNT);
  IRecurrenceLayer* value = outer->addRecurrence(s.input({}, {1}));
  ILoop* inner = s.network->addLoop();
  inner->addTripLimit(s.integers({}, {3}), TripLimit::kCOUNT);
  IRecurrenceLayer* inner_value = inner->addRecurrence(s.constant({}, {0}));
  inner_value->setInput(1, sum(s, *inner_value->getOutput(0), *value->getOutput(0)));
  value->setInput(1, *inner->addLoopOutput(*inner_value->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0));
  expect(s, outer->addLoopOutput(*value->getOutput(0), LoopOutput::kLAST_VALUE), {}, {9});
}

TEST(LoopLayers, MistakesAreNamed) {
  {
    Session s;
    ILoop* loop = s.network->addLoop();
    IRecurrenceLayer* value = loop->addRecurrence(s.input({2}));
    value->setInput(1, *value->getOutput(0));
    EXPECT_FALSE(s.run(loop->addLoopOutput(*value->getOutput(0), LoopOutput::kLAST_VALUE)));
    EXPECT_NE(s.log.text.find("addTripLimit"), std::string::npos) << s.log.text;
  }
  {
    Session s;
    ILoop* loop = s.network->addLoop();
    loop->addTripLimit(s.integers({}, {2}), TripLimit::kCOUNT);
    EXPECT_EQ(loop->addTripLimit(s.integers({}, {2}), TripLimit::kCOUNT), nullptr);
    IRecurrenceLayer* value = loop->addRecurrence(s.input({2}));
    EXPECT_FALSE(s.run(s.network->addUnary(*value->getOutput(0), UnaryOperation::kNEG)));
    EXPECT_NE(s.log.text.find("outside"), std::string::npos) << s.log.text;
  }
}

TEST(AttentionLayers, QueriesThatFitAllKeysAlike) {
  for (const bool causal : {false, true}) {
    Session s;
    ITensor& zero = s.input({1, 1, 2, 3}, std::vector<float>(6, 0));
    IAttention* attention = s.network->addAttention(zero, s.input({1, 1, 2, 3}), s.input({1, 1, 2, 1}, {2, 8}),
                                                    AttentionNormalizationOp::kSOFTMAX, causal);
    ILayer* result = s.network->addIdentity(*attention->getOutput(0));
    expect(s, result, {1, 1, 2, 1}, causal ? std::vector<double>{2, 5} : std::vector<double>{5, 5});
  }
}

TEST(AttentionLayers, MasksAreAddedAndScoresAreNotScaled) {
  Session s;
  IAttention* attention =
      s.network->addAttention(s.input({1, 1, 1, 2}, {1, 1}), s.input({1, 1, 2, 2}, {0, 0, 1, 1}),
                              s.input({1, 1, 2, 1}, {0, 1}), AttentionNormalizationOp::kSOFTMAX, false);
  ASSERT_TRUE(attention->setMask(s.constant({1, 1, 1, 2}, {0, 1})));
  expect(s, s.network->addIdentity(*attention->getOutput(0)), {1, 1, 1, 1}, {1 / (1 + std::exp(-3.0))});
}

TEST(AttentionLayers, WithoutSoftmaxItIsTwoProducts) {
  Session s;
  IAttention* attention =
      s.network->addAttention(s.input({1, 1, 1, 2}, {1, 2}), s.input({1, 1, 2, 2}, {1, 0, 0, 1}),
                              s.input({1, 1, 2, 1}, {3, 4}), AttentionNormalizationOp::kNONE, false);
  expect(s, s.network->addIdentity(*attention->getOutput(0)), {1, 1, 1, 1}, {11});
}

}  // namespace
}  // namespace tenon::test
