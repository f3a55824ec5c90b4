// SPDX-License-Identifier: Apache-2.0
#include "builder/accuracy_budget.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "builder/profiles.h"
#include "quant/apply.h"
#include "quant/spread.h"

namespace tn {
namespace {

/// A product, what it costs alone, and how much time its integers may save.
struct Candidate {
  std::string name;
  double noise = 0;  ///< over signal at the outputs
  double work = 0;   ///< multiplications
};

std::vector<Candidate> candidates_of(const Graph& graph, quant::Plan plan, const OptimizationProfile& profile) {
  quant::spread(graph, plan);
  Graph rounded = graph;
  const auto products = quant::insert_pairs(rounded, plan, quant::Weights::Floats).products;
  const auto values = opt_values(graph, profile);
  std::vector<Candidate> candidates;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!products.contains(node.name)) continue;
    const auto weights = graph.tensor(node.inputs[1]).type.static_shape();
    const TensorType& result = graph.tensor(node.outputs[0]).type;
    // Elements of the result for each of its channels, times weights.
    double work = static_cast<double>(weights->elements());
    const size_t channels = node.op->name() == "MatMul" ? result.dims.size() - 1 : 1;
    for (size_t i = 0; i < result.dims.size(); ++i) {
      if (i != channels) work *= static_cast<double>(result.dims[i].evaluate(values));
    }
    candidates.push_back({node.name, 0, work});
  }
  return candidates;
}

class Search {
 public:
  Search(const Graph& graph, const quant::Plan& plan, const AccuracyBudget& budget, const HeldOut& held_out)
      : graph_(graph), plan_(plan), budget_(budget), held_out_(held_out) {}

  void weigh(std::vector<Candidate>& candidates) const {
    std::set<std::string> all;
    for (const Candidate& each : candidates) all.insert(each.name);
    for (Candidate& each : candidates) {
      std::set<std::string> others = all;
      others.erase(each.name);
      each.noise = std::pow(10, -compare(others).decibels / 10);
    }
    std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) {
      return a.noise / std::max(a.work, 1.0) > b.noise / std::max(b.work, 1.0);
    });
  }

  // Fewer and fewer of the first, then all but one of those that are left.
  std::set<std::string> run(const std::vector<Candidate>& candidates) const {
    const auto first = [&](size_t count) {
      std::set<std::string> names;
      for (size_t i = 0; i < count; ++i) names.insert(candidates[i].name);
      return names;
    };
    size_t enough = candidates.size();
    for (size_t too_few = 0, middle = 0; too_few < enough; fits(first(middle)) ? enough = middle : too_few = middle + 1)
      middle = (too_few + enough) / 2;
    std::set<std::string> floats = first(enough);
    std::vector<Candidate> left(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(enough));
    std::ranges::stable_sort(left, [](const Candidate& a, const Candidate& b) { return a.work > b.work; });
    for (const Candidate& each : left) {
      std::set<std::string> fewer = floats;
      fewer.erase(each.name);
      if (fits(fewer)) floats = std::move(fewer);
    }
    return floats;
  }

  Comparison compare(const std::set<std::string>& floats) const { return held_out_.compare(graph_, plan_, floats); }
  bool fits(const std::set<std::string>& floats) const { return is_within(budget_, compare(floats)); }

 private:
  const Graph& graph_;
  const quant::Plan& plan_;
  const AccuracyBudget& budget_;
  const HeldOut& held_out_;
};

std::string to_string(const Comparison& comparison) {
  return fmt::format("agreement {:.2f} %, drop {:.2f} points, SQNR {:.1f} dB", comparison.agreement, comparison.drop,
                     comparison.decibels);
}

}  // namespace

bool is_within(const AccuracyBudget& budget, const Comparison& comparison) {
  constexpr double kAll = 100;
  switch (budget.metric) {
    case AccuracyMetric::Agreement:
      return kAll - comparison.agreement <= budget.most;
    case AccuracyMetric::Top1:
      return comparison.drop <= budget.most;
    case AccuracyMetric::Sqnr:
      return comparison.decibels >= budget.most;
  }
  return false;
}

std::set<std::string> fit_to_budget(const Graph& graph, const quant::Plan& plan, const AccuracyBudget& budget,
                                    const OptimizationProfile& profile, const HeldOut& held_out, Logger& logger) {
  const Search search(graph, plan, budget, held_out);
  const Comparison whole = search.compare({});
  logger.info("Accuracy of all in int8 on {} samples: {}", held_out.samples(), to_string(whole));
  if (is_within(budget, whole)) return {};
  std::vector<Candidate> candidates = candidates_of(graph, plan, profile);
  search.weigh(candidates);
  std::string text = "Noise over signal of each product alone in int8, per its share of the work:";
  double work = 0;
  for (const Candidate& each : candidates) work += each.work;
  for (const Candidate& each : candidates)
    text += fmt::format("\n  {}: {:.1f} dB, {:.2f} % of the work", each.name, -10 * std::log10(each.noise),
                        100 * each.work / work);
  logger.verbose("{}", text);
  const std::set<std::string> floats = search.run(candidates);
  const Comparison fitted = search.compare(floats);
  std::string precisions;
  double saved = work;
  for (const Candidate& each : candidates) {
    if (!floats.contains(each.name)) continue;
    precisions += fmt::format("{}\"{}\":fp32", precisions.empty() ? "" : ",", each.name);
    saved -= each.work;
  }
  logger.info("Within the accuracy budget with {} of {} products in int8 ({:.1f} % of the work): {}",
              candidates.size() - floats.size(), candidates.size(), 100 * saved / std::max(work, 1.0),
              to_string(fitted));
  logger.info("The same is --precisionConstraints=obey --layerPrecisions='{}'", precisions);
  return floats;
}

}  // namespace tn
