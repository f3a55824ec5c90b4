// SPDX-License-Identifier: Apache-2.0
#include "builder/fitted_profile.h"

#include <algorithm>

#include "backends/cpu/device/kernel_table.h"
#include "builder/batch_choice.h"
#include "builder/lower_profile.h"
#include "builder/profiles.h"
#include "engine/plan_generated.h"
#include "tuning/race.h"

namespace tn {
namespace {

// Times of graphs that differ in nothing but loops over the batch.
std::vector<double> race_graphs(std::span<const Graph> graphs, const plan::PlanT& outline, const Target& target,
                                const std::vector<std::string>& symbols, const OptimizationProfile& profile,
                                Selector& selector) {
  std::vector<plan::PlanT> plans;
  WeightStore weights;
  for (const Graph& graph : graphs) {
    plan::PlanT& plan = plans.emplace_back(outline);
    plan.profiles.clear();
    plan.profiles.push_back(lower_profile(graph, outline, target, symbols, profile, selector, weights));
  }
  return race(std::move(plans), weights.bytes(), cpu::find_kernel, target.threads);
}

/// What the tuner has chosen before.
class ChosenSelector final : public Selector {
 public:
  explicit ChosenSelector(Tuner& tuner) : tuner_(tuner) {}
  Choice select(const Region& region) override { return tuner_.choose(region); }
  Alone alone() override { return tuner_.alone(); }

 private:
  Tuner& tuner_;
};

void add_needs(plan::PlanT& plan, const plan::ProfileT& profile, const Backend& backend) {
  for (const auto& list : profile.lists) {
    for (const auto& step : list->steps) {
      const KernelEntry* kernel = backend.kernels(step->kernel);
      const auto parameters = std::as_bytes(std::span(step->parameters));
      if (kernel && kernel->features) plan.features |= kernel->features(parameters);
      if (!kernel || !kernel->library) continue;
      const std::string library = kernel->library(parameters);
      if (std::ranges::find(plan.libraries, library) == plan.libraries.end()) plan.libraries.push_back(library);
    }
  }
}

}  // namespace

int count_regions(const Graph& graph) {
  int count = 0;
  for (const NodeId id : graph.order()) {
    ++count;
    if (graph.node(id).op->name() == "Region") continue;
    for (const Graph& body : graph.node(id).bodies) count += count_regions(body);
  }
  return count;
}

void loop_over_batch(FittedProfile& fitted, const plan::PlanT& outline, const std::vector<std::string>& symbols) {
  const auto race = [&](std::span<const Graph> graphs) {
    return race_graphs(graphs, outline, fitted.target, symbols, *fitted.profile, *fitted.tuner);
  };
  BatchChoice choice = choose_batch_loop(fitted.graph, *fitted.tuner, opt_values(fitted.graph, *fitted.profile),
                                         fitted.target.threads, race);
  if (choice.graph) fitted.graph = *std::move(choice.graph);
  fitted.weighed += choice.explanation;
  fitted.tuner->forget_explanation();
}

void select_all(FittedProfile& fitted) {
  std::vector<Region> regions;
  for (const NodeId id : fitted.graph.order()) {
    regions.push_back(*region_of(fitted.graph, fitted.graph.node(id)));
    fitted.tuner->expect(regions.back());
  }
  for (const Region& region : regions) fitted.tuner->select(region);
}

const plan::ProfileT& lower(const FittedProfile& fitted, const Backend& backend,
                            const std::vector<std::string>& symbols, plan::PlanT& plan, WeightStore& weights) {
  ChosenSelector chosen(*fitted.tuner);
  Selector& selector = fitted.target.device ? static_cast<Selector&>(chosen) : *fitted.tuner;
  plan.profiles.push_back(
      lower_profile(fitted.graph, plan, fitted.target, symbols, *fitted.profile, selector, weights));
  const plan::ProfileT& lowered = *plan.profiles.back();
  add_needs(plan, lowered, backend);
  return lowered;
}

}  // namespace tn
