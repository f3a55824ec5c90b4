// SPDX-License-Identifier: Apache-2.0
#include "support/ways.h"

#include <fmt/format.h>

#include "backends/cuda/tactics/table.h"
#include "base/error.h"
#include "builder/profiles.h"
#include "engine/plan_generated.h"
#include "passes/fuse_regions.h"
#include "passes/pipeline.h"
#include "tuning/fold_norms.h"
#include "tuning/layout.h"
#include "tuning/split.h"
#include "tuning/tactics/common.h"
#include "tuning/tuner.h"

namespace tn::test {
namespace {

/// One region in one way, all others in their first.
class OneWay final : public Selector {
 public:
  OneWay(const Ways::Way& way, const Target& target) : way_(way), target_(target) {}
  Choice select(const Region& region) override {
    if (region.node == way_.node) return way_.choice;
    for (const Tactic* tactic : cuda::backend().tactics)
      if (support_of(*tactic, region, target_)) return {tactic, tactic->configs(region, target_).front()};
    throw Error(ErrorCode::Unsupported, "no tactic takes {}", region.operators());
  }
  Alone alone() override { return {*this, target_}; }

 private:
  const Ways::Way& way_;
  const Target& target_;
};

std::unique_ptr<plan::BindingT> binding_of(const Tensor& tensor, bool is_input) {
  auto binding = std::make_unique<plan::BindingT>();
  binding->name = tensor.name;
  binding->is_input = is_input;
  binding->type = static_cast<uint8_t>(tensor.type.type);
  for (const Dim& dim : tensor.type.dims) binding->dims.push_back(dim.constant().value_or(-1));
  return binding;
}

void fit(Graph& graph, const Target& target) {
  const auto accepts = [&](const Graph& holder, const Node& node) {
    const auto region = region_of(holder, node);
    return region && is_supported(cuda::backend(), target, *region);
  };
  passes::trim_regions(graph, accepts);
  split_unsupported(graph, cuda::backend(), target);
  passes::run_passes(graph, std::span(&passes::fuse_pointwise, 1), {});
  graph.compact();
}

}  // namespace

double NarrowIsCheap::microseconds(const Region& region) {
  if (region.operators() == "Cast") return 0.1;
  const auto narrow = [](const TensorType& type) { return is_float(type.type) && size_of(type.type) == 2; };
  for (int i = 0; i < region.inputs(); ++i) {
    if (region.has_input(i) && narrow(region.input_type(i))) return 1;
  }
  return narrow(region.output_type(0)) ? 1 : 100;
}

Ways::Ways(Graph graph, const OptimizationProfile& profile, const DeviceTarget& device, DataType type)
    : graph_(std::move(graph)) {
  passes::run_passes(graph_, passes::pipeline(), {});
  graph_.compact();
  profile_ = complete_profiles(graph_, {profile}).at(0);
  target_.device = &device;
  target_.ranges = symbol_ranges(graph_, profile_);
  fit(graph_, target_);
  if (type != DataType::F32) {
    NarrowIsCheap costs;
    apply_types(graph_, assign_types(graph_, cuda::backend(), target_, type, costs));
    fold_norms(graph_, cuda::backend(), target_, costs);
  }
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    if (const auto region = region_of(graph_, node))
      for (Choice& choice : choices(*region)) ways_.push_back({&node, std::move(choice)});
  }
}

std::vector<Choice> Ways::choices(const Region& region) const {
  std::vector<Choice> result;
  for (const Tactic* tactic : cuda::backend().tactics) {
    if (!support_of(*tactic, region, target_)) continue;
    if (!tactic->timed() && !result.empty()) break;
    for (std::string& config : tactic->configs(region, target_)) result.push_back({tactic, std::move(config)});
    if (!tactic->timed()) break;
  }
  return result;
}

std::string Ways::name(const Way& way) const {
  return fmt::format("{} by {} {}", region_of(graph_, *way.node)->operators(), way.choice.tactic->name(),
                     way.choice.config);
}

std::shared_ptr<const EngineFile> Ways::engine(const Way& way) const {
  plan::PlanT plan;
  plan.backend = cuda::backend().name;
  plan.architecture = target_.device->architecture;
  plan.threads = 1;
  std::vector<std::string> symbols;
  for (auto& symbol : symbols_of(graph_)) {
    symbols.push_back(symbol->name);
    plan.symbols.push_back(std::move(symbol));
  }
  WeightStore weights;
  ProfileBuilder builder(symbols, target_.ranges, weights);
  std::vector<int> inputs, outputs;
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  const auto bind = [&](TensorId id, bool is_input) {
    const Tensor& tensor = graph_.tensor(id);
    const auto number = static_cast<int>(plan.bindings.size());
    plan.bindings.push_back(binding_of(tensor, is_input));
    ranges.push_back(is_input ? range_of_input(tensor, profile_) : std::make_unique<plan::ShapeRangeT>());
    return builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), number,
                               is_input && tensor.value ? Space::Host : Space::Device);
  };
  for (const TensorId id : graph_.inputs()) inputs.push_back(bind(id, true));
  for (const TensorId id : graph_.outputs()) outputs.push_back(bind(id, false));
  OneWay selector(way, target_);
  GraphLowering(graph_, target_, selector, builder).run(0, inputs, outputs);
  plan.profiles.push_back(builder.finish(std::move(ranges)));
  plan.recipes = weights.take_recipes();
  return EngineFile::from_bytes(write_engine(plan, weights.bytes()));
}

}  // namespace tn::test
