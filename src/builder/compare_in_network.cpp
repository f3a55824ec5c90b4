// SPDX-License-Identifier: Apache-2.0
#include "builder/compare_in_network.h"

#include <algorithm>

#include "base/error.h"
#include "builder/lower_profile.h"
#include "tuning/network_bench.h"

namespace tn {
namespace {

/// What each region is the fastest by alone, with its rivals beside it.
class RivalSelector final : public Selector {
 public:
  explicit RivalSelector(Tuner& tuner) : tuner_(tuner) {}
  Choice select(const Region& region) override {
    const auto ways = rival_ways(region, tuner_.ranked(region));
    return ways.empty() ? tuner_.choose(region) : ways[0];
  }
  std::vector<Choice> rivals(const Region& region) override {
    auto ways = rival_ways(region, tuner_.ranked(region));
    if (!ways.empty()) ways.erase(ways.begin());
    return ways;
  }
  Alone alone() override { return tuner_.alone(); }

 private:
  Tuner& tuner_;
};

bool is_comparable(const Graph& graph) {
  const auto has_bodies = [&](NodeId id) {
    return !graph.node(id).bodies.empty() && graph.node(id).op->name() != "Region";
  };
  const auto holds_extents = [&](TensorId id) { return graph.tensor(id).value.has_value(); };
  return std::ranges::none_of(graph.order(), has_bodies) && std::ranges::none_of(graph.inputs(), holds_extents);
}

std::unique_ptr<NetworkBench> make_bench(const ComparedNetwork& network, Tuner& tuner) {
  RivalSelector selector(tuner);
  NetworkWays lowered{network.outline, {}, {}};
  lowered.plan.profiles.push_back(lower_profile(network.graph, network.outline, network.target, network.symbols,
                                                network.profile, selector, lowered.weights, &lowered.ways));
  return std::make_unique<NetworkBench>(std::move(lowered), network.backend, network.target);
}

}  // namespace

std::string compare_in_network(const ComparedNetwork& network, Tuner& tuner, const NetworkRoundOptions& options) {
  if (!is_comparable(network.graph)) return "";
  std::unique_ptr<NetworkBench> bench;
  const auto compare = [&](std::span<const size_t> current, std::span<const size_t> other) {
    if (!bench) bench = make_bench(network, tuner);
    return bench->compare(current, other);
  };
  try {
    const std::string changes = tune_in_network(network.graph, tuner, options, compare);
    return changes.empty() ? "" : "in the network:\n" + changes;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::OutOfMemory) throw;
    return fmt::format("in the network: nothing compared: {}\n", error.what());
  }
}

}  // namespace tn
