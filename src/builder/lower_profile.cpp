// SPDX-License-Identifier: Apache-2.0
#include "builder/lower_profile.h"

#include "builder/borders.h"
#include "builder/profiles.h"
#include "engine/plan_generated.h"
#include "tuning/asking_compiler.h"

namespace tn {
namespace {

std::unique_ptr<plan::ProfileT> lower(const Graph& graph, const plan::PlanT& outline, const Target& target,
                                      const std::vector<std::string>& symbols, const OptimizationProfile& profile,
                                      Selector& selector, WeightStore& weights, NodeSteps* steps) {
  ProfileBuilder builder(symbols, target.ranges, weights);
  Borders borders(graph, outline, target, builder);
  borders.read_inputs();
  GraphLowering lowering(graph, target, selector, builder);
  lowering.run(0, borders.inputs(), borders.outputs());
  borders.write_outputs();
  if (steps) *steps = lowering.ways();
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  for (const TensorId id : graph.inputs()) ranges.push_back(range_of_input(graph.tensor(id), profile));
  for (size_t i = 0; i < graph.outputs().size(); ++i) ranges.push_back(std::make_unique<plan::ShapeRangeT>());
  return builder.finish(std::move(ranges));
}

}  // namespace

std::unique_ptr<plan::ProfileT> lower_profile(const Graph& graph, const plan::PlanT& outline, const Target& target,
                                              const std::vector<std::string>& symbols,
                                              const OptimizationProfile& profile, Selector& selector,
                                              WeightStore& weights, NodeSteps* steps) {
  if (target.device) {
    WeightStore unused;
    lower(graph, outline, AskingTarget(target).get(), symbols, profile, selector, unused, nullptr);
  }
  return lower(graph, outline, target, symbols, profile, selector, weights, steps);
}

}  // namespace tn
