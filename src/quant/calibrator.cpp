// SPDX-License-Identifier: Apache-2.0
#include "quant/calibrator.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tn::quant {
namespace {

constexpr int kLevels = 127;  // above zero, of signed integers
using Method = Calibrator::Method;
using Counts = std::vector<uint64_t>;

/// Sums of n, n·c and n·c² over the bins before one, with c a bin's centre in widths.
struct Moments {
  explicit Moments(const Counts& bins) : n(bins.size() + 1), nc(n.size()), ncc(n.size()) {
    for (size_t i = 0; i < bins.size(); ++i) {
      const double count = static_cast<double>(bins[i]), centre = static_cast<double>(i) + 0.5;
      n[i + 1] = n[i] + count;
      nc[i + 1] = nc[i] + count * centre;
      ncc[i + 1] = ncc[i] + count * centre * centre;
    }
  }
  // Of the bins [begin, end), each less `value`, squared.
  double distance(size_t begin, size_t end, double value) const {
    return ncc[end] - ncc[begin] - 2 * value * (nc[end] - nc[begin]) + value * value * (n[end] - n[begin]);
  }
  std::vector<double> n, nc, ncc;
};

// The sum of squared errors if the largest of `levels` stands for `range`, in widths.
double squared_error(const Moments& moments, double range, int levels) {
  const double step = range / levels;
  const size_t bins = moments.n.size() - 1;
  double sum = 0;
  size_t begin = 0;
  for (int level = 0; level < levels && begin < bins; ++level) {
    // Bins with their centre below level + ½ steps.
    const size_t end = std::min(static_cast<size_t>(std::max((level + 0.5) * step + 0.5, 0.0)), bins);
    if (end <= begin) continue;
    sum += moments.distance(begin, end, level * step);
    begin = end;
  }
  return sum + (begin < bins ? moments.distance(begin, bins, range) : 0);
}

double range_of_mse(const Counts& bins, double largest, int levels) {
  const Moments moments(bins);
  double best = largest, error = squared_error(moments, largest, levels);
  for (size_t edge = bins.size() - 1; edge > static_cast<size_t>(levels); --edge) {
    const double candidate = squared_error(moments, static_cast<double>(edge), levels);
    if (candidate >= error) continue;
    error = candidate;
    best = static_cast<double>(edge);
  }
  return best;
}

/// Sums over the bins before one: h, h·log h, and how many h are not zero.
struct EntropySums {
  explicit EntropySums(const Counts& bins) : h(bins.size() + 1), hlogh(h.size()), filled(h.size()) {
    for (size_t i = 0; i < bins.size(); ++i) {
      const double count = static_cast<double>(bins[i]);
      h[i + 1] = h[i] + count;
      hlogh[i + 1] = hlogh[i] + (count > 0 ? count * std::log(count) : 0);
      filled[i + 1] = filled[i] + (count > 0 ? 1 : 0);
    }
  }
  std::vector<double> h, hlogh, filled;
};

// KL divergence between the first `edge` bins, the last of which takes all that is clipped, and the same bins in 128
// levels whose counts are spread over the bins that are not empty.
double divergence(const Counts& bins, const EntropySums& sums, size_t edge) {
  constexpr size_t kBuckets = kLevels + 1;
  constexpr double kUnseen = 1e-9;  // what has no level is thought of as rare
  const double total = sums.h.back(), inside = sums.h[edge], clipped = total - inside;
  if (inside == 0) return HUGE_VAL;
  double sum = 0;  // of p·log(p / q), before p and q are divided by their sums
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    const size_t begin = bucket * edge / kBuckets, end = (bucket + 1) * edge / kBuckets;
    const double mass = sums.h[end] - sums.h[begin], filled = sums.filled[end] - sums.filled[begin];
    if (mass == 0) continue;
    const double level = mass / filled;
    sum += sums.hlogh[end] - sums.hlogh[begin] - mass * std::log(level);
    if (bucket + 1 < kBuckets || clipped == 0) continue;
    if (const double last = static_cast<double>(bins[edge - 1]); last > 0)
      sum += (last + clipped) * std::log((last + clipped) / level) - last * std::log(last / level);
  }
  const double apart = std::log(inside / total);  // of the two sums
  if (clipped > 0 && bins[edge - 1] == 0)
    return (sum + inside * apart) / total + clipped / total * std::log(clipped / total / kUnseen);
  return sum / total + apart;
}

double range_of_entropy(const Counts& fine, double largest) {
  constexpr size_t kMostBins = 2048, kBuckets = kLevels + 1;
  const size_t fold = (fine.size() + kMostBins - 1) / kMostBins;
  Counts bins((fine.size() + fold - 1) / fold);
  for (size_t i = 0; i < fine.size(); ++i) bins[i / fold] += fine[i];
  if (bins.size() <= kBuckets) return largest;
  bins[0] = bins[1];  // what lies about zero is exact under any range, and would outweigh the rest
  const EntropySums sums(bins);
  double best = HUGE_VAL;
  size_t edge = bins.size();
  for (size_t i = kBuckets; i <= bins.size(); ++i) {
    const double candidate = divergence(bins, sums, i);
    if (candidate > best) continue;
    best = candidate;
    edge = i;
  }
  return std::min(static_cast<double>(edge * fold), largest);
}

double range_of_quantile(const Counts& bins, uint64_t zeros, double quantile, double largest) {
  const double total = static_cast<double>(std::accumulate(bins.begin(), bins.end(), zeros));
  double seen = static_cast<double>(zeros);
  for (size_t i = 0; i < bins.size(); ++i) {
    seen += static_cast<double>(bins[i]);
    if (seen >= quantile * total) return std::min(static_cast<double>(i + 1), largest);
  }
  return largest;
}

double range_of_regression(const Counts& bins, double cutoff, double largest) {
  const auto used = static_cast<size_t>(std::clamp(std::ceil(cutoff * static_cast<double>(bins.size())), 2.0,
                                                   static_cast<double>(std::max<size_t>(bins.size(), 2))));
  if (used > bins.size()) return largest;
  const double middle = (static_cast<double>(used) - 1) / 2;
  double mean = 0, slope = 0, spread = 0;
  for (size_t i = 0; i < used; ++i) mean += static_cast<double>(bins[i]) / static_cast<double>(used);
  for (size_t i = 0; i < used; ++i) {
    const double distance = static_cast<double>(i) - middle;
    slope += distance * (static_cast<double>(bins[i]) - mean);
    spread += distance * distance;
  }
  slope /= spread;
  return slope < 0 ? std::min(middle + 0.5 - mean / slope, largest) : largest;
}

constexpr std::pair<std::string_view, Method> kNames[] = {
    {"minmax", Method::MinMax},   {"mse", Method::Mse},       {"entropy2", Method::Entropy2},
    {"entropy", Method::Entropy}, {"legacy", Method::Legacy}, {"percentile", Method::Percentile}};

double number(std::string_view text, std::string_view all, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
    throw Error(ErrorCode::InvalidArgument, "calibrator '{}': '{}' is no number from {} to {}", all, text, low, high);
  return value;
}

}  // namespace

Calibrator parse_calibrator(std::string_view text) {
  const size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals), value = text.substr(std::min(equals + 1, text.size()));
  const auto* known = std::ranges::find(kNames, name, &std::pair<std::string_view, Method>::first);
  const bool has_value = equals < text.size();
  const bool takes = known != std::end(kNames) &&
                     (known->second == Method::Percentile || (known->second == Method::Legacy || !has_value));
  if (!takes)
    throw Error(ErrorCode::InvalidArgument,
                "calibrator '{}' is not one of mse, entropy2, entropy, minmax, percentile=P, legacy=QUANTILE:CUTOFF",
                text);
  Calibrator calibrator{known->second};
  if (known->second == Method::Percentile && has_value) calibrator.quantile = number(value, text, 0, 100) / 100;
  if (known->second == Method::Legacy && has_value) {
    const size_t colon = std::min(value.find(':'), value.size());
    calibrator.quantile = number(value.substr(0, colon), text, 0, 1);
    if (colon < value.size()) calibrator.cutoff = number(value.substr(colon + 1), text, 0, 1);
  }
  return calibrator;
}

std::string to_string(const Calibrator& calibrator) {
  const auto* known = std::ranges::find(kNames, calibrator.method, &std::pair<std::string_view, Method>::second);
  if (calibrator.method == Method::Percentile) return fmt::format("{}={:g}", known->first, calibrator.quantile * 100);
  if (calibrator.method == Method::Legacy)
    return fmt::format("{}={:g}:{:g}", known->first, calibrator.quantile, calibrator.cutoff);
  return std::string(known->first);
}

float range_of(const Histogram& histogram, const Calibrator& calibrator, int levels) {
  const Counts bins = histogram.magnitudes();
  if (bins.empty()) return 0;
  const double largest = histogram.largest_magnitude() / histogram.width();
  double range = largest;
  switch (calibrator.method) {
    case Method::MinMax:
      break;
    case Method::Mse:
      range = range_of_mse(bins, largest, levels);
      break;
    case Method::Entropy2:
    case Method::Entropy:
      range = range_of_entropy(bins, largest);
      break;
    case Method::Percentile:
      range = range_of_quantile(bins, histogram.zeros(), calibrator.quantile, largest);
      break;
    case Method::Legacy:
      range = range_of_quantile(bins, histogram.zeros(), calibrator.quantile, largest);
      if (calibrator.cutoff < 1) range = std::max(range, range_of_regression(bins, calibrator.cutoff, largest));
      break;
  }
  return static_cast<float>(range * histogram.width());
}

double rounding_error(const Histogram& histogram, double range) {
  const Counts bins = histogram.magnitudes();
  if (bins.empty()) return 0;
  const double width = histogram.width();
  return squared_error(Moments(bins), range / width, kLevels) * width * width / static_cast<double>(histogram.count());
}

}  // namespace tn::quant
