// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/layer_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tenonexec/json_text.h"

namespace tenonexec {

/// Layers come in the same order in every run, so the end of the list is the start of the next run.
void LayerProfile::reportLayerTime(const char* name, float ms) noexcept {
  try {
    if (next_ == layers_.size() && next_ > 0 && layers_.front().name == name) next_ = 0;
    if (next_ == layers_.size() || layers_[next_].name != name) {
      const auto found =
          std::find_if(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.name == name; });
      next_ = static_cast<size_t>(found - layers_.begin());
      if (found == layers_.end()) layers_.push_back({name, {}});
    }
    layers_[next_++].times.push_back(ms);
  } catch (...) {  // out of memory: the report lacks this entry
  }
}

double LayerProfile::Layer::total() const {
  return std::accumulate(times.begin(), times.end(), 0.0);
}

double LayerProfile::Layer::median() const {
  std::vector<float> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
}

size_t LayerProfile::runs() const {
  return layers_.empty() ? 0 : layers_.front().times.size();
}

double LayerProfile::total() const {
  double sum = 0;
  for (const Layer& layer : layers_) sum += layer.total();
  return sum;
}

std::vector<std::string> LayerProfile::format() const {
  const auto row = [](double time, double average, double median, double share, const std::string& name) {
    return fmt::format("{:>12.2f}{:>12.4f}{:>12.4f}{:>9.1f}   {}", time, average, median, share, name);
  };
  std::vector<std::string> lines = {
      "", fmt::format("=== Profile ({} iterations ) ===", runs()),
      fmt::format("{:>12}{:>12}{:>12}{:>9}   {}", "Time(ms)", "Avg.(ms)", "Median(ms)", "Time(%)", "Layer")};
  const double all = total();
  double medians = 0;
  for (const Layer& layer : layers_) {
    const double time = layer.total();
    if (time <= 0) continue;
    medians += layer.median();
    lines.push_back(
        row(time, time / static_cast<double>(layer.times.size()), layer.median(), 100 * time / all, layer.name));
  }
  if (runs() > 0) lines.push_back(row(all, all / static_cast<double>(runs()), medians, 100, "Total"));
  lines.emplace_back();
  return lines;
}

std::string LayerProfile::to_json() const {
  std::string json = fmt::format("[\n  {{ \"count\" : {} }}\n", runs());
  const double all = total();
  for (const Layer& layer : layers_) {
    const double time = layer.total();
    json += fmt::format(
        ", {{ \"name\" : {}, \"timeMs\" : {:g}, \"averageMs\" : {:g}, \"medianMs\" : {:g}, \"percentage\" : {:g} }}\n",
        json_string(layer.name), time, time / static_cast<double>(layer.times.size()), layer.median(),
        all > 0 ? 100 * time / all : 0.0);
  }
  return json + "]\n";
}

}  // namespace tenonexec
