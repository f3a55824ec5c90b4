// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/run/engine.h"
#include "runtime/layer_times.h"
#include "runtime/stream.h"

namespace tn::api {

class PublicContext final : public tenon::IExecutionContext {
 public:
  PublicContext(const PublicEngine& owner, std::shared_ptr<const Engine> engine, tenon::ILogger& logger,
                ArenaOwner arena);

  tenon::ICudaEngine const& getEngine() const noexcept override { return owner_; }
  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return name_.c_str(); }

  bool setOptimizationProfileAsync(int32_t profile, tenon::Stream stream) noexcept override;
  int32_t getOptimizationProfile() const noexcept override { return context_->profile(); }
  bool setInputShape(char const* name, tenon::Dims const& dims) noexcept override;
  tenon::Dims getTensorShape(char const* name) const noexcept override;
  tenon::Dims getTensorStrides(char const* name) const noexcept override;
  bool allInputDimensionsSpecified() const noexcept override;
  int32_t inferShapes(int32_t most, char const** names) noexcept override;
  int64_t getMaxOutputSize(char const* name) const noexcept override;

  bool setTensorAddress(char const* name, void* data) noexcept override;
  bool setInputTensorAddress(char const* name, void const* data) noexcept override;
  bool setOutputTensorAddress(char const* name, void* data) noexcept override;
  void const* getTensorAddress(char const* name) const noexcept override;
  void* getOutputTensorAddress(char const* name) const noexcept override;

  void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
  void setDebugSync(bool sync) noexcept override;
  bool getDebugSync() const noexcept override { return debug_sync_; }
  bool enqueueV3(tenon::Stream stream) noexcept override;
  bool executeV2(void* const* bindings) noexcept override;

  void setProfiler(tenon::IProfiler* profiler) noexcept override;
  tenon::IProfiler* getProfiler() const noexcept override { return profiler_; }
  void setEnqueueEmitsProfile(bool emits) noexcept override { emits_ = emits; }
  bool getEnqueueEmitsProfile() const noexcept override { return emits_; }
  bool reportToProfiler() const noexcept override;

  bool setCpuThreads(int32_t threads) noexcept override;
  int32_t getCpuThreads() const noexcept override { return threads_; }

 private:
  static bool run_on(void* context, Stream& stream) noexcept;
  bool enqueue(Stream& stream);
  void run(Stream& stream);
  void forget_shapes();
  /// Whether every input whose elements are extents has an address.
  bool extents_given() const noexcept;
  void report() const noexcept;
  void set_address(char const* name, void* data, std::optional<bool> input);
  bool is_input(int binding) const { return engine_->plan().bindings[static_cast<size_t>(binding)]->is_input; }

  const PublicEngine& owner_;
  std::shared_ptr<const Engine> engine_;
  mutable PublicLogger logger_;
  std::string name_;
  std::unique_ptr<Context> context_;
  std::vector<bool> shape_set_;
  std::vector<void*> addresses_;
  std::unique_ptr<Stream> own_stream_;  ///< for runs without a stream, made for the first of them
  int threads_ = 0;
  bool told_threads_ = false, debug_sync_ = false;
  tenon::IProfiler* profiler_ = nullptr;
  bool emits_ = true;
  std::optional<LayerTimes> times_;
};

}  // namespace tn::api
