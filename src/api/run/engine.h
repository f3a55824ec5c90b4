// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/run/logger.h"
#include "base/tensor_format.h"
#include "engine/plan_generated.h"
#include "runtime/engine.h"
#include "tenon/runtime.h"

namespace tn::api {

class PublicEngine final : public tenon::ICudaEngine {
 public:
  PublicEngine(std::shared_ptr<const EngineFile> file, tenon::ILogger& logger, int device = 0);

  tenon::Dims getTensorShape(char const* name) const noexcept override;
  tenon::DataType getTensorDataType(char const* name) const noexcept override;
  tenon::TensorLocation getTensorLocation(char const* name) const noexcept override;
  bool isShapeInferenceIO(char const* name) const noexcept override;
  tenon::TensorIOMode getTensorIOMode(char const* name) const noexcept override;
  tenon::TensorFormat getTensorFormat(char const* name) const noexcept override;
  tenon::TensorFormat getTensorFormat(char const* name, int32_t) const noexcept override {
    return getTensorFormat(name);
  }
  char const* getTensorFormatDesc(char const* name) const noexcept override;
  char const* getTensorFormatDesc(char const* name, int32_t) const noexcept override {
    return getTensorFormatDesc(name);
  }
  int32_t getTensorBytesPerComponent(char const* name) const noexcept override;
  int32_t getTensorBytesPerComponent(char const* name, int32_t) const noexcept override {
    return getTensorBytesPerComponent(name);
  }
  int32_t getTensorComponentsPerElement(char const* name) const noexcept override;
  int32_t getTensorComponentsPerElement(char const* name, int32_t) const noexcept override {
    return getTensorComponentsPerElement(name);
  }
  int32_t getTensorVectorizedDim(char const* name) const noexcept override;
  int32_t getTensorVectorizedDim(char const* name, int32_t) const noexcept override {
    return getTensorVectorizedDim(name);
  }

  int32_t getNbLayers() const noexcept override { return static_cast<int32_t>(engine_->layers(0).size()); }
  char const* getName() const noexcept override { return engine_->plan().name.c_str(); }
  int32_t getNbIOTensors() const noexcept override { return static_cast<int32_t>(engine_->plan().bindings.size()); }
  char const* getIOTensorName(int32_t index) const noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override {
    return static_cast<int32_t>(engine_->plan().profiles.size());
  }
  tenon::Dims getProfileShape(char const* name, int32_t profile,
                              tenon::OptProfileSelector select) const noexcept override;
  int64_t const* getProfileTensorValuesV2(char const* name, int32_t profile,
                                          tenon::OptProfileSelector select) const noexcept override;
  tenon::ProfilingVerbosity getProfilingVerbosity() const noexcept override {
    return static_cast<tenon::ProfilingVerbosity>(engine_->plan().verbosity);
  }
  int64_t getEngineStat(tenon::EngineStat stat) const noexcept override;
  int64_t getDeviceMemorySizeV2() const noexcept override;
  int64_t getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept override;
  tenon::IExecutionContext* createExecutionContext(
      tenon::ExecutionContextAllocationStrategy strategy) noexcept override;
  tenon::IEngineInspector* createEngineInspector() const noexcept override;
  tenon::IHostMemory* serialize() const noexcept override;

  tenon::Backend getBackend() const noexcept override {
    return engine_->device() ? tenon::Backend::kCUDA : tenon::Backend::kCPU;
  }
  char const* getExplanation() const noexcept override { return engine_->plan().explanation.c_str(); }
  char const* getPrecisionSummary() const noexcept override { return precision_summary_.c_str(); }
  char const* getPreprocess() const noexcept override { return engine_->plan().preprocess.c_str(); }

  const Engine& engine() const noexcept { return *engine_; }
  /// Index of a binding; throws Error(NotFound) with the names there are.
  int binding(char const* name) const;

 private:
  const plan::BindingT* find(char const* name) const noexcept;
  std::optional<FormatRule> vectored(char const* name) const noexcept;
  mutable PublicLogger logger_;
  std::shared_ptr<const Engine> engine_;
  std::string precision_summary_;
  std::vector<std::string> formats_;  ///< of each binding, in words
};

}  // namespace tn::api
