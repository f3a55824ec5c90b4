// SPDX-License-Identifier: Apache-2.0
// Calibrators as programs write them for TensorRT.
#include <cmath>

#include "session.h"

namespace tenon::test {
namespace {

constexpr int kBatch = 2, kChannels = 16, kSide = 8;
constexpr size_t kItem = kChannels * kSide * kSide;

class Calibrator final : public IInt8EntropyCalibrator2 {
 public:
  explicit Calibrator(int batches) : batches_(batches), data_(kBatch * kItem) {}
  int32_t getBatchSize() const noexcept override { return kBatch; }
  bool getBatch(void* bindings[], char const* names[], int32_t count) noexcept override {
    if (count != 1 || std::string(names[0]) != "x0" || given == batches_) return false;
    for (size_t i = 0; i < data_.size(); ++i) data_[i] = std::sin(static_cast<float>(i) + static_cast<float>(given));
    bindings[0] = data_.data();
    ++given;
    return true;
  }
  void const* readCalibrationCache(std::size_t& length) noexcept override {
    length = cache.size();
    return cache.empty() ? nullptr : cache.data();
  }
  void writeCalibrationCache(void const* text, std::size_t length) noexcept override {
    cache.assign(static_cast<const char*>(text), length);
  }
  int given = 0;
  std::string cache;

 private:
  const int batches_;
  std::vector<float> data_;
};

std::unique_ptr<IHostMemory> build(Session& session, IInt8Calibrator* calibrator) {
  std::vector<float> weights(kChannels * kChannels);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = std::cos(static_cast<float>(i));
  ITensor& x = session.input({kBatch, kChannels, kSide, kSide});
  auto* conv = session.network->addConvolutionNd(x, kChannels, dims_of({1, 1}),
                                                 {DataType::kFLOAT, weights.data(), kChannels * kChannels}, {});
  session.network->markOutput(*conv->getOutput(0));
  const std::unique_ptr<IBuilderConfig> config(session.builder->createBuilderConfig());
  config->setBackend(Backend::kCPU);
  config->setBuilderOptimizationLevel(0);
  config->setFlag(BuilderFlag::kINT8);
  config->setInt8Calibrator(calibrator);
  return std::unique_ptr<IHostMemory>(session.builder->buildSerializedNetwork(*session.network, *config));
}

TEST(Calibrators, GiveBatchesUntilThereAreNoMoreAndKeepTheCache) {
  Session first;
  Calibrator calibrator(3);
  ASSERT_NE(build(first, &calibrator), nullptr) << first.log.text;
  EXPECT_EQ(calibrator.given, 3);
  EXPECT_TRUE(calibrator.cache.starts_with("TRT-8600-EntropyCalibration2\n")) << calibrator.cache;
  EXPECT_NE(calibrator.cache.find("\nx0: "), std::string::npos) << calibrator.cache;
  Session second;
  ASSERT_NE(build(second, &calibrator), nullptr) << second.log.text;
  EXPECT_EQ(calibrator.given, 3) << "a cache is read instead of calibrating";
}

TEST(Calibrators, WithoutBatchesFail) {
  Session session;
  Calibrator calibrator(0);
  EXPECT_EQ(build(session, &calibrator), nullptr);
  EXPECT_NE(session.log.text.find("gives no batch"), std::string::npos) << session.log.text;
}

TEST(Calibrators, WithoutOneRangesAreDummies) {
  Session session;
  EXPECT_NE(build(session, nullptr), nullptr);
  EXPECT_NE(session.log.text.find("INT8 WITHOUT CALIBRATION"), std::string::npos);
}

TEST(DynamicRanges, AreSetAndReset) {
  Session s;
  ITensor& x = s.input({1, 4});
  EXPECT_FALSE(x.dynamicRangeIsSet());
  EXPECT_TRUE(std::isnan(x.getDynamicRangeMin()));
  EXPECT_TRUE(x.setDynamicRange(-2, 1));
  EXPECT_TRUE(x.dynamicRangeIsSet());
  EXPECT_EQ(x.getDynamicRangeMin(), -2);
  EXPECT_EQ(x.getDynamicRangeMax(), 1);
  EXPECT_FALSE(x.setDynamicRange(1, -1));
  EXPECT_FALSE(x.setDynamicRange(0, INFINITY));
  EXPECT_FALSE(x.setDynamicRange(0, 0));
  EXPECT_NE(s.log.text.find("is no range of tensor 'x0'"), std::string::npos) << s.log.text;
  x.resetDynamicRange();
  EXPECT_FALSE(x.dynamicRangeIsSet());
}

// The output for a small and a large input.
std::vector<double> product_of_ranged(float range) {
  Session s;
  ITensor& x = s.input({1, kChannels, 1, 1}, [] {
    std::vector<float> values(kChannels, 0.0F);
    values[0] = 1.0F;
    values[1] = 100.0F;
    return values;
  }());
  std::vector<float> weights(kChannels * kChannels, 0.0F);
  for (size_t i = 0; i < kChannels; ++i) weights[i * kChannels + i] = 1;
  auto* conv = s.network->addConvolutionNd(x, kChannels, dims_of({1, 1}),
                                           {DataType::kFLOAT, weights.data(), kChannels * kChannels}, {});
  EXPECT_TRUE(x.setDynamicRange(-range, range / 2));
  s.flags = {BuilderFlag::kINT8};
  EXPECT_TRUE(s.run(conv)) << s.log.text;
  EXPECT_EQ(s.log.text.find("INT8 WITHOUT CALIBRATION"), std::string::npos) << s.log.text;
  return s.values();
}

TEST(DynamicRanges, RoundAndSaturate) {
  const auto fine = product_of_ranged(12.7F);
  EXPECT_NEAR(fine[0], 1.0, 1e-5) << "ten steps of 0.1";
  EXPECT_NEAR(fine[1], 12.7, 1e-4) << "more than 127 steps";
  const auto coarse = product_of_ranged(381.0F);
  EXPECT_NEAR(coarse[0], 0.0, 1e-5);
  EXPECT_NEAR(coarse[1], 99.0, 1e-3) << "33 steps of 3";
}

TEST(Int8Inputs, StandForNumbersByTheirRange) {
  for (const bool allowed : {false, true}) {
    Session s;
    ITensor& x = s.int8_input({1, 4}, {-128, -3, 0, 127});
    EXPECT_TRUE(x.setDynamicRange(-63.5F, 63.5F));
    if (allowed) s.flags = {BuilderFlag::kINT8};
    expect(s, s.network->addActivation(x, ActivationType::kRELU), {1, 4}, {0, 0, 0, 63.5});
  }
}

TEST(Int8Inputs, StandForNumbersByALayer) {
  Session s;
  ITensor& x = s.int8_input({1, 4}, {-128, -3, 0, 127});
  auto* numbers = s.network->addDequantize(x, s.constant({}, {0.5}), DataType::kFLOAT);
  expect(s, s.network->addUnary(*numbers->getOutput(0), UnaryOperation::kABS), {1, 4}, {64, 1.5, 0, 63.5});
}

TEST(Int8Inputs, WithoutAScaleAreNamed) {
  Session s;
  ITensor& x = s.int8_input({1, 4}, {0, 0, 0, 0});
  EXPECT_FALSE(s.run(s.network->addActivation(x, ActivationType::kSIGMOID)));
  EXPECT_NE(s.log.text.find("'x0' is int8 without a scale"), std::string::npos) << s.log.text;
}

}  // namespace
}  // namespace tenon::test
