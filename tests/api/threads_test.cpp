// SPDX-License-Identifier: Apache-2.0
// What the contracts allow at once: contexts of one engine in threads of their own, streams side by side, two builds.
// Meant for the tsan preset above all.
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "session.h"

namespace tenon::test {
namespace {

using ContextPtr = std::unique_ptr<IExecutionContext>;

constexpr int64_t kFeatures = 64, kMostRows = 96;

/// y = tanh(2 x), z = its sum over the rows' elements, for x f32 [rows, 64] with 1 to 96 rows; for two threads. Two
/// products, so that there is something between them.
std::unique_ptr<IHostMemory> build(Session& s) {
  ITensor* x = s.network->addInput("x", DataType::kFLOAT, dims_of({-1, kFeatures}));
  ITensor* product = x;
  for (const float scale : {0.5F, 4.0F}) {
    std::vector<float> scaled(kFeatures * kFeatures, 0.0F);
    for (int64_t i = 0; i < kFeatures; ++i) scaled[static_cast<size_t>(i * kFeatures + i)] = scale;
    ITensor& w = s.constant({kFeatures, kFeatures}, scaled);
    product = s.network->addMatrixMultiply(*product, MatrixOperation::kNONE, w, MatrixOperation::kNONE)->getOutput(0);
  }
  ILayer* tanh = s.network->addActivation(*product, ActivationType::kTANH);
  ILayer* sum = s.network->addReduce(*tanh->getOutput(0), ReduceOperation::kSUM, 2, false);
  tanh->getOutput(0)->setName("y");
  sum->getOutput(0)->setName("z");
  s.network->markOutput(*tanh->getOutput(0));
  s.network->markOutput(*sum->getOutput(0));
  const std::unique_ptr<IBuilderConfig> config(s.builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  config->setCpuThreads(2);
  IOptimizationProfile* profile = s.builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, dims_of({1, kFeatures}));
  profile->setDimensions("x", OptProfileSelector::kOPT, dims_of({kMostRows, kFeatures}));
  profile->setDimensions("x", OptProfileSelector::kMAX, dims_of({kMostRows, kFeatures}));
  config->addOptimizationProfile(profile);
  return std::unique_ptr<IHostMemory>(s.builder->buildSerializedNetwork(*s.network, *config));
}

/// A context with its memory.
class Use {
 public:
  using Strategy = ExecutionContextAllocationStrategy;
  explicit Use(ICudaEngine& engine, Strategy strategy = Strategy::kSTATIC)
      : context_(engine.createExecutionContext(strategy)),
        x_(kMostRows * kFeatures),
        y_(kMostRows * kFeatures),
        z_(kMostRows) {}

  bool enqueue(int64_t rows, float value, Stream stream) {
    rows_ = rows;
    value_ = value;
    std::fill(x_.begin(), x_.end(), value);
    std::fill(y_.begin(), y_.end(), -9.0F);
    return context_->setInputShape("x", dims_of({rows, kFeatures})) && context_->setTensorAddress("x", x_.data()) &&
           context_->setTensorAddress("y", y_.data()) && context_->setTensorAddress("z", z_.data()) &&
           context_->enqueueV3(stream);
  }
  IExecutionContext& context() { return *context_; }
  bool right() const {
    const float expected = std::tanh(2 * value_);
    for (int64_t i = 0; i < rows_ * kFeatures; ++i) {
      if (std::abs(y_[static_cast<size_t>(i)] - expected) > 1e-5F) return false;
    }
    for (int64_t i = 0; i < rows_; ++i) {
      if (std::abs(z_[static_cast<size_t>(i)] - kFeatures * expected) > 1e-3F) return false;
    }
    return true;
  }

 private:
  ContextPtr context_;
  std::vector<float> x_, y_, z_;
  int64_t rows_ = 0;
  float value_ = 0;
};

class Threads : public testing::Test {
 protected:
  void SetUp() override {
    const std::unique_ptr<IHostMemory> plan = build(session_);
    ASSERT_TRUE(plan) << session_.log.text;
    runtime_.reset(createInferRuntime(session_.log));
    engine_.reset(runtime_->deserializeCudaEngine(plan->data(), plan->size()));
    ASSERT_TRUE(engine_) << session_.log.text;
  }
  Session session_;
  std::unique_ptr<IRuntime> runtime_;
  std::unique_ptr<ICudaEngine> engine_;
};

constexpr int kRounds = 20;

TEST_F(Threads, ContextsShareMemoryOfTheProgram) {
  const int64_t bytes = engine_->getDeviceMemorySizeForProfileV2(0);
  ASSERT_GT(bytes, 0);
  EXPECT_GT(engine_->getEngineStat(EngineStat::kTOTAL_WEIGHTS_SIZE), kFeatures * kFeatures);
  const std::unique_ptr<IDeviceMemory> memory(
      createDeviceMemory(session_.log, Backend::kCPU, 0, MemoryKind::kDEVICE, static_cast<size_t>(bytes)));
  Use first(*engine_, Use::Strategy::kUSER_MANAGED), second(*engine_, Use::Strategy::kUSER_MANAGED);
  EXPECT_FALSE(first.enqueue(3, 0.5F, nullptr));
  EXPECT_NE(session_.log.text.find("given 0 bytes for its activations"), std::string::npos) << session_.log.text;
  for (Use* use : {&first, &second}) use->context().setDeviceMemoryV2(memory->data(), bytes);
  for (int round = 0; round < kRounds; ++round) {
    Use& use = round % 2 == 0 ? first : second;
    EXPECT_TRUE(use.enqueue(1 + round, 0.1F * static_cast<float>(round), nullptr)) << session_.log.text;
    EXPECT_TRUE(use.right());
  }
}

TEST_F(Threads, AStreamWaitsForAnother) {
  const Stream first = createStream(1), second = createStream(1);
  const std::unique_ptr<IEvent> event(createEvent(Backend::kCPU, 0));
  for (int round = 0; round < kRounds; ++round) {
    struct Work {
      std::atomic<bool> done = false;
      bool seen = false;
    } work;
    const auto slow = [](void* argument) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      static_cast<Work*>(argument)->done = true;
    };
    const auto look = [](void* argument) {
      auto& seen = *static_cast<Work*>(argument);
      seen.seen = seen.done;
    };
    EXPECT_TRUE(enqueueHostFunction(first, slow, &work) && event->record(first) && event->makeWait(second) &&
                enqueueHostFunction(second, look, &work));
    EXPECT_TRUE(synchronizeStream(second) && synchronizeStream(first));
    EXPECT_TRUE(work.seen);
  }
  destroyStream(first);
  destroyStream(second);
}

TEST_F(Threads, EachHasAContextOfOneEngine) {
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        Use use(*engine_);
        const Stream stream = thread % 2 == 0 ? createStream(2) : nullptr;
        for (int round = 0; round < kRounds; ++round) {
          const bool done =
              use.enqueue(1 + (thread + 7 * round) % kMostRows, 0.1F * static_cast<float>(thread), stream) &&
              (!stream || synchronizeStream(stream));
          right += done && use.right() ? 1 : 0;
        }
        destroyStream(stream);
      });
    }
  }
  EXPECT_EQ(right, 4 * kRounds) << session_.log.text;
}

TEST_F(Threads, StreamsOfOneThreadRunSideBySide) {
  std::vector<Stream> streams;
  std::vector<std::unique_ptr<Use>> uses;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(createStream(2));
    setStreamSpinWait(streams.back(), i == 1);
  }
  for (int i = 0; i < 6; ++i) uses.push_back(std::make_unique<Use>(*engine_));
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < uses.size(); ++i)
      ASSERT_TRUE(uses[i]->enqueue(kMostRows - round, 0.05F * static_cast<float>(i), streams[i % 3]));
    for (const Stream stream : streams) ASSERT_TRUE(synchronizeStream(stream)) << session_.log.text;
    for (const auto& use : uses) EXPECT_TRUE(use->right());
  }
  for (const Stream stream : streams) destroyStream(stream);
}

TEST_F(Threads, HostFunctionsRunInTheOrderOfTheirStream) {
  const Stream stream = createStream(2);
  Use use(*engine_);
  struct Seen {
    const Use* use;
    bool right = false;
  } seen{&use};
  ASSERT_TRUE(use.enqueue(kMostRows, 0.5F, stream));
  const auto look = [](void* argument) {
    auto* at = static_cast<Seen*>(argument);
    at->right = at->use->right();
  };
  ASSERT_TRUE(enqueueHostFunction(stream, look, &seen));
  while (!queryStream(stream)) std::this_thread::yield();
  EXPECT_TRUE(seen.right);
  destroyStream(stream);
}

TEST_F(Threads, BuildsGoOnBesideRuns) {
  std::atomic<bool> built = false;
  std::jthread builder([&] {
    Session other;
    built = build(other) != nullptr;
  });
  Use use(*engine_);
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(use.enqueue(kMostRows, 0.3F, nullptr));
    EXPECT_TRUE(use.right());
  }
  builder.join();
  EXPECT_TRUE(built);
}

}  // namespace
}  // namespace tenon::test
