// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "tuning/tactic.h"

namespace tn {

/// Of one inference, as configured or as many as there are usable cores.
int threads_of(const BuilderConfig& config);

/// What engines are built for, with what building for it takes: the processor, or a device with memory of its own.
class BuildTarget {
 public:
  /// Throws Error(NotFound, InvalidArgument) if there is no such device, or nothing that compiles for it.
  explicit BuildTarget(const BuilderConfig& config, TimingCache* cache = nullptr);

  const Backend& backend() const { return *backend_; }
  /// Hash of the sources that decide how fast its kernels are.
  const char* kernel_sources() const { return kernel_sources_; }
  /// Whether candidates can be measured: what is built for is here.
  bool can_measure() const { return !device_ || device_->device; }
  bool is_device() const { return device_ != nullptr; }
  int threads() const { return threads_; }
  /// For one profile. Refers to this object.
  Target target(SymbolRanges ranges) const;
  /// Writes down in the plan what it is for.
  void describe(plan::PlanT& plan) const;

 private:
  const BuilderConfig& config_;
  const Backend* backend_;
  const char* kernel_sources_;
  int threads_;
  std::vector<std::string> architectures_;  ///< that the engine will be for, the lowest first
  std::unique_ptr<TextCompiler> compiler_;
  std::unique_ptr<DeviceTarget> device_;
};

}  // namespace tn
