// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/build/profile.h"
#include "api/build/timing_cache.h"
#include "api/run/logger.h"
#include "builder/builder.h"
#include "tenon/builder.h"

namespace tn::api {

class PublicConfig final : public tenon::IBuilderConfig {
 public:
  explicit PublicConfig(tenon::ILogger& logger) : logger_(logger) {}

  void setFlags(tenon::BuilderFlags flags) noexcept override { values_.flags = flags; }
  tenon::BuilderFlags getFlags() const noexcept override { return values_.flags; }
  void setFlag(tenon::BuilderFlag flag) noexcept override { values_.flags |= bit(flag); }
  void clearFlag(tenon::BuilderFlag flag) noexcept override { values_.flags &= ~bit(flag); }
  bool getFlag(tenon::BuilderFlag flag) const noexcept override { return (values_.flags & bit(flag)) != 0; }

  void setAvgTimingIterations(int32_t runs) noexcept override { values_.avg_timing = runs; }
  int32_t getAvgTimingIterations() const noexcept override { return values_.avg_timing; }
  void setBuilderOptimizationLevel(int32_t level) noexcept override { values_.level = level; }
  int32_t getBuilderOptimizationLevel() const noexcept override { return values_.level; }
  void setMaxNbTactics(int32_t most) noexcept override { values_.max_tactics = most; }
  int32_t getMaxNbTactics() const noexcept override { return values_.max_tactics; }
  void setMemoryPoolLimit(tenon::MemoryPoolType, std::size_t bytes) noexcept override { values_.workspace = bytes; }
  std::size_t getMemoryPoolLimit(tenon::MemoryPoolType) const noexcept override { return values_.workspace; }
  bool setTacticSources(tenon::TacticSources sources) noexcept override;
  tenon::TacticSources getTacticSources() const noexcept override { return values_.sources; }
  void setProfilingVerbosity(tenon::ProfilingVerbosity verbosity) noexcept override { values_.verbosity = verbosity; }
  tenon::ProfilingVerbosity getProfilingVerbosity() const noexcept override { return values_.verbosity; }

  int32_t addOptimizationProfile(tenon::IOptimizationProfile const* profile) noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override { return static_cast<int32_t>(values_.profiles.size()); }
  tenon::ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override;
  bool setTimingCache(tenon::ITimingCache const& cache, bool ignore_mismatch) noexcept override;
  tenon::ITimingCache const* getTimingCache() const noexcept override { return values_.cache; }
  void setInt8Calibrator(tenon::IInt8Calibrator* calibrator) noexcept override { values_.calibrator = calibrator; }
  tenon::IInt8Calibrator* getInt8Calibrator() const noexcept override { return values_.calibrator; }
  void setProgressMonitor(tenon::IProgressMonitor* monitor) noexcept override { values_.monitor = monitor; }
  tenon::IProgressMonitor* getProgressMonitor() const noexcept override { return values_.monitor; }
  void reset() noexcept override { values_ = {}; }

  bool setBackend(tenon::Backend backend) noexcept override;
  tenon::Backend getBackend() const noexcept override { return values_.backend; }
  bool setDevice(int32_t index) noexcept override;
  int32_t getDevice() const noexcept override { return values_.device; }
  void setTargetArchitecture(char const* architecture) noexcept override {
    values_.architecture = architecture ? architecture : "";
  }
  char const* getTargetArchitecture() const noexcept override { return values_.architecture.c_str(); }
  void setKernelCachePath(char const* path) noexcept override { values_.kernel_folder = path ? path : ""; }
  char const* getKernelCachePath() const noexcept override { return values_.kernel_folder.c_str(); }
  bool setCpuThreads(int32_t threads) noexcept override;
  int32_t getCpuThreads() const noexcept override { return values_.threads; }
  bool setPreprocess(char const* text) noexcept override;
  char const* getPreprocess() const noexcept override { return values_.preprocess.c_str(); }
  bool disablePass(char const* pass) noexcept override;
  void setMaxPatches(int64_t most) noexcept override { values_.max_patches = most; }
  int64_t getMaxPatches() const noexcept override { return values_.max_patches; }
  bool setCalibrationData(char const* folder, int32_t most, uint64_t seed) noexcept override;
  char const* getCalibrationData() const noexcept override { return values_.calibration.data.c_str(); }
  bool setCalibrationBatchSize(int32_t size) noexcept override;
  int32_t getCalibrationBatchSize() const noexcept override { return static_cast<int32_t>(values_.calibration.batch); }
  bool setCalibrator(char const* text) noexcept override;
  char const* getCalibrator() const noexcept override { return values_.calibration.calibrator.c_str(); }
  void setCalibrationUnsigned(bool allow) noexcept override { values_.calibration.allow_unsigned = allow; }
  bool getCalibrationUnsigned() const noexcept override { return values_.calibration.allow_unsigned; }
  bool setQuantizationLevel(int32_t level) noexcept override;
  int32_t getQuantizationLevel() const noexcept override { return values_.calibration.level; }
  bool setAccuracyBudget(double most, char const* metric, char const* folder) noexcept override;
  double getAccuracyBudget() const noexcept override {
    return values_.calibration.budget ? values_.calibration.budget->most : -1;
  }
  void setCalibrationCache(char const* path) noexcept override { values_.calibration.cache = path ? path : ""; }
  char const* getCalibrationCache() const noexcept override { return values_.calibration.cache.c_str(); }
  bool setQdqExport(char const* path, tenon::QdqProfile profile) noexcept override;
  char const* getQdqExport() const noexcept override { return values_.qdq_export.file.c_str(); }
  void setGraphExportPath(char const* path) noexcept override { values_.graph_path = path ? path : ""; }
  char const* getGraphExportPath() const noexcept override { return values_.graph_path.c_str(); }

  /// Throws Error for settings that contradict each other or the network.
  BuilderConfig inside(const tenon::INetworkDefinition& network) const;
  /// What the program gave; null if nothing.
  TimingCache* timing_cache() const;
  const std::string& graph_path() const { return values_.graph_path; }

 private:
  static tenon::BuilderFlags bit(tenon::BuilderFlag flag) { return 1u << static_cast<int>(flag); }

  static constexpr tenon::TacticSources kAllSources = 0x1f;
  bool takes(tenon::TacticSource source) const { return (values_.sources & 1u << static_cast<int>(source)) != 0; }

  struct Values {
    tenon::BuilderFlags flags = 1u << static_cast<int>(tenon::BuilderFlag::kTF32);
    int32_t avg_timing = 1, level = 3, max_tactics = -1, threads = 0;
    std::size_t workspace = SIZE_MAX;
    tenon::TacticSources sources = kAllSources;
    tenon::ProfilingVerbosity verbosity = tenon::ProfilingVerbosity::kLAYER_NAMES_ONLY;
    std::vector<tenon::IOptimizationProfile const*> profiles;
    tenon::ITimingCache const* cache = nullptr;
    tenon::IInt8Calibrator* calibrator = nullptr;
    tenon::IProgressMonitor* monitor = nullptr;
    tenon::Backend backend = tenon::Backend::kAUTO;
    int32_t device = 0;
    std::string architecture, kernel_folder;
    std::string preprocess, graph_path;
    std::set<std::string, std::less<>> disabled_passes;
    int64_t max_patches = -1;
    CalibrationConfig calibration;
    QdqExport qdq_export;
  };
  mutable PublicLogger logger_;
  Values values_;
};

}  // namespace tn::api
