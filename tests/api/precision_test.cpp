// SPDX-License-Identifier: Apache-2.0
// Precisions and output types of single layers.
#include <cmath>

#include "session.h"

namespace tenon::test {
namespace {

/// x + x·w, each layer with what the test sets; built with a flag and run on numbers that fp16 rounds.
class PrecisionTest : public ::testing::Test {
 protected:
  PrecisionTest() {
    ITensor& x = s.input({1, 4}, {1.0001F, 2.0002F, 3.0003F, 1000.1F});
    product = s.network->addElementWise(x, s.constant({1, 4}, {1, 1, 1, 1}), ElementWiseOperation::kPROD);
    product->setName("product");
    sum = s.network->addElementWise(*product->getOutput(0), x, ElementWiseOperation::kSUM);
    sum->setName("sum");
  }
  bool run(BuilderFlag flag) {
    s.flags = {flag};
    return s.run(sum);
  }
  bool run_in_int8(BuilderFlag flag) {
    s.flags = {BuilderFlag::kINT8, flag};
    return s.run(sum);
  }

  Session s;
  IElementWiseLayer *product, *sum;
};

TEST_F(PrecisionTest, IsSetAndReset) {
  EXPECT_FALSE(product->precisionIsSet());
  EXPECT_EQ(product->getPrecision(), DataType::kFLOAT);
  product->setPrecision(DataType::kHALF);
  EXPECT_TRUE(product->precisionIsSet());
  EXPECT_EQ(product->getPrecision(), DataType::kHALF);
  product->resetPrecision();
  EXPECT_FALSE(product->precisionIsSet());
  product->setOutputType(0, DataType::kBF16);
  EXPECT_TRUE(product->outputTypeIsSet(0));
  EXPECT_EQ(product->getOutputType(0), DataType::kBF16);
  product->resetOutputType(0);
  EXPECT_EQ(product->getOutputType(0), DataType::kFLOAT);
  product->setOutputType(1, DataType::kHALF);
  EXPECT_NE(s.log.text.find("'product'"), std::string::npos);
}

TEST_F(PrecisionTest, RoundsWhatTheLayerTakesAndGives) {
  product->setPrecision(DataType::kHALF);
  ASSERT_TRUE(run(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[0]), 1.0F + 1.0001F);
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 1000.0F + 1000.1F);
}

TEST_F(PrecisionTest, OutputTypesRoundResultsOnly) {
  product->setOutputType(0, DataType::kBF16);
  ASSERT_TRUE(run(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 1000.0F + 1000.1F);
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[1]), 2.0F + 2.0002F);
}

TEST_F(PrecisionTest, CountsForNothingWithoutTheFlag) {
  product->setPrecision(DataType::kHALF);
  ASSERT_TRUE(run(BuilderFlag::kTF32)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 2000.2F);
  EXPECT_NE(s.log.text.find("ignored"), std::string::npos);
}

TEST_F(PrecisionTest, WhatCannotBeObeyedIsNamed) {
  product->setPrecision(DataType::kINT64);
  sum->setPrecision(DataType::kINT32);
  EXPECT_FALSE(run(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS));
  EXPECT_NE(s.log.text.find("'product'"), std::string::npos) << s.log.text;
  EXPECT_NE(s.log.text.find("'sum'"), std::string::npos) << s.log.text;
}

TEST_F(PrecisionTest, WhatCannotBePreferredIsLeftWithAWarning) {
  product->setPrecision(DataType::kINT64);
  ASSERT_TRUE(run(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_NE(s.log.text.find("'product'"), std::string::npos);
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 2000.2F);
}

TEST_F(PrecisionTest, ResultsOfInt8AreRoundedByTheirRange) {
  product->setOutputType(0, DataType::kINT8);
  EXPECT_TRUE(product->getOutput(0)->setDynamicRange(-1016, 1016));
  ASSERT_TRUE(run_in_int8(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[2]), 3.0003F) << "3.0003 is less than half a step of 8";
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 1000.0F + 1000.1F);
}

TEST_F(PrecisionTest, RangesOfInt8MayFollowFromThoseOfOperands) {
  product->setOutputType(0, DataType::kINT8);
  EXPECT_TRUE(s.network->getInput(0)->setDynamicRange(-1016, 1016));
  ASSERT_TRUE(run_in_int8(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 1000.0F + 1000.1F);
}

TEST_F(PrecisionTest, ResultsOfInt8CountForNothingWithoutTheFlag) {
  product->setOutputType(0, DataType::kINT8);
  EXPECT_TRUE(product->getOutput(0)->setDynamicRange(-1016, 1016));
  ASSERT_TRUE(run_in_int8(BuilderFlag::kTF32)) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 2000.2F);
}

TEST_F(PrecisionTest, ResultsOfInt8NeedARange) {
  product->setOutputType(0, DataType::kINT8);
  EXPECT_FALSE(run(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS));
  EXPECT_NE(s.log.text.find("'product' (a result of int8 needs a range: allow int8"), std::string::npos) << s.log.text;
}

TEST_F(PrecisionTest, ResultsOfInt8WithoutARangeStayWhereThatIsPreferred) {
  product->setOutputType(0, DataType::kINT8);
  ASSERT_TRUE(run(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS)) << s.log.text;
  EXPECT_NE(s.log.text.find("'product' (a result of int8"), std::string::npos) << s.log.text;
  EXPECT_FLOAT_EQ(static_cast<float>(s.values()[3]), 2000.2F);
}

TEST(Int8Results, StayWhatOtherLayersWouldTakeIn) {
  constexpr int64_t kChannels = 16;
  Session s;
  std::vector<float> values(kChannels), identity(kChannels * kChannels);
  for (size_t i = 0; i < kChannels; ++i) {
    values[i] = static_cast<float>(i) + 0.4F;
    identity[i * kChannels + i] = 1;
  }
  auto* conv = s.network->addConvolutionNd(s.input({1, kChannels, 1, 1}, values), kChannels, dims_of({1, 1}),
                                           s.weights(identity), {});
  conv->setOutputType(0, DataType::kINT8);
  EXPECT_TRUE(conv->getOutput(0)->setDynamicRange(-127, 127));
  auto* scale = s.network->addScale(*conv->getOutput(0), ScaleMode::kUNIFORM, {}, s.weights({3}), {});
  s.flags = {BuilderFlag::kINT8, BuilderFlag::kOBEY_PRECISION_CONSTRAINTS};
  ASSERT_TRUE(s.run(scale)) << s.log.text;
  for (size_t i = 0; i < kChannels; ++i) EXPECT_FLOAT_EQ(static_cast<float>(s.values()[i]), 3 * static_cast<float>(i));
}

}  // namespace
}  // namespace tenon::test
