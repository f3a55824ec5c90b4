// SPDX-License-Identifier: Apache-2.0
#include "builder/calibrate.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "builder/accuracy_budget.h"
#include "builder/build_target.h"
#include "builder/cache_file.h"
#include "builder/calibration.h"
#include "builder/choose_calibrator.h"
#include "builder/correct.h"
#include "dataset/image_folder.h"
#include "dataset/sample_files.h"
#include "quant/calibrator.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAuto = "auto";
constexpr int64_t kHeldOut = 64, kHeldOutForBudget = 512, kCorrected = 128;  // samples

struct Files {
  std::vector<fs::path> calibration, held_out;
};

// The last files are held out: what is left over for a budget, else a quarter of all at most.
Files find_files(const CalibrationConfig& from, bool compares) {
  const bool budget = from.budget.has_value();
  const int64_t most = compares ? (budget ? kHeldOutForBudget : kHeldOut) : 0;
  std::vector<fs::path> files = find_samples(from.data, from.images + most, from.seed);
  const int64_t over = budget ? std::ssize(files) - from.images : 0,
                count = std::min(most, std::max(over, std::ssize(files) / 4));
  if (compares && count == 0)
    throw Error(ErrorCode::InvalidArgument, "{} samples are too few to hold some out and compare by", files.size());
  std::vector<fs::path> held_out(files.end() - count, files.end());
  files.resize(files.size() - held_out.size());
  return {std::move(files), std::move(held_out)};
}

class Calibration {
 public:
  Calibration(Graph& graph, const BuilderConfig& config, const OptimizationProfile& profile, Logger& logger)
      : graph_(graph),
        config_(config),
        from_(config.calibration),
        profile_(profile),
        logger_(logger),
        batching_(batching_of(graph, profile, from_.batch)),
        threads_(threads_of(config)) {}

  Ranges run(const std::function<void()>& sample_done) {
    const bool chooses = from_.calibrator == kAuto, compares = chooses || from_.level > 0 || from_.budget;
    files_ = find_files(from_, compares);
    SampleReader samples(files_.calibration, batching_.inputs, config_.preprocess, logger_);
    const Histograms histograms = observe(graph_, batching_, samples, threads_, sample_done);
    tell_doubts(histograms);
    std::optional<HeldOut> held_out;
    if (compares) hold_out(held_out);
    quant::Calibrator calibrator;
    if (chooses) {
      const CalibratorChoice choice = choose_calibrator(graph_, histograms, *held_out, from_.allow_unsigned);
      calibrator = choice.calibrator;
      logger_.info("Calibrator {}, chosen on {} samples: {}", to_string(calibrator), held_out->samples(),
                   choice.explanation);
    } else if (!from_.calibrator.empty()) {
      calibrator = quant::parse_calibrator(from_.calibrator);
    }
    const int64_t count = samples.files() - samples.skipped();
    Ranges ranges{ranges_by(histograms, calibrator, from_.allow_unsigned),
                  fmt::format("{} of {} samples", to_string(calibrator), count),
                  {}};
    logger_.info("Calibrated {} tensors by {}", ranges.plan.size(), ranges.origin);
    if (!from_.cache.empty())
      write_cache(from_.cache, {to_string(calibrator), samples.manifest(), count, ranges.plan, histograms}, logger_);
    if (from_.level > 0) improve(ranges, histograms, calibrator, *held_out);
    if (from_.budget) ranges.floats = fit(ranges.plan, *held_out);
    return ranges;
  }

 private:
  void tell_doubts(const Histograms& histograms) {
    for (const SampledInput& input : batching_.inputs) {
      const auto seen = histograms.find(input.name);
      const std::string doubt = seen == histograms.end() ? "" : implausible(seen->second);
      if (!doubt.empty())
        logger_.warning("input '{}' of the calibration has {}; a wrong --preprocess is the first cause of bad results",
                        input.name, doubt);
    }
  }

  void hold_out(std::optional<HeldOut>& held_out) {
    const bool other = from_.budget && !from_.budget->data.empty();
    const std::string& folder = other ? from_.budget->data : from_.data;
    std::map<std::string, int32_t> labels;
    if (from_.budget && from_.budget->metric == AccuracyMetric::Top1) {
      const ImageFolder images{fs::path(folder)};
      for (const LabeledImage& image : images.images()) labels.emplace(image.path.string(), image.label);
    }
    SampleReader samples(other ? find_samples(folder, INT32_MAX) : files_.held_out, batching_.inputs,
                         config_.preprocess, logger_);
    const auto label_of = [&](const std::string& source) {
      const auto found = labels.find(source);
      return found == labels.end() ? -1 : found->second;
    };
    held_out.emplace(graph_, batching_, samples, threads_, label_of);
  }

  void improve(Ranges& ranges, const Histograms& histograms, const quant::Calibrator& calibrator,
               const HeldOut& held_out) {
    const auto reader = [&](int64_t most) {
      auto files = files_.calibration;
      files.resize(std::min(files.size(), static_cast<size_t>(most)));
      return std::make_unique<SampleReader>(std::move(files), batching_.inputs, config_.preprocess, logger_);
    };
    const auto calibrate_again = [&](const Graph& changed, bool allow_unsigned) {
      const auto samples = reader(std::ssize(files_.calibration));
      return ranges_by(observe(changed, batching_, *samples, threads_, [] {}), calibrator, allow_unsigned);
    };
    const CorrectionData data{batching_,
                              held_out,
                              [&] { return reader(kCorrected); },
                              [&](bool allow_unsigned) { return ranges_by(histograms, calibrator, allow_unsigned); },
                              calibrate_again,
                              threads_};
    logger_.info("Corrections of level {}, compared on {} samples: {}", from_.level, held_out.samples(),
                 correct(graph_, ranges.plan, from_.level, data));
    ranges.origin += fmt::format(", corrections of level {}", from_.level);
  }

  std::set<std::string> fit(const quant::Plan& plan, const HeldOut& held_out) {
    return fit_to_budget(graph_, plan, *from_.budget, profile_, held_out, logger_);
  }

  Graph& graph_;
  const BuilderConfig& config_;
  const CalibrationConfig& from_;
  const OptimizationProfile& profile_;
  Logger& logger_;
  const Batching batching_;
  const int threads_;
  Files files_;
};

}  // namespace

Ranges calibrate(Graph& graph, const BuilderConfig& config, const OptimizationProfile& profile, Logger& logger,
                 const std::function<void()>& sample_done) {
  return Calibration(graph, config, profile, logger).run(sample_done);
}

}  // namespace tn
