// SPDX-License-Identifier: Apache-2.0
#include "tenon/builder.h"

#include <memory>
#include <vector>

#include "api/build/config.h"
#include "api/build/network.h"
#include "api/run/guard.h"
#include "api/run/host_memory.h"
#include "base/os/cpu.h"
#include "base/os/file.h"

namespace tn::api {
namespace {

void check_formats(const Network& network) {
  for (const auto* list : {&network.inputs(), &network.outputs()}) {
    for (const NetworkTensor* tensor : *list) {
      if ((tensor->formats_ & (1u << static_cast<int>(tenon::TensorFormat::kLINEAR))) != 0) continue;
      throw Error(ErrorCode::Unsupported, "'{}': only the linear format (chw) is supported at inputs and outputs",
                  tensor->name_);
    }
  }
}

// Tells the program's monitor of the build.
class Phase {
 public:
  explicit Phase(tenon::IProgressMonitor* monitor) : monitor_(monitor) {
    if (monitor_) monitor_->phaseStart(kName, nullptr, 1);
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
  ~Phase() {
    if (monitor_) monitor_->phaseFinish(kName);
  }
  void step_done() {
    if (monitor_ && !monitor_->stepComplete(kName, 0))
      throw Error(ErrorCode::InvalidArgument, "the build was stopped by the progress monitor");
  }

 private:
  static constexpr const char* kName = "Building the engine";
  tenon::IProgressMonitor* monitor_;
};

class PublicBuilder final : public tenon::IBuilder {
 public:
  explicit PublicBuilder(tenon::ILogger& logger) : logger_(logger) {}

  tenon::INetworkDefinition* createNetworkV2(tenon::NetworkDefinitionCreationFlags flags) noexcept override {
    return guard<tenon::INetworkDefinition*>(logger_, nullptr, [&] { return new Network(flags, logger_.target()); });
  }
  tenon::IBuilderConfig* createBuilderConfig() noexcept override {
    return guard<tenon::IBuilderConfig*>(logger_, nullptr, [&] { return new PublicConfig(logger_.target()); });
  }
  tenon::IOptimizationProfile* createOptimizationProfile() noexcept override {
    return guard<tenon::IOptimizationProfile*>(logger_, nullptr, [&] {
      profiles_.push_back(std::make_unique<PublicProfile>(logger_.target()));
      return profiles_.back().get();
    });
  }
  tenon::IHostMemory* buildSerializedNetwork(tenon::INetworkDefinition& network,
                                             tenon::IBuilderConfig& config) noexcept override {
    return guard<tenon::IHostMemory*>(logger_, nullptr, [&] {
      const auto& inside = static_cast<const Network&>(network);
      const auto& settings = static_cast<const PublicConfig&>(config);
      check_formats(inside);
      if (settings.getBackend() == tenon::Backend::kAUTO)
        logger_.info("Backend: the CPU ({}), the only one there is", cpu_info().model);
      Phase phase(config.getProgressMonitor());
      TimingCache fresh;
      TimingCache* given = settings.timing_cache();
      BuildReport report;
      auto plan = build_engine(inside.graph(), settings.inside(network), logger_, given ? *given : fresh, &report);
      phase.step_done();
      if (!settings.graph_path().empty()) write_file_atomically(settings.graph_path(), report.graph);
      return new HostMemory(std::move(plan));
    });
  }
  bool isNetworkSupported(tenon::INetworkDefinition const& network,
                          tenon::IBuilderConfig const& config) const noexcept override {
    return guard(logger_, false, [&] {
      const auto& inside = static_cast<const Network&>(network);
      check_formats(inside);
      static_cast<const PublicConfig&>(config).inside(network);
      verify(inside.graph());
      return true;
    });
  }
  bool setMaxThreads(int32_t most) noexcept override {
    return guard(logger_, false, [&] {
      if (most < 1) throw Error(ErrorCode::InvalidArgument, "a build needs at least one thread, not {}", most);
      max_threads_ = most;
      return true;
    });
  }
  int32_t getMaxThreads() const noexcept override { return max_threads_; }
  tenon::ILogger* getLogger() const noexcept override { return &logger_.target(); }

 private:
  mutable PublicLogger logger_;
  std::vector<std::unique_ptr<PublicProfile>> profiles_;
  int32_t max_threads_ = 1;
};

}  // namespace
}  // namespace tn::api

namespace tenon {

IBuilder* createInferBuilder(ILogger& logger) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IBuilder*>(inside, nullptr, [&] { return new tn::api::PublicBuilder(logger); });
}

}  // namespace tenon
