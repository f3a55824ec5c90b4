// SPDX-License-Identifier: Apache-2.0
#include "builder/quantization.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/os/file.h"
#include "builder/build_target.h"
#include "builder/cache_file.h"
#include "builder/calibration.h"
#include "builder/choose_calibrator.h"
#include "ops/quant/roles.h"
#include "quant/cache.h"
#include "quant/calibrator.h"
#include "quant/declared.h"
#include "quant/spread.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAuto = "auto";

void report_unmatched(const quant::Cache& cache, const std::set<std::string, std::less<>>& known,
                      const std::string& file, Logger& logger) {
  const auto list = quant::unmatched(cache, known);
  if (list.empty()) return;
  std::string text;
  for (const auto& [name, nearest] : list)
    text += fmt::format("\n  '{}'{}", name, nearest.empty() ? "" : fmt::format(" (nearest: '{}')", nearest));
  logger.warning("{}: {} of {} names are no tensors of the network:{}", file, list.size(), cache.scales.size(), text);
  if (list.size() == cache.scales.size())
    throw Error(ErrorCode::InvalidArgument, "no name is a tensor of the network; this is the cache of another one");
}

// The side-car knows more than the cache beside which it was written.
quant::Plan plan_of(const quant::Cache& cache, const std::string& file) {
  std::error_code error;
  if (!fs::exists(side_car_path(file), error)) return quant::plan_of(cache);
  const MappedFile beside{fs::path(side_car_path(file))};
  const quant::SideCar side_car = quant::parse_side_car(beside.text());
  quant::Cache same = quant::cache_of(side_car.plan);
  same.header = cache.header;
  return to_text(same) == to_text(cache) ? side_car.plan : quant::plan_of(cache);
}

// From a cache; with another calibrator, from the histograms beside it.
Ranges read_ranges(const CalibrationConfig& config, const std::set<std::string, std::less<>>& known, Logger& logger) {
  const std::string& file = config.cache;
  const MappedFile text{fs::path(file)};
  try {
    const quant::Cache cache = quant::parse_cache(text.text());
    report_unmatched(cache, known, file, logger);
    if (config.calibrator.empty()) return {plan_of(cache, file), fmt::format("{} in {}", cache.header, file)};
  } catch (const Error& error) {
    throw error.within(file);
  }
  const MappedFile beside{fs::path(side_car_path(file))};
  const quant::SideCar side_car = quant::parse_side_car(beside.text());
  if (config.calibrator == kAuto)
    throw Error(ErrorCode::InvalidArgument, "a calibrator is chosen by samples: {} is there, so they are not read",
                file);
  const quant::Calibrator calibrator = quant::parse_calibrator(config.calibrator);
  return {ranges_by(side_car.histograms, calibrator, config.allow_unsigned),
          fmt::format("{} of {} samples, kept in {}", to_string(calibrator), side_car.samples, side_car_path(file))};
}

/// Cuts batches of a program into samples.
class ProgramSamples final : public SampleSource {
 public:
  ProgramSamples(CalibrationProgram& program, const Batching& batching)
      : program_(program), inputs_(batching.inputs), batch_(batching.size) {
    for (const SampledInput& input : inputs_) names_.push_back(input.name);
  }
  std::optional<Sample> next() override {
    if (row_ == 0) {
      addresses_.assign(inputs_.size(), nullptr);
      if (!program_.next_batch(names_, addresses_)) return std::nullopt;
      ++batches_;
    }
    Sample sample{fmt::format("sample {} of batch {}", row_, batches_ - 1), {}};
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const size_t bytes = static_cast<size_t>(inputs_[i].item.elements()) * size_of(inputs_[i].type);
      if (!addresses_[i])
        throw Error(ErrorCode::InvalidArgument, "the calibrator gives no address for input '{}'", names_[i]);
      const std::byte* begin = addresses_[i] + static_cast<size_t>(row_) * bytes;
      sample.inputs.emplace_back(begin, begin + bytes);
    }
    row_ = (row_ + 1) % batch_;
    return sample;
  }
  int64_t batches() const { return batches_; }

 private:
  CalibrationProgram& program_;
  const std::vector<SampledInput>& inputs_;
  const int64_t batch_;
  std::vector<std::string> names_;
  std::vector<const std::byte*> addresses_;
  int64_t row_ = 0, batches_ = 0;
};

Ranges ask_program(const Graph& graph, const std::set<std::string, std::less<>>& known, const BuilderConfig& config,
                   const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done) {
  CalibrationProgram& program = *config.calibration.program;
  const int64_t batch = program.batch();
  if (const std::string text = program.read_cache(); !text.empty()) {
    const quant::Cache cache = quant::parse_cache(text);
    report_unmatched(cache, known, "the calibrator's cache", logger);
    return {quant::plan_of(cache), fmt::format("{} of the program", cache.header)};
  }
  const Batching batching = batching_of(graph, profile, batch);
  if (batching.size != batch)
    throw Error(ErrorCode::InvalidArgument, "the calibrator gives batches of {}, the network takes {}", batch,
                batching.size);
  ProgramSamples samples(program, batching);
  const Histograms histograms = observe(graph, batching, samples, threads_of(config), sample_done);
  if (samples.batches() == 0) throw Error(ErrorCode::InvalidArgument, "the calibrator gives no batch");
  const std::string calibrator = program.calibrator();
  Ranges ranges{ranges_by(histograms, quant::parse_calibrator(calibrator)),
                fmt::format("{} of {} samples of the program", calibrator, samples.batches() * batch)};
  program.write_cache(cache_text(ranges.plan, calibrator));
  return ranges;
}

Ranges dummy_ranges(const Graph& graph, Logger& logger) {
  constexpr float kOfInputs = 2, kOfOthers = 4;
  logger.warning(
      "INT8 WITHOUT CALIBRATION: neither calibration data nor a cache are given, so all ranges are dummies. The engine "
      "shows how fast int8 is; its results mean nothing.");
  Ranges ranges{{}, "dummy ranges: for timing only, results mean nothing"};
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    const auto id = static_cast<TensorId>(i);
    if (graph.tensor(id).constant || graph.tensor(id).type.type != DataType::F32) continue;
    ranges.plan.emplace(graph.tensor(id).name,
                        quant::symmetric(graph.is_input(id) ? kOfInputs : kOfOthers, quant::Source::Dummy));
  }
  return ranges;
}

// Of the tensors that stand in for none, those that may be rounded: what products read, and sums with them.
void report_bounded(const Graph& graph, const std::vector<quant::Bounded>& bounded, Logger& logger) {
  std::set<std::string_view> read;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool is_branch = node.op->name() == "Add" && std::ranges::any_of(node.inputs, [&](TensorId input) {
                             return graph.producer(input) && ops::is_product(*graph.producer(input));
                           });
    if (!ops::is_product(node) && !is_branch) continue;
    for (const TensorId input : node.inputs) {
      if (input != kNone) read.insert(graph.tensor(input).name);
    }
  }
  std::string text;
  int count = 0;
  for (const auto& [tensor, bound] : bounded) {
    if (!read.contains(tensor)) continue;
    ++count;
    text += fmt::format("\n  '{}': at most {:.4g}: {}", tensor, range_of(bound.params), bound.reason);
  }
  if (count > 0)
    logger.info("No range is known for {} tensors that may be rounded; what they are computed from bounds them:{}",
                count, text);
}

}  // namespace

std::set<std::string, std::less<>> names_of_tensors(const Graph& graph) {
  std::set<std::string, std::less<>> names;
  for (size_t i = 0; i < graph.tensor_count(); ++i) names.insert(graph.tensor(static_cast<TensorId>(i)).name);
  return names;
}

Ranges find_ranges(Graph& graph, const std::set<std::string, std::less<>>& known, const BuilderConfig& config,
                   const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done) {
  const CalibrationConfig& from = config.calibration;
  std::error_code error;
  const bool has_cache = !from.cache.empty() && (from.data.empty() || fs::exists(from.cache, error));
  if ((from.level > 0 || from.budget) && (from.program || has_cache || from.data.empty()))
    throw Error(ErrorCode::InvalidArgument, "corrections and an accuracy budget need a folder of calibration data{}",
                has_cache ? fmt::format(": {} is there, so none is read", from.cache) : "");
  Ranges ranges;
  if (from.program)
    ranges = ask_program(graph, known, config, profile, logger, sample_done);
  else if (has_cache)
    ranges = read_ranges(from, known, logger);
  else if (!from.data.empty())
    ranges = calibrate(graph, config, profile, logger, sample_done);
  else if (from.ranges.empty())
    ranges = dummy_ranges(graph, logger);
  if (has_cache && !from.data.empty()) logger.info("{} exists, so {} is not calibrated with", from.cache, from.data);
  for (const auto& [name, range] : from.ranges)
    ranges.plan.insert_or_assign(name, quant::symmetric(range, quant::Source::User));
  if (!from.ranges.empty())
    ranges.origin += fmt::format("{}ranges of the program", ranges.origin.empty() ? "" : " and ");
  return ranges;
}

Rounding find_rounding(Graph& graph, const std::set<std::string, std::less<>>& names, const BuilderConfig& config,
                       const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done) {
  Rounding rounding;
  rounding.binding = is_quantized(graph);
  if (rounding.binding && config.int8 && config.qdq_as_ranges) {
    quant::Plan plan = take_ranges(graph);
    report_bounded(graph, quant::spread(graph, plan), logger);
    return {std::move(plan), "the network's Quantize and Dequantize", false, {}, {}};
  }
  if (!config.int8) return rounding;
  if (rounding.binding) {
    logger.info("the network says itself what is rounded; ranges are not used");
    return rounding;
  }
  Ranges ranges = find_ranges(graph, names, config, profile, logger, sample_done);
  report_bounded(graph, quant::spread(graph, ranges.plan), logger);
  return {std::move(ranges.plan), std::move(ranges.origin), false, std::move(ranges.floats), {}};
}

void write_declared_ranges(const Graph& graph, const std::string& cache, Logger& logger) {
  std::error_code error;
  if (cache.empty() || fs::exists(cache, error)) return;
  write_cache(cache, {"Q/DQ", "", 0, quant::declared_ranges(graph), {}}, logger);
}

}  // namespace tn
