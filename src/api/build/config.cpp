// SPDX-License-Identifier: Apache-2.0
#include "api/build/config.h"

#include <algorithm>

#include "api/build/mean_file.h"
#include "api/build/network.h"
#include "api/run/guard.h"
#include "backends/cuda/device/devices.h"
#include "dataset/preprocess.h"
#include "passes/pipeline.h"
#include "quant/calibrator.h"
#include "tuning/fold_norms.h"

namespace tn::api {

int32_t PublicConfig::addOptimizationProfile(tenon::IOptimizationProfile const* profile) noexcept {
  return guard(logger_, -1, [&] {
    if (!not_null(profile, "the profile").isValid())
      throw Error(ErrorCode::InvalidArgument,
                  "the profile lacks min, opt or max of an input, or they are not in order");
    values_.profiles.push_back(profile);
    return getNbOptimizationProfiles() - 1;
  });
}

tenon::ITimingCache* PublicConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
  return guard<tenon::ITimingCache*>(logger_, nullptr, [&]() -> tenon::ITimingCache* {
    const auto* bytes = static_cast<const std::byte*>(blob);
    if (size == 0) return new PublicTimingCache(logger_.target(), {});
    auto cache = TimingCache::deserialize({&not_null(bytes, "the timing cache"), size});
    if (cache) return new PublicTimingCache(logger_.target(), std::move(*cache));
    logger_.warning("the timing cache is damaged or of another version, and is not used");
    return nullptr;
  });
}

bool PublicConfig::setTimingCache(tenon::ITimingCache const& cache, bool) noexcept {
  values_.cache = &cache;
  return true;
}

bool PublicConfig::setBackend(tenon::Backend backend) noexcept {
  return guard(logger_, false, [&] {
    if (backend < tenon::Backend::kAUTO || backend > tenon::Backend::kCUDA)
      throw Error(ErrorCode::Unsupported, "there is no backend {}", static_cast<int>(backend));
    values_.backend = backend;
    return true;
  });
}

bool PublicConfig::setDevice(int32_t index) noexcept {
  return guard(logger_, false, [&] {
    if (index < 0) throw Error(ErrorCode::InvalidArgument, "device {}: numbers begin at 0", index);
    values_.device = index;
    return true;
  });
}

bool PublicConfig::setTacticSources(tenon::TacticSources sources) noexcept {
  return guard(logger_, false, [&] {
    if ((sources & ~kAllSources) != 0)
      throw Error(ErrorCode::InvalidArgument, "tactic sources {:#x}: there are bits up to {:#x}", sources, kAllSources);
    values_.sources = sources;
    return true;
  });
}

bool PublicConfig::setCpuThreads(int32_t threads) noexcept {
  return guard(logger_, false, [&] {
    constexpr int32_t kMost = 1024;
    if (threads < 0 || threads > kMost)
      throw Error(ErrorCode::InvalidArgument, "{} threads; 0 (one per core) to {} are possible", threads, kMost);
    values_.threads = threads;
    return true;
  });
}

bool PublicConfig::setPreprocess(char const* text) noexcept {
  return guard(logger_, false, [&] {
    values_.preprocess = text && *text ? to_string(parse_preprocess(with_mean_of_file(text))) : "";
    return true;
  });
}

bool PublicConfig::setCalibrationData(char const* folder, int32_t most, uint64_t seed) noexcept {
  return guard(logger_, false, [&] {
    if (most < 1) throw Error(ErrorCode::InvalidArgument, "a calibration on {} samples", most);
    values_.calibration.data = folder ? folder : "";
    values_.calibration.images = most;
    values_.calibration.seed = seed;
    return true;
  });
}

bool PublicConfig::setCalibrationBatchSize(int32_t size) noexcept {
  return guard(logger_, false, [&] {
    if (size < 1) throw Error(ErrorCode::InvalidArgument, "calibration: a batch of {}", size);
    values_.calibration.batch = size;
    return true;
  });
}

bool PublicConfig::setCalibrator(char const* text) noexcept {
  return guard(logger_, false, [&] {
    const std::string_view name = text ? text : "";
    values_.calibration.calibrator =
        name.empty() || name == "auto" ? std::string(name) : to_string(quant::parse_calibrator(name));
    return true;
  });
}

bool PublicConfig::setQuantizationLevel(int32_t level) noexcept {
  return guard(logger_, false, [&] {
    if (level < 0 || level > 2)
      throw Error(ErrorCode::InvalidArgument, "corrections of level {}; there are 0 to 2", level);
    values_.calibration.level = level;
    return true;
  });
}

bool PublicConfig::setAccuracyBudget(double most, char const* metric, char const* folder) noexcept {
  return guard(logger_, false, [&] {
    constexpr std::string_view kMetrics[] = {"agreement", "top1", "sqnr"};
    const std::string_view wanted = &not_null(metric, "the metric");
    const auto found = std::ranges::find(kMetrics, wanted);
    if (found == std::end(kMetrics))
      throw Error(ErrorCode::InvalidArgument, "'{}' is no metric of accuracy; there are agreement, top1 and sqnr",
                  wanted);
    values_.calibration.budget.reset();
    if (most >= 0)
      values_.calibration.budget =
          AccuracyBudget{most, static_cast<AccuracyMetric>(found - kMetrics), folder ? folder : ""};
    return true;
  });
}

bool PublicConfig::setQdqExport(char const* path, tenon::QdqProfile profile) noexcept {
  return guard(logger_, false, [&] {
    if (profile < tenon::QdqProfile::kNATIVE || profile > tenon::QdqProfile::kORT_CPU)
      throw Error(ErrorCode::InvalidArgument, "there is no profile {} of Q/DQ; there are kNATIVE, kTRT and kORT_CPU",
                  static_cast<int>(profile));
    values_.qdq_export = {path ? path : "", static_cast<import::QdqProfile>(profile), {}};
    return true;
  });
}

bool PublicConfig::disablePass(char const* pass) noexcept {
  return guard(logger_, false, [&] {
    const std::string_view wanted = &not_null(pass, "the pass's name");
    std::string names;
    for (const passes::Pass& known : passes::pipeline()) {
      if (known.name == wanted) {
        values_.disabled_passes.emplace(wanted);
        return true;
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
    }
    if (wanted == kFoldNorms) {
      values_.disabled_passes.emplace(wanted);
      return true;
    }
    throw Error(ErrorCode::NotFound, "there is no pass '{}'; there are {}, {}", wanted, names, kFoldNorms);
  });
}

namespace {

// How much is tried at each optimization level: candidates per layer (0: all), and measurements of each over those that
// setAvgTimingIterations asks for; how long the best are compared in the network of a device.
struct Effort {
  int most_tactics;
  double repeats;
  double seconds_in_network;
};
constexpr Effort kEfforts[] = {{1, 1, 0}, {2, 0.5, 0}, {4, 1, 0}, {0, 1, 8}, {0, 2, 15}, {0, 4, 60}};

}  // namespace

BuilderConfig PublicConfig::inside(const tenon::INetworkDefinition& network) const {
  BuilderConfig config;
  for (const auto* profile : values_.profiles)
    config.profiles.push_back(static_cast<const PublicProfile*>(profile)->inside());
  const bool gpu = cuda::device_count() > 0 || !values_.architecture.empty();
  const bool cuda = values_.backend == tenon::Backend::kCUDA || (values_.backend == tenon::Backend::kAUTO && gpu);
  config.backend = cuda ? BuildBackend::Cuda : BuildBackend::Cpu;
  config.device = values_.device;
  config.architecture = values_.architecture;
  config.kernel_folder = values_.kernel_folder;
  config.cublaslt = takes(tenon::TacticSource::kCUBLAS_LT);
  config.cudnn = takes(tenon::TacticSource::kCUDNN);
  config.tf32 = getFlag(tenon::BuilderFlag::kTF32);
  config.threads = values_.threads;
  config.fp16 = getFlag(tenon::BuilderFlag::kFP16);
  config.bf16 = getFlag(tenon::BuilderFlag::kBF16);
  if (getFlag(tenon::BuilderFlag::kPREFER_PRECISION_CONSTRAINTS))
    config.precision_constraints = PrecisionConstraints::Prefer;
  if (getFlag(tenon::BuilderFlag::kOBEY_PRECISION_CONSTRAINTS))
    config.precision_constraints = PrecisionConstraints::Obey;
  config.int8 = getFlag(tenon::BuilderFlag::kINT8);
  config.qdq_as_ranges = getFlag(tenon::BuilderFlag::kQDQ_AS_RANGES);
  config.calibration = values_.calibration;
  config.qdq_export = values_.qdq_export;
  config.qdq_export.model = static_cast<const Network&>(network).model_file();
  if (network.getFlag(tenon::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) &&
      (config.fp16 || config.bf16 || config.int8)) {
    throw Error(ErrorCode::InvalidArgument,
                "a strongly typed network has the types of its inputs and casts; leave out the flag that allows {}",
                config.fp16   ? "FP16"
                : config.bf16 ? "BF16"
                              : "INT8");
  }
  config.preprocess = values_.preprocess;
  config.verbosity = static_cast<uint8_t>(values_.verbosity);
  config.explain = getFlag(tenon::BuilderFlag::kEXPLAIN);
  const Effort& effort = kEfforts[std::clamp<size_t>(static_cast<size_t>(std::max(values_.level, 0)), 0, 5)];
  config.timing = values_.level > 0;
  config.timing_repeats = std::max(static_cast<int>(effort.repeats * std::max(values_.avg_timing, 1)), 1);
  config.seconds_in_network = effort.seconds_in_network;
  config.most_tactics = values_.max_tactics > 0 ? values_.max_tactics : effort.most_tactics;
  config.workspace = values_.workspace;
  config.fail_on_cache_miss = getFlag(tenon::BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
  config.disabled_passes = values_.disabled_passes;
  if (values_.max_patches >= 0) config.max_patches = values_.max_patches;
  return config;
}

TimingCache* PublicConfig::timing_cache() const {
  if (!values_.cache || getFlag(tenon::BuilderFlag::kDISABLE_TIMING_CACHE)) return nullptr;
  return &static_cast<const PublicTimingCache*>(values_.cache)->inside();
}

}  // namespace tn::api
