// SPDX-License-Identifier: Apache-2.0
// A region by itself, as something that can run.
#pragma once

#include <map>
#include <string>

#include "device/buffer.h"
#include "engine/plan_generated.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// A region with the values of symbols put in, as a graph of one node.
Graph specialize(const Region& region, const std::map<std::string, int64_t>& symbols);

/// Some ways of running a region, one after another, in one plan: they share the arena. Each reads inputs of its own,
/// since it may ask for another order: way w reads input i of the graph from binding w * inputs + i.
struct RegionPlan {
  plan::PlanT plan;
  WeightStore weights;
  std::vector<size_t> ends;   ///< of each way's steps
  std::vector<bool> on_host;  ///< by input of the graph: the host reads it, though the device has memory of its own
};

/// `graph` as specialize() makes it.
RegionPlan plan_region(const Graph& graph, const Backend& backend, const Target& target, std::span<const Choice> ways);

/// Some of the ways of a plan, each so many times in turn, with a copy of the weights for each time.
struct RepeatedPlan {
  plan::PlanT plan;
  /// One way once, in the order in which they run.
  struct Run {
    size_t way, end;  ///< of its steps
  };
  std::vector<Run> runs;
};

/// Puts the weights into `memory`, which grows as needed.
RepeatedPlan repeat_ways(const RegionPlan& region, std::span<const size_t> ways, size_t copies, HostBuffer& memory);
/// Bytes of weights that these ways read.
size_t weight_bytes(const RegionPlan& region, std::span<const size_t> ways);

/// Bytes of the arena that its hungriest step uses beside its operands, at the largest shapes. Of control flow 0: the
/// regions inside are asked on their own.
uint64_t workspace_of(const Region& region, const Backend& backend, const Target& target, const Choice& choice);

}  // namespace tn
