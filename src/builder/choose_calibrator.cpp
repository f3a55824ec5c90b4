// SPDX-License-Identifier: Apache-2.0
#include "builder/choose_calibrator.h"

#include <cmath>

namespace tn {
namespace {

constexpr const char* kCandidates[] = {"mse", "percentile=99.99", "percentile=99.999", "minmax", "entropy2"};

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

CalibratorChoice choose_calibrator(const Graph& graph, const Histograms& histograms, const HeldOut& held_out,
                                   bool allow_unsigned) {
  CalibratorChoice choice;
  double best = -HUGE_VAL;
  for (const char* name : kCandidates) {
    const quant::Calibrator candidate = quant::parse_calibrator(name);
    const double quality = held_out.compare(graph, ranges_by(histograms, candidate, allow_unsigned)).decibels;
    choice.explanation += fmt::format("{}{} {:.1f} dB", choice.explanation.empty() ? "" : ", ", name, quality);
    if (!(quality > best)) continue;
    best = quality;
    choice.calibrator = candidate;
  }
  return choice;
}

}  // namespace tn
