// SPDX-License-Identifier: Apache-2.0
// Builds LeNet-5 layer by layer, without a model file, and runs it:
//   build_lenet_by_hand [lenet.engine]
// The weights are random, so the scores say nothing about digits; put trained ones in their place.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <vector>

#include "tenon/tenon.h"

namespace {

using namespace tenon;

class Logger final : public ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

/// Owns the weights, which the builder reads until the engine is built.
class WeightStore {
 public:
  /// Random values for a layer that sums `fan_in` products.
  Weights make(int64_t count, int64_t fan_in) {
    std::normal_distribution<float> normal(0, std::sqrt(2.0F / static_cast<float>(fan_in)));
    std::vector<float>& values = store_.emplace_back(static_cast<size_t>(count));
    for (float& value : values) value = normal(random_);
    return {DataType::kFLOAT, values.data(), count};
  }
  Weights zeros(int64_t count) {
    return {DataType::kFLOAT, store_.emplace_back(static_cast<size_t>(count)).data(), count};
  }

 private:
  std::deque<std::vector<float>> store_;
  std::mt19937 random_{5};
};

ITensor* relu(INetworkDefinition& network, ITensor& input) {
  return network.addActivation(input, ActivationType::kRELU)->getOutput(0);
}

/// Convolution 5x5, ReLU, max pooling 2x2.
ITensor* stage(INetworkDefinition& network, WeightStore& weights, ITensor& input, int64_t channels, int64_t maps) {
  const int64_t fan_in = channels * 5 * 5;
  auto* conv =
      network.addConvolutionNd(input, maps, DimsHW{5, 5}, weights.make(maps * fan_in, fan_in), weights.zeros(maps));
  auto* pool = network.addPoolingNd(*relu(network, *conv->getOutput(0)), PoolingType::kMAX, DimsHW{2, 2});
  pool->setStrideNd(DimsHW{2, 2});
  return pool->getOutput(0);
}

/// x·W + b for x of [N, from].
ITensor* dense(INetworkDefinition& network, WeightStore& weights, ITensor& input, int64_t from, int64_t to) {
  ITensor* matrix = network.addConstant(Dims2{from, to}, weights.make(from * to, from))->getOutput(0);
  ITensor* bias = network.addConstant(Dims2{1, to}, weights.zeros(to))->getOutput(0);
  ITensor* product =
      network.addMatrixMultiply(input, MatrixOperation::kNONE, *matrix, MatrixOperation::kNONE)->getOutput(0);
  return network.addElementWise(*product, *bias, ElementWiseOperation::kSUM)->getOutput(0);
}

/// Input "image" [N, 1, 32, 32], output "scores" [N, 10].
void define_lenet(INetworkDefinition& network, WeightStore& weights) {
  ITensor* x = network.addInput("image", DataType::kFLOAT, Dims4{-1, 1, 32, 32});
  x = stage(network, weights, *x, 1, 6);
  x = stage(network, weights, *x, 6, 16);
  IShuffleLayer* flatten = network.addShuffle(*x);
  flatten->setReshapeDimensions(Dims2{-1, 16 * 5 * 5});
  x = relu(network, *dense(network, weights, *flatten->getOutput(0), 16 * 5 * 5, 120));
  x = relu(network, *dense(network, weights, *x, 120, 84));
  x = dense(network, weights, *x, 84, 10);
  ISoftMaxLayer* softmax = network.addSoftMax(*x);
  softmax->setAxes(1U << 1);
  softmax->getOutput(0)->setName("scores");
  network.markOutput(*softmax->getOutput(0));
}

std::unique_ptr<IHostMemory> build(ILogger& logger) {
  const std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  if (!builder) return nullptr;
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  WeightStore weights;
  define_lenet(*network, weights);
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("image", OptProfileSelector::kMIN, Dims4{1, 1, 32, 32});
  profile->setDimensions("image", OptProfileSelector::kOPT, Dims4{8, 1, 32, 32});
  profile->setDimensions("image", OptProfileSelector::kMAX, Dims4{64, 1, 32, 32});
  config->addOptimizationProfile(profile);
  return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

struct alignas(64) Image {
  float pixels[32 * 32];
};
struct alignas(64) Scores {
  float of[10];
};

/// A white ring on black.
Image draw_zero() {
  Image image{};
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) image.pixels[y * 32 + x] = std::abs(std::hypot(x - 15.5F, y - 15.5F) - 9) < 2 ? 1 : 0;
  return image;
}

bool run(ICudaEngine& engine) {
  const std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
  if (!context) return false;
  Image image = draw_zero();
  Scores scores{};
  if (!context->setInputShape("image", Dims4{1, 1, 32, 32}) || !context->setTensorAddress("image", image.pixels) ||
      !context->setTensorAddress("scores", scores.of) || !context->enqueueV3(nullptr))
    return false;
  float sum = 0;
  for (int digit = 0; digit < 10; ++digit) {
    std::printf("%d: %.4f\n", digit, scores.of[digit]);
    sum += scores.of[digit];
  }
  std::printf("sum: %.4f\n", sum);
  return std::abs(sum - 1) < 1e-4F;
}

}  // namespace

int main(int argc, char** argv) {
  Logger logger;
  const std::unique_ptr<IHostMemory> plan = build(logger);
  if (!plan) return 1;
  if (argc > 1) {
    std::ofstream file(argv[1], std::ios::binary);
    file.write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));
    if (!file.flush()) return 1;
  }
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  return engine && run(*engine) ? 0 : 1;
}
