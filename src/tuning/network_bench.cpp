// SPDX-License-Identifier: Apache-2.0
#include "tuning/network_bench.h"

#include <algorithm>
#include <limits>

#include "base/require.h"
#include "exec/context.h"
#include "exec/device_engine.h"
#include "tuning/device_stopwatch.h"
#include "tuning/timing_inputs.h"

namespace tn {
namespace {

constexpr int kRounds = 9;
constexpr double kRound = 2000;  // microseconds of replays
constexpr int kMostReplays = 20;
constexpr double kHopeless = 1.01;

double lower_quartile(std::vector<double> times) {
  std::ranges::sort(times);
  return times[times.size() / 4];
}

bool on_device(const plan::StepT& step) {
  return !step.host && step.lists.empty() && step.defines.empty();
}

}  // namespace

class NetworkBench::Runner {
 public:
  Runner(NetworkWays network, const Backend& backend, const Target& target)
      : ways_(std::move(network.ways)),
        device_(*target.device->device),
        lane_(target.threads),
        weights_(network.weights.bytes().size(), "weights to be timed"),
        engine_(place(network, weights_)),
        context_(engine_, target.device->host_kernels, target.threads,
                 std::make_shared<const DeviceEngine>(*engine_, device_, backend.kernels)),
        stopwatch_(device_) {
    find_part();
    bind_operands();
    context_.use_graphs(false);
    require(context_.run(lane_, &stopwatch_.queue()));
    require(stopwatch_.queue().synchronize());
  }

  double compare(std::span<const size_t> current, std::span<const size_t> other) {
    if (!differ(current, other)) return 1;
    if (!current_graph_ || !std::ranges::equal(current, current_)) {
      current_.assign(current.begin(), current.end());
      require(record(current, current_graph_));
    }
    std::unique_ptr<LaunchGraph> other_graph;
    double time = 0;
    Status status = record(other, other_graph);
    if (status) status = stopwatch_.time(*other_graph, 1, time);
    if (!status) return std::numeric_limits<double>::infinity();
    require(stopwatch_.time(*current_graph_, 1, time));
    const int replays = std::clamp(static_cast<int>(kRound / std::max(time, 1.0)), 1, kMostReplays);
    std::vector<double> times[2];
    for (int round = 0; round < kRounds; ++round) {
      require(stopwatch_.time(*current_graph_, replays, times[0].emplace_back()));
      if (!stopwatch_.time(*other_graph, replays, times[1].emplace_back()))
        return std::numeric_limits<double>::infinity();
      if (round == 2 && std::ranges::min(times[1]) > kHopeless * std::ranges::min(times[0])) break;
    }
    constexpr double kLeast = 1e-3;  // a clock may not tell less apart
    return std::max(lower_quartile(times[1]), kLeast) / std::max(lower_quartile(times[0]), kLeast);
  }

 private:
  static std::shared_ptr<const EngineFile> place(NetworkWays& network, const HostBuffer& memory) {
    std::ranges::copy(network.weights.bytes(), memory.data());
    return EngineFile::from_plan(std::move(network.plan), memory.span());
  }

  const std::vector<std::unique_ptr<plan::StepT>>& steps() const {
    return engine_->plan().profiles[0]->lists[0]->steps;
  }

  // The longest sequence of nodes whose steps one graph can hold.
  void find_part() {
    size_t first = 0;
    for (size_t node = 0; node < ways_.size(); ++node) {
      const size_t begin = ways_[node].front().first, end = ways_[node].back().last;
      const bool inside = std::all_of(steps().begin() + static_cast<std::ptrdiff_t>(begin),
                                      steps().begin() + static_cast<std::ptrdiff_t>(end),
                                      [](const auto& step) { return on_device(*step); });
      if (!inside) first = node + 1;
      if (node + 1 - first > last_node_ - first_node_ && inside) {
        first_node_ = first;
        last_node_ = node + 1;
      }
    }
  }

  void bind_operands() {
    const plan::PlanT& plan = engine_->plan();
    for (size_t i = 0; i < plan.bindings.size(); ++i) {
      const auto binding = static_cast<int>(i);
      if (plan.bindings[i]->is_input)
        require(context_.set_input_shape(binding, Shape(std::span<const int64_t>(plan.profiles[0]->inputs[i]->opt))));
      const size_t bytes = context_.max_bytes(binding);
      const auto type = static_cast<DataType>(plan.bindings[i]->type);
      const HostBuffer& data = host_.emplace_back(timing_input(type, static_cast<int64_t>(bytes / size_of(type))));
      const bool on_host = std::ranges::any_of(plan.profiles[0]->tensors, [&](const auto& tensor) {
        return tensor->storage == plan::Storage::Binding && tensor->position == i && tensor->host;
      });
      void* address = data.data();
      if (!on_host) {
        buffers_.push_back(device_.allocate(std::max<size_t>(bytes, 1), "timing inputs"));
        require(stopwatch_.queue().copy(buffers_.back()->data(), data.data(), bytes));
        address = buffers_.back()->data();
      }
      require(context_.set_address(binding, address));
    }
    require(context_.prepare());
  }

  bool differ(std::span<const size_t> a, std::span<const size_t> b) const {
    return !std::equal(a.begin() + static_cast<std::ptrdiff_t>(first_node_),
                       a.begin() + static_cast<std::ptrdiff_t>(last_node_),
                       b.begin() + static_cast<std::ptrdiff_t>(first_node_));
  }

  Status record(std::span<const size_t> ways, std::unique_ptr<LaunchGraph>& graph) {
    graph = device_.make_graph();
    Queue& recorder = graph->record();
    for (size_t node = first_node_; node < last_node_; ++node) {
      internal_check(ways[node] < ways_[node].size(), "node {} has {} ways in the network, not {}", node,
                     ways_[node].size(), ways[node] + 1);
      const auto& steps = ways_[node][ways[node]];
      if (Status status = context_.enqueue_steps(steps.first, steps.last, lane_, &recorder); !status) return status;
    }
    return graph->finish();
  }

  std::vector<std::vector<GraphLowering::Steps>> ways_;
  Device& device_;
  Lane lane_;
  HostBuffer weights_;
  std::shared_ptr<const EngineFile> engine_;
  Context context_;
  DeviceStopwatch stopwatch_;
  size_t first_node_ = 0, last_node_ = 0;
  std::vector<HostBuffer> host_;
  std::vector<std::unique_ptr<DeviceBuffer>> buffers_;
  std::vector<size_t> current_;
  std::unique_ptr<LaunchGraph> current_graph_;
};

NetworkBench::NetworkBench(NetworkWays network, const Backend& backend, const Target& target)
    : runner_(std::make_unique<Runner>(std::move(network), backend, target)) {}
NetworkBench::~NetworkBench() = default;

double NetworkBench::compare(std::span<const size_t> current, std::span<const size_t> other) {
  return runner_->compare(current, other);
}

}  // namespace tn
