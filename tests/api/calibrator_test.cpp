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

}  // namespace
}  // namespace tenon::test
