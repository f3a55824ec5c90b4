// SPDX-License-Identifier: Apache-2.0
#include "tuning/region_plan.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "tuning/layout.h"

namespace tn {
namespace {

class FixedSelector final : public Selector {
 public:
  explicit FixedSelector(Choice choice) : choice_(std::move(choice)) {}
  Choice select(const Region&) override { return choice_; }
  Alone alone() override { throw Error(ErrorCode::Internal, "internal error: a batch loop is not timed as a region"); }

 private:
  Choice choice_;
};

Dims evaluate(const Dims& dims, const std::map<std::string, int64_t>& symbols) {
  Dims result;
  for (const Dim& dim : dims) result.push_back(dim.evaluate(symbols));
  return result;
}

std::vector<int64_t> constants(const Dims& dims) {
  std::vector<int64_t> result;
  for (const Dim& dim : dims) result.push_back(*dim.constant());
  return result;
}

// Calls visit(tensor) for each reference of a way's steps to weights.
template <typename Visit>
void each_weight(const RegionPlan& region, size_t way, Visit&& visit) {
  const plan::ProfileT& profile = *region.plan.profiles[0];
  for (size_t step = way == 0 ? 0 : region.ends[way - 1]; step < region.ends[way]; ++step) {
    for (const int32_t id : profile.lists[0]->steps[step]->inputs) {
      if (id < 0) continue;
      const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(id)];
      if (tensor.storage == plan::Storage::Weights) visit(tensor);
    }
  }
}

// Where weights lie, and how many bytes; several tensors may share them.
std::map<uint64_t, uint64_t> weights_of(const RegionPlan& region, std::span<const size_t> ways) {
  std::map<uint64_t, uint64_t> blobs;
  for (const size_t way : ways) {
    each_weight(region, way, [&](const plan::TensorT& tensor) {
      uint64_t& bytes = blobs[tensor.position];
      bytes = std::max(bytes, tensor.bytes);
    });
  }
  return blobs;
}

}  // namespace

Graph specialize(const Region& region, const std::map<std::string, int64_t>& symbols) {
  Graph graph;
  std::vector<TensorId> inputs;
  std::map<TensorId, TensorId> known;
  for (const TensorId id : region.node->inputs) {
    if (id == kNone) {
      inputs.push_back(kNone);
      continue;
    }
    if (const auto found = known.find(id); found != known.end()) {
      inputs.push_back(found->second);
      continue;
    }
    const Tensor& tensor = region.graph->tensor(id);
    const TensorId made = tensor.constant
                              ? graph.add_constant(tensor.name, tensor.constant)
                              : graph.add_input(tensor.name, {tensor.type.type, evaluate(tensor.type.dims, symbols)});
    if (tensor.value && !tensor.constant) graph.edit_tensor(made).value = evaluate(*tensor.value, symbols);
    known.emplace(id, made);
    inputs.push_back(made);
  }
  std::vector<Graph> bodies = region.node->bodies;
  for (Graph& body : bodies) {
    for (size_t i = 0; i < body.inputs().size(); ++i) {
      if (inputs[i] != kNone) body.edit_tensor(body.inputs()[i]).type = graph.tensor(inputs[i]).type;
    }
    body.infer_all();
  }
  graph.set_outputs(graph.add_node(region.node->name, region.node->op, inputs, std::move(bodies)));
  return graph;
}

RegionPlan plan_region(const Graph& graph, const Backend& backend, const Target& target, std::span<const Choice> ways) {
  RegionPlan result;
  result.plan.backend = backend.name;
  ProfileBuilder builder({}, {}, result.weights);
  const Region region = *region_of(graph, graph.node(graph.order()[0]));
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  for (const Choice& way : ways) {
    const Order order = way.tactic->order(region).value_or(Order::RowMajor);
    std::vector<int> inputs;
    for (const TensorId id : graph.inputs()) {
      const Tensor& tensor = graph.tensor(id);
      auto binding = std::make_unique<plan::BindingT>();
      binding->name = tensor.name;
      binding->is_input = true;
      binding->type = static_cast<uint8_t>(tensor.type.type);
      binding->dims = constants(tensor.type.dims);
      auto range = std::make_unique<plan::ShapeRangeT>();
      range->min = range->opt = range->max = binding->dims;
      ranges.push_back(std::move(range));
      const Space space = target.device && tensor.value ? Space::Host : Space::Device;
      if (&way == ways.data()) result.on_host.push_back(space == Space::Host);
      inputs.push_back(builder.add_binding(tensor.name, tensor.type, strides_in(order, tensor.type.dims),
                                           static_cast<int>(result.plan.bindings.size()), space));
      result.plan.bindings.push_back(std::move(binding));
    }
    FixedSelector selector(way);
    GraphLowering(graph, target, selector, builder).run(0, inputs);
    result.ends.push_back(static_cast<size_t>(builder.now()));
  }
  result.plan.profiles.push_back(builder.finish(std::move(ranges)));
  internal_check(result.plan.profiles[0]->lists.size() == 1, "'{}' runs step lists", region.node->name);
  return result;
}

size_t weight_bytes(const RegionPlan& region, std::span<const size_t> ways) {
  size_t sum = 0;
  for (const auto& [position, bytes] : weights_of(region, ways)) sum += bytes;
  return sum;
}

RepeatedPlan repeat_ways(const RegionPlan& region, std::span<const size_t> ways, size_t copies, HostBuffer& memory) {
  RepeatedPlan result{region.plan, {}};
  plan::ProfileT& profile = *result.plan.profiles[0];
  auto& steps = profile.lists[0]->steps;
  steps.clear();
  const auto weights = region.weights.bytes();
  const size_t distance = (weights.size() + 63) / 64 * 64;
  if (memory.size() < copies * distance) memory = HostBuffer(copies * distance, "weights to be timed");
  for (const auto& [position, bytes] : weights_of(region, ways)) {
    for (size_t copy = 0; copy < copies; ++copy)
      std::memcpy(memory.data() + copy * distance + position, weights.data() + position, bytes);
  }
  const auto moved = [&](int32_t id, size_t copy) {
    if (id < 0 || copy == 0) return id;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(id)];
    if (tensor.storage != plan::Storage::Weights) return id;
    profile.tensors.push_back(std::make_unique<plan::TensorT>(tensor));
    profile.tensors.back()->position += copy * distance;
    return static_cast<int32_t>(profile.tensors.size() - 1);
  };
  for (const size_t way : ways) {
    for (size_t copy = 0; copy < copies; ++copy) {
      for (size_t step = way == 0 ? 0 : region.ends[way - 1]; step < region.ends[way]; ++step) {
        steps.push_back(std::make_unique<plan::StepT>(*region.plan.profiles[0]->lists[0]->steps[step]));
        for (int32_t& id : steps.back()->inputs) id = moved(id, copy);
      }
      result.runs.push_back({way, steps.size()});
    }
  }
  return result;
}

uint64_t workspace_of(const Region& region, const Backend& backend, const Target& target, const Choice& choice) {
  if (!region.node->bodies.empty() && region.node->op->name() != "Region") return 0;
  std::map<std::string, int64_t> largest;
  for (const auto& [symbol, range] : target.ranges) largest[symbol] = range.max;
  const RegionPlan region_plan = plan_region(specialize(region, largest), backend, target, std::span(&choice, 1));
  uint64_t most = 0;
  for (const auto& step : region_plan.plan.profiles[0]->lists[0]->steps) most = std::max(most, step->workspace_bytes);
  return most;
}

}  // namespace tn
