// SPDX-License-Identifier: Apache-2.0
#include "tuning/fold_norms.h"

#include <algorithm>
#include <utility>

#include "tuning/norm_fold.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

/// A fold that can be made, and the network with it.
struct Trial {
  NormFold fold;
  Graph folded;
  std::vector<NodeId> nodes;  ///< of `folded`
};

std::optional<Trial> try_fold(const Graph& graph, const NormFold& fold, const Backend& backend, const Target& target) {
  Trial trial{fold, graph, {}};
  trial.nodes = apply_norm_fold(trial.folded, fold);
  const bool runs = std::ranges::all_of(
      trial.nodes, [&](NodeId node) { return has_kernel(backend, target, region_at(trial.folded, node)); });
  return runs ? std::optional(std::move(trial)) : std::nullopt;
}

/// The ways in which a normalization can be folded, the preferred one first.
std::vector<Trial> find_trials(const Graph& graph, NodeId norm, const Backend& backend, const Target& target) {
  std::vector<Trial> trials;
  auto fold = find_norm_fold(graph, norm);
  if (!fold) return trials;
  for (const NodeId giver : {giver_of(graph, norm), kNone}) {
    fold->giver = giver;
    auto trial = try_fold(graph, *fold, backend, target);
    if (trial) trials.push_back(*std::move(trial));
    if (giver == kNone) break;
  }
  return trials;
}

/// Times of regions before and after a fold.
struct Weighed {
  double norm, others, within;
  double gain() const { return norm + others - within; }
};

Weighed weigh(const Graph& graph, const Trial& trial, RegionCosts& costs) {
  const auto cost = [&](const Graph& holder, NodeId id) { return costs.microseconds(region_at(holder, id)); };
  const NormFold& fold = trial.fold;
  Weighed weighed{cost(graph, fold.norm), fold.giver == kNone ? 0 : cost(graph, fold.giver), 0};
  for (const auto* readers : {&fold.products, &fold.others})
    for (const NodeId reader : *readers) weighed.others += cost(graph, reader);
  for (const NodeId node : trial.nodes) weighed.within += cost(trial.folded, node);
  return weighed;
}

void expect_costs(const Graph& graph, const Trial& trial, RegionCosts& costs) {
  const NormFold& fold = trial.fold;
  costs.expect_cost(region_at(graph, fold.norm));
  if (fold.giver != kNone) costs.expect_cost(region_at(graph, fold.giver));
  for (const auto* readers : {&fold.products, &fold.others})
    for (const NodeId reader : *readers) costs.expect_cost(region_at(graph, reader));
  for (const NodeId node : trial.nodes) costs.expect_cost(region_at(trial.folded, node));
}

/// Weighs all ways of one normalization against its own kernel; returns the best that gains, by its place.
std::optional<size_t> choose(const Graph& graph, const std::vector<Trial>& trials, RegionCosts& costs,
                             std::string& text) {
  std::vector<Weighed> weighed;
  for (const Trial& trial : trials) weighed.push_back(weigh(graph, trial, costs));
  const auto best = static_cast<size_t>(std::ranges::max_element(weighed, {}, &Weighed::gain) - weighed.begin());
  const bool gains = weighed[best].gain() > 0;
  for (size_t i = 0; i < trials.size(); ++i) {
    const auto& [norm, others, within] = weighed[i];
    text +=
        fmt::format("{}: {:.1f} us and {:.1f} us of what {}reads it, {:.1f} us within that; {}\n",
                    graph.node(trials[i].fold.norm).name, norm, others,
                    trials[i].fold.giver == kNone ? "" : "makes and ", within, gains && i == best ? "folded" : "left");
  }
  return gains ? std::optional(best) : std::nullopt;
}

}  // namespace

std::string fold_norms(Graph& graph, const Backend& backend, const Target& target, RegionCosts& costs) {
  std::vector<std::vector<Trial>> all;
  for (const NodeId id : graph.order())
    if (auto trials = find_trials(graph, id, backend, target); !trials.empty()) all.push_back(std::move(trials));
  for (const auto& trials : all)
    for (const Trial& trial : trials) expect_costs(graph, trial, costs);
  std::string text;
  Graph folded = graph;
  for (const auto& trials : all) {
    const auto best = choose(graph, trials, costs, text);
    if (!best) continue;
    // Others may have changed what makes the rows, and what reads them.
    auto fold = find_norm_fold(folded, trials[*best].fold.norm);
    if (!fold) continue;
    if (trials[*best].fold.giver != kNone) fold->giver = giver_of(folded, fold->norm);
    if (auto trial = try_fold(folded, *fold, backend, target)) folded = std::move(trial->folded);
  }
  if (text.empty()) return text;
  graph = std::move(folded);
  graph.compact();
  verify(graph);
  return "layer normalizations and what reads them:\n" + text;
}

}  // namespace tn
