// SPDX-License-Identifier: Apache-2.0
#include "builder/batching.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "builder/fixed_run.h"
#include "builder/profiles.h"

namespace tn {
namespace {

// Whether all inputs begin with the same extent.
bool share_first_extent(const Graph& graph) {
  const auto first = [&](TensorId id) {
    return graph.tensor(id).type.dims.empty() ? nullptr : &graph.tensor(id).type.dims[0];
  };
  const Dim* common = graph.inputs().empty() ? nullptr : first(graph.inputs()[0]);
  return common && std::ranges::all_of(graph.inputs(), [&](TensorId id) { return first(id) && *first(id) == *common; });
}

}  // namespace

Batching batching_of(const Graph& graph, const OptimizationProfile& profile, int64_t batch) {
  Batching result;
  const auto values = opt_values(graph, profile);
  const bool batched = share_first_extent(graph);
  result.profile = profile;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    if (tensor.value)
      throw Error(
          ErrorCode::Unsupported,
          "input '{}' holds extents: such a network cannot be calibrated; give it ranges by a cache or setDynamicRange",
          tensor.name);
    Shape shape;
    for (const Dim& dim : tensor.type.dims) shape.push_back(dim.evaluate(values));
    ShapeBounds& bounds = result.profile.at(tensor.name);
    if (batched && !tensor.type.dims[0].is_constant()) {
      result.is_free = true;
      shape[0] = batch;
    }
    bounds.min = bounds.opt = bounds.max = shape;
    if (result.is_free) bounds.min[0] = 1;
    if (batched) result.size = shape[0];
    result.inputs.push_back({tensor.name, tensor.type.type, batched ? Shape(shape.span().subspan(1)) : shape});
    result.shapes.push_back(shape);
  }
  return result;
}

void fill_inputs(FixedRun& run, const Batching& batching, std::span<const Sample> samples) {
  for (size_t i = 0; i < batching.inputs.size(); ++i) {
    std::byte* to = run.input(i).data();
    for (size_t k = 0; k < static_cast<size_t>(batching.size); ++k) {
      const auto& from = samples[k % samples.size()].inputs[i];
      std::memcpy(to, from.data(), from.size());
      to += from.size();
    }
  }
}

void for_each_batch(SampleSource& samples, int64_t size, const std::function<void(std::span<const Sample>)>& batch) {
  std::vector<Sample> waiting;
  for (auto sample = samples.next(); sample; sample = samples.next()) {
    waiting.push_back(*std::move(sample));
    if (std::ssize(waiting) < size) continue;
    batch(waiting);
    waiting.clear();
  }
  if (!waiting.empty()) batch(waiting);
}

}  // namespace tn
