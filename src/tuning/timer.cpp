// SPDX-License-Identifier: Apache-2.0
#include "tuning/timer.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "exec/context.h"
#include "tuning/layout.h"
#include "tuning/timing_inputs.h"

namespace tn {
namespace {

using Clock = std::chrono::steady_clock;

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

// A plan that runs the only node of a graph; inputs lie in the order that the tactic asks for.
plan::PlanT plan_of(const Graph& graph, const Backend& backend, const Target& target, const Choice& choice,
                    WeightStore& weights) {
  plan::PlanT plan;
  plan.backend = backend.name;
  ProfileBuilder builder({}, {}, weights);
  const Region region = *region_of(graph, graph.node(graph.order()[0]));
  const Order order = choice.tactic->order(region).value_or(Order::RowMajor);
  std::vector<int> inputs;
  std::vector<std::unique_ptr<plan::ShapeRangeT>> ranges;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    auto binding = std::make_unique<plan::BindingT>();
    binding->name = tensor.name;
    binding->is_input = true;
    binding->type = static_cast<uint8_t>(tensor.type.type);
    auto range = std::make_unique<plan::ShapeRangeT>();
    for (const Dim& dim : tensor.type.dims) {
      binding->dims.push_back(*dim.constant());
      range->min.push_back(*dim.constant());
    }
    range->opt = range->max = range->min;
    ranges.push_back(std::move(range));
    inputs.push_back(builder.add_binding(tensor.name, tensor.type, strides_in(order, tensor.type.dims),
                                         static_cast<int>(inputs.size())));
    plan.bindings.push_back(std::move(binding));
  }
  FixedSelector selector(choice);
  GraphLowering(graph, target, selector, builder).run(0, inputs);
  plan.profiles.push_back(builder.finish(std::move(ranges)));
  return plan;
}

void check(const Status& status) {
  if (!status) throw Error(status.code(), "{}", status.message());
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

uint64_t workspace_of(const Region& region, const Backend& backend, const Target& target, const Choice& choice) {
  if (!region.node->bodies.empty() && region.node->op->name() != "Region") return 0;
  std::map<std::string, int64_t> largest;
  for (const auto& [symbol, range] : target.ranges) largest[symbol] = range.max;
  const Graph graph = specialize(region, largest);
  WeightStore weights;
  const plan::PlanT plan = plan_of(graph, backend, target, choice, weights);
  uint64_t most = 0;
  for (const auto& step : plan.profiles[0]->lists[0]->steps) most = std::max(most, step->workspace_bytes);
  return most;
}

Timer::Timer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats)
    : backend_(backend), target_(target), opt_(std::move(opt)), repeats_(std::max(1, repeats)), lane_(target.threads) {}

double Timer::measure(const Region& region, const Choice& choice, double best) {
  constexpr size_t kColdBytes = size_t{48} << 20;
  const Graph graph = specialize(region, opt_);
  WeightStore weights;
  const plan::PlanT plan = plan_of(graph, backend_, target_, choice, weights);
  const auto engine = write_engine(plan, weights.bytes());
  const size_t weight_bytes = weights.bytes().size();
  const size_t most_copies = weight_bytes == 0 ? 1 : static_cast<size_t>(repeats_) + 1;
  const size_t copies = std::clamp<size_t>(kColdBytes / std::max<size_t>(weight_bytes, 1), 1, most_copies);
  std::vector<HostBuffer> inputs;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    inputs.push_back(timing_input(tensor.type.type, *product(tensor.type.dims).constant()));
  }
  const auto budget = repeats_ * std::chrono::microseconds(7500);
  std::vector<std::unique_ptr<Context>> contexts;
  constexpr double kHopeless = 2;
  auto begin = Clock::now();
  const auto elapsed = [&] { return Clock::now() - begin; };
  // Where runs are long, weights from memory matter little: few copies do.
  for (size_t i = 0; i < copies && (i < 2 || elapsed() < budget / 3); ++i) {
    if (i == 1 && elapsed() > std::chrono::duration<double, std::micro>(2 * kHopeless * best)) break;
    contexts.push_back(std::make_unique<Context>(EngineFile::from_bytes(engine), backend_.kernels, target_.threads));
    for (size_t input = 0; input < inputs.size(); ++input) {
      check(contexts.back()->set_address(static_cast<int>(input), inputs[input].data()));
    }
    check(contexts.back()->run(lane_));  // not timed: the system maps the arena's memory meanwhile
  }
  std::vector<double> times;
  begin = Clock::now();
  for (int i = 0; i < repeats_ && (i < 3 || elapsed() < budget); ++i) {
    if (i == 2 && std::min(times[0], times[1]) > kHopeless * best) break;
    const auto start = Clock::now();
    check(contexts[static_cast<size_t>(i) % contexts.size()]->run(lane_));
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  // The lower quartile: what other programs take from the processor is not the kernel's.
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4), times.end());
  return times[times.size() / 4];
}

}  // namespace tn
