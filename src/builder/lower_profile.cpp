// SPDX-License-Identifier: Apache-2.0
#include "builder/lower_profile.h"

#include "builder/profiles.h"
#include "engine/plan_generated.h"
#include "tuning/asking_compiler.h"
#include "tuning/layout.h"

namespace tn {
namespace {

std::unique_ptr<plan::ProfileT> lower(const Graph& graph, const Target& target, const std::vector<std::string>& symbols,
                                      const OptimizationProfile& profile, Selector& selector, WeightStore& weights,
                                      NodeSteps* steps) {
  ProfileBuilder builder(symbols, target.ranges, weights);
  std::vector<int> inputs, outputs;
  int binding = 0;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    // Elements that are extents are read by the host.
    const Space space = target.device && tensor.value ? Space::Host : Space::Device;
    inputs.push_back(
        builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), binding++, space));
  }
  for (const TensorId id : graph.outputs()) {
    const Tensor& tensor = graph.tensor(id);
    outputs.push_back(builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), binding++));
  }
  GraphLowering lowering(graph, target, selector, builder);
  lowering.run(0, inputs, outputs);
  if (steps) *steps = lowering.ways();
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  for (const TensorId id : graph.inputs()) ranges.push_back(range_of_input(graph.tensor(id), profile));
  for (size_t i = 0; i < graph.outputs().size(); ++i) ranges.push_back(std::make_unique<plan::ShapeRangeT>());
  return builder.finish(std::move(ranges));
}

}  // namespace

std::unique_ptr<plan::ProfileT> lower_profile(const Graph& graph, const Target& target,
                                              const std::vector<std::string>& symbols,
                                              const OptimizationProfile& profile, Selector& selector,
                                              WeightStore& weights, NodeSteps* steps) {
  if (target.device) {
    WeightStore unused;
    lower(graph, AskingTarget(target).get(), symbols, profile, selector, unused, nullptr);
  }
  return lower(graph, target, symbols, profile, selector, weights, steps);
}

}  // namespace tn
