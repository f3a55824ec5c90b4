// SPDX-License-Identifier: Apache-2.0
// A network made by hand, built and run once through the public API.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "tenon/tenon.h"

namespace tenon::test {

/// Keeps what was logged as a warning or worse. Streams log from threads of their own.
class Log final : public ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    const std::lock_guard lock(mutex_);
    if (severity <= Severity::kWARNING) text += std::string(message) + "\n";
  }
  std::string text;

 private:
  std::mutex mutex_;
};

inline Dims dims_of(const std::vector<int64_t>& extents) {
  Dims dims;
  dims.nbDims = static_cast<int32_t>(extents.size());
  std::copy(extents.begin(), extents.end(), dims.d);
  return dims;
}

inline std::vector<int64_t> extents_of(const Dims& dims) {
  return {dims.d, dims.d + std::max(dims.nbDims, 0)};
}

/// Inputs are f32 [extents] with 0, 1, 2 … or the values given; results are read as double whatever their type.
class Session {
 public:
  Session() : builder(createInferBuilder(log)), network(builder->createNetworkV2(0)) {}

  ITensor& input(const std::vector<int64_t>& extents, std::vector<float> values = {}) {
    const int64_t count = std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
    if (values.empty()) {
      values.resize(static_cast<size_t>(count));
      std::iota(values.begin(), values.end(), 0.0F);
    }
    EXPECT_EQ(static_cast<int64_t>(values.size()), count);
    const std::string name = "x" + std::to_string(inputs_.size());
    ITensor* tensor = network->addInput(name.c_str(), DataType::kFLOAT, dims_of(extents));
    inputs_.emplace_back(name, std::move(values));
    return *tensor;
  }

  ITensor& int8_input(const std::vector<int64_t>& extents, const std::vector<int8_t>& values) {
    std::vector<float> bytes(values.size() / sizeof(float) + 1);
    std::memcpy(bytes.data(), values.data(), values.size());
    const std::string name = "x" + std::to_string(inputs_.size());
    ITensor* tensor = network->addInput(name.c_str(), DataType::kINT8, dims_of(extents));
    inputs_.emplace_back(name, std::move(bytes));
    return *tensor;
  }

  Weights weights(std::vector<float> values) {
    const auto& kept = floats_.emplace_back(std::move(values));
    return {DataType::kFLOAT, kept.data(), static_cast<int64_t>(kept.size())};
  }
  ITensor& constant(const std::vector<int64_t>& extents, std::vector<float> values) {
    return *network->addConstant(dims_of(extents), weights(std::move(values)))->getOutput(0);
  }
  ITensor& integers(const std::vector<int64_t>& extents, std::vector<int64_t> values) {
    const auto& kept = integers_.emplace_back(std::move(values));
    const Weights data{DataType::kINT64, kept.data(), static_cast<int64_t>(kept.size())};
    return *network->addConstant(dims_of(extents), data)->getOutput(0);
  }

  /// Marks the layer's outputs, builds and runs. False where the build fails; `log` says why.
  bool run(ILayer* layer) {
    if (!layer) return false;
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      layer->getOutput(i)->setName(("y" + std::to_string(i)).c_str());
      network->markOutput(*layer->getOutput(i));
    }
    const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    config->setBuilderOptimizationLevel(0);
    for (const BuilderFlag flag : flags) config->setFlag(flag);
    const std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
    if (!plan) return false;
    const std::unique_ptr<IRuntime> runtime(createInferRuntime(log));
    const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    const std::unique_ptr<IExecutionContext> context(engine ? engine->createExecutionContext() : nullptr);
    return context && enqueue(*context, layer->getNbOutputs());
  }

  const std::vector<double>& values(size_t output = 0) const { return results_.at(output).second; }
  const std::vector<int64_t>& shape(size_t output = 0) const { return results_.at(output).first; }

  Log log;
  std::vector<BuilderFlag> flags;  ///< to build with
  const std::unique_ptr<IBuilder> builder;
  const std::unique_ptr<INetworkDefinition> network;

 private:
  bool enqueue(IExecutionContext& context, int32_t outputs) {
    for (auto& [name, values] : inputs_) {
      if (!context.setTensorAddress(name.c_str(), values.data())) return false;
    }
    std::vector<std::vector<int64_t>> buffers;
    for (int32_t i = 0; i < outputs; ++i) {
      const std::string name = "y" + std::to_string(i);
      const int64_t bytes = context.getMaxOutputSize(name.c_str());
      if (bytes < 0) return false;
      buffers.emplace_back(static_cast<size_t>(bytes / 8 + 1));
      if (!context.setTensorAddress(name.c_str(), buffers.back().data())) return false;
    }
    if (!context.enqueueV3(nullptr)) return false;
    for (int32_t i = 0; i < outputs; ++i) {
      const std::string name = "y" + std::to_string(i);
      const std::vector<int64_t> extents = extents_of(context.getTensorShape(name.c_str()));
      results_.emplace_back(extents, read(buffers[static_cast<size_t>(i)].data(), extents,
                                          context.getEngine().getTensorDataType(name.c_str())));
    }
    return true;
  }

  template <typename T>
  static double element(const void* data, size_t index) {
    T value;
    std::memcpy(&value, static_cast<const char*>(data) + index * sizeof(T), sizeof(T));
    return static_cast<double>(value);
  }

  static std::vector<double> read(const void* data, const std::vector<int64_t>& extents, DataType type) {
    const auto count =
        static_cast<size_t>(std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>()));
    std::vector<double> values(count);
    for (size_t i = 0; i < count; ++i) {
      values[i] = type == DataType::kFLOAT   ? element<float>(data, i)
                  : type == DataType::kINT64 ? element<int64_t>(data, i)
                  : type == DataType::kINT32 ? element<int32_t>(data, i)
                                             : element<int8_t>(data, i);
    }
    return values;
  }

  std::vector<std::pair<std::string, std::vector<float>>> inputs_;
  std::deque<std::vector<float>> floats_;
  std::deque<std::vector<int64_t>> integers_;
  std::vector<std::pair<std::vector<int64_t>, std::vector<double>>> results_;
};

/// Runs the layer and compares its first output.
inline void expect(Session& session, ILayer* layer, const std::vector<int64_t>& shape,
                   const std::vector<double>& values, double tolerance = 1e-5) {
  ASSERT_TRUE(session.run(layer)) << session.log.text;
  EXPECT_EQ(session.shape(), shape);
  ASSERT_EQ(session.values().size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(session.values()[i], values[i], tolerance) << "element " << i;
}

}  // namespace tenon::test
