// SPDX-License-Identifier: Apache-2.0
#include "builder/choose_calibrator.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "builder/fixed_run.h"
#include "quant/apply.h"
#include "quant/spread.h"

namespace tn {
namespace {

constexpr const char* kCandidates[] = {"mse", "percentile=99.99", "percentile=99.999", "minmax", "entropy2"};

Graph rounded(Graph graph, quant::Plan plan) {
  quant::spread(graph, plan);
  quant::insert_pairs(graph, plan, quant::Weights::Floats);
  return graph;
}

// All float outputs of all samples, one after another.
std::vector<float> outputs_of(Graph graph, const Batching& batching, std::span<const Sample> samples, int threads) {
  FixedRun run(std::move(graph), batching.profile, threads);
  std::vector<float> result;
  const auto size = static_cast<size_t>(batching.size);
  for (size_t first = 0; first < samples.size(); first += size) {
    for (size_t i = 0; i < batching.inputs.size(); ++i) {
      std::byte* to = run.input(i).data();
      for (size_t k = first; k < first + size; ++k) {
        const auto& from = samples[std::min(k, samples.size() - 1)].inputs[i];
        std::memcpy(to, from.data(), from.size());
        to += from.size();
      }
    }
    run.run(batching.shapes);
    for (size_t i = 0; i < run.outputs(); ++i) {
      const TensorView view = run.output(i);
      if (view.type == DataType::F32)
        result.insert(result.end(), view.as<const float>(), view.as<const float>() + view.elements());
    }
  }
  return result;
}

double decibels(std::span<const float> exact, std::span<const float> rounded) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double difference = static_cast<double>(exact[i]) - rounded[i];
    signal += static_cast<double>(exact[i]) * exact[i];
    noise += difference * difference;
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace

quant::Plan ranges_by(const Histograms& histograms, const quant::Calibrator& calibrator, bool allow_unsigned) {
  quant::Plan plan;
  for (const auto& [name, histogram] : histograms) {
    const DataType type = allow_unsigned && histogram.min() >= 0 ? DataType::U8 : DataType::I8;
    const float range = range_of(histogram, calibrator, static_cast<int>(quant::levels_of(type)));
    plan.emplace(name, quant::from_range(range, type, quant::Source::Calibrated));
  }
  return plan;
}

CalibratorChoice choose_calibrator(const Graph& graph, const Batching& batching, const Histograms& histograms,
                                   SampleReader& held_out, bool allow_unsigned, int threads) {
  std::vector<Sample> samples;
  while (auto sample = held_out.next()) samples.push_back(*std::move(sample));
  const std::vector<float> exact = outputs_of(graph, batching, samples, threads);
  if (exact.empty())
    throw Error(ErrorCode::InvalidArgument, "the network has no outputs in f32 to choose a calibrator by");
  CalibratorChoice choice;
  double best = -HUGE_VAL;
  for (const char* name : kCandidates) {
    const quant::Calibrator candidate = quant::parse_calibrator(name);
    const double quality = decibels(exact, outputs_of(rounded(graph, ranges_by(histograms, candidate, allow_unsigned)),
                                                      batching, samples, threads));
    choice.explanation += fmt::format("{}{} {:.1f} dB", choice.explanation.empty() ? "" : ", ", name, quality);
    if (!(quality > best)) continue;
    best = quality;
    choice.calibrator = candidate;
  }
  return choice;
}

}  // namespace tn
