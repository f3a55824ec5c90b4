// SPDX-License-Identifier: Apache-2.0
#include "tenon/builder.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/build/calibrator.h"
#include "api/build/config.h"
#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"
#include "api/run/host_memory.h"
#include "base/os/cpu.h"
#include "base/os/file.h"

namespace tn::api {
namespace {

// Of the formats that are allowed for an input or output the linear one, or else the first that its type and shape can
// be in.
TensorFormat choose_format(const NetworkTensor& tensor) {
  const auto allowed = [&](int format) { return (tensor.formats_ >> format & 1u) != 0; };
  const tenon::Dims dims = tensor.getDimensions();
  std::string problem = "no format is allowed";
  for (int format = 0; format < kTensorFormatCount; ++format) {
    if (!allowed(format)) continue;
    problem = format_problem(static_cast<TensorFormat>(format), to_data_type(tensor.getType()),
                             {dims.d, static_cast<size_t>(std::max(dims.nbDims, 0))});
    if (problem.empty()) return static_cast<TensorFormat>(format);
  }
  throw Error(ErrorCode::InvalidArgument, "'{}': {}", tensor.name_, problem);
}

std::map<std::string, TensorFormat> choose_formats(const Network& network) {
  std::map<std::string, TensorFormat> formats;
  for (const auto* list : {&network.inputs(), &network.outputs()}) {
    for (const NetworkTensor* tensor : *list) formats[tensor->name_] = choose_format(*tensor);
  }
  return formats;
}

// Tells the program's monitor of the build: one phase around those of the inside.
class Phases final : public BuildMonitor {
 public:
  Phases(tenon::IProgressMonitor* monitor, int32_t parts) : monitor_(monitor) {
    if (monitor_) monitor_->phaseStart(kWhole, nullptr, parts);
  }
  Phases(const Phases&) = delete;
  Phases& operator=(const Phases&) = delete;
  ~Phases() override {
    if (monitor_) monitor_->phaseFinish(kWhole);
  }
  void start(const char* phase, int steps) noexcept override {
    phase_ = phase;
    last_ = steps - 1;
    done_ = 0;
    if (monitor_) monitor_->phaseStart(phase, kWhole, steps);
  }
  bool step_done() noexcept override { return !monitor_ || monitor_->stepComplete(phase_, std::min(done_++, last_)); }
  void finish() noexcept override {
    if (!monitor_) return;
    monitor_->phaseFinish(phase_);
    monitor_->stepComplete(kWhole, parts_++);
  }

 private:
  static constexpr const char* kWhole = "Building the engine";
  tenon::IProgressMonitor* monitor_;
  const char* phase_ = "";
  int32_t last_ = 0, done_ = 0, parts_ = 0;
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
      BuilderConfig inner = within_threads(settings.inside(network));
      std::optional<PublicCalibration> calibration;
      if (auto* calibrator = config.getInt8Calibrator()) inner.calibration.program = &calibration.emplace(*calibrator);
      inner.formats = choose_formats(inside);
      if (settings.getBackend() == tenon::Backend::kAUTO) {
        if (inner.backend == BuildBackend::Cpu)
          logger_.info("Backend: the CPU ({}), since there is no GPU", cpu_info().model);
        else
          logger_.info("Backend: CUDA, since there is a GPU");
      }
      Phases phases(config.getProgressMonitor(), phases_of(inner));
      TimingCache fresh;
      TimingCache* given = settings.timing_cache();
      BuildReport report;
      Graph graph = inside.graph(inner);
      auto plan = build_engine(std::move(graph), inner, logger_, given ? *given : fresh, &report, &phases);
      if (!settings.graph_path().empty()) write_file_atomically(settings.graph_path(), report.graph);
      return new HostMemory(std::move(plan));
    });
  }
  bool isNetworkSupported(tenon::INetworkDefinition const& network,
                          tenon::IBuilderConfig const& config) const noexcept override {
    return guard(logger_, false, [&] {
      const auto& inside = static_cast<const Network&>(network);
      choose_formats(inside);
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
  int32_t getMaxThreads() const noexcept override {
    return std::min<int32_t>(max_threads_, static_cast<int32_t>(cpu_info().usable_cores));
  }
  tenon::ILogger* getLogger() const noexcept override { return &logger_.target(); }

 private:
  // Candidates are measured on as many threads as the engine is for.
  BuilderConfig within_threads(BuilderConfig config) const {
    if (config.threads == 0) config.threads = std::min<int>(max_threads_, cpu_info().usable_cores);
    if (config.threads > max_threads_)
      throw Error(ErrorCode::InvalidArgument, "tuning for {} threads needs as many; setMaxThreads allows {}",
                  config.threads, max_threads_);
    return config;
  }

  mutable PublicLogger logger_;
  std::vector<std::unique_ptr<PublicProfile>> profiles_;
  int32_t max_threads_ = std::numeric_limits<int32_t>::max();
};

}  // namespace
}  // namespace tn::api

namespace tenon {

IBuilder* createInferBuilder(ILogger& logger) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IBuilder*>(inside, nullptr, [&] { return new tn::api::PublicBuilder(logger); });
}

}  // namespace tenon
