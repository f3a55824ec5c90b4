// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "engine/engine_file.h"
#include "exec/context.h"

namespace tn {

/// A step as the world sees it.
struct Layer {
  std::string name;  ///< unique in the engine's profile
  const plan::StepT* step = nullptr;
  int owner = -1;  ///< the layer whose branch or body it belongs to
};

/// A loaded engine, and what can be told of it. Immutable, shared by its contexts.
class Engine {
 public:
  /// `device` is the number of the device that an engine for one goes to, with its weights. Throws
  /// Error(InvalidEngine) if this machine lacks what the engine needs, Error(NotFound, InvalidArgument, OutOfMemory) as
  /// the device does; logs what else is unusual.
  Engine(std::shared_ptr<const EngineFile> file, Logger& logger, int device = 0);

  const plan::PlanT& plan() const { return file_->plan(); }
  const EngineFile& file() const { return *file_; }
  /// Threads that its kernels can use at most.
  int threads() const;
  /// Null for an engine of the processor.
  Device* device() const { return on_device_ ? &on_device_->device() : nullptr; }
  /// Of the weights, in the memory where the engine computes.
  size_t weights_bytes() const { return on_device_ ? on_device_->weights().bytes().size() : file_->weights().size(); }
  /// Index of a binding, or -1.
  int find_binding(std::string_view name) const;
  /// Steps in the order of execution, those of branches and bodies after the step that owns them.
  const std::vector<Layer>& layers(int profile) const { return layers_[static_cast<size_t>(profile)]; }
  /// A context for lanes of up to threads(). Throws Error(InvalidEngine, OutOfMemory).
  std::unique_ptr<Context> create_context(ArenaOwner arena = ArenaOwner::Context) const;
  /// "FP16: 20 of 31 layers, FP32: 11"; why not, where a narrower type was allowed and won nothing.
  std::string precision_summary() const;

 private:
  std::shared_ptr<const EngineFile> file_;
  std::shared_ptr<const DeviceEngine> on_device_;
  std::vector<std::vector<Layer>> layers_;
};

}  // namespace tn
