// SPDX-License-Identifier: Apache-2.0
// Which tensors are stored in a narrow float type: one minimum-cost assignment over measured times.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/precisions.h"
#include "tuning/retype.h"
#include "tuning/tactic.h"

namespace tn {

/// What steps cost.
class RegionCosts {
 public:
  virtual ~RegionCosts() = default;
  /// Microseconds of the fastest way to run a region.
  virtual double microseconds(const Region& region) = 0;
  /// Says that a region will be asked for, so that what takes others' time can begin.
  virtual void expect_cost(const Region&) {}
};

struct TypeAssignment {
  DataType narrow = DataType::F32;
  std::vector<Storage> nodes;     ///< by node id: the types in which it takes and gives its operands
  std::vector<DataType> tensors;  ///< by tensor id: the type in which it is stored, where there was a choice
  double f32_cost = 0;            ///< microseconds in f32 of the nodes that there was a choice for
  double cost = 0;                ///< the same as assigned, with conversions
  std::string explanation;        ///< a line per node that there was a choice for

  double saving() const { return f32_cost - cost; }
};

/// Who may be narrow.
struct TypeRules {
  const Precisions* precisions = nullptr;  ///< layers that are held to a type, written out (hold_types.h)
  bool others = true;                      ///< the other layers have the choice; else they stay f32
};

/// Decides for every f32 node and tensor of `graph` (not of bodies) whether it is narrow, F16 or BF16. The cost of an
/// assignment is that of each node in its type and of a conversion wherever a node works on another type than an
/// operand is stored in, once per tensor; where a kernel takes or gives the other type by itself it is a quarter of
/// one. Elementwise nodes work on any mixture: the difference of their costs is spread over their operands. Nodes that
/// no kernel but a reference serves in the narrow type, and constants that would overflow in it, stay f32; so do graph
/// inputs and outputs. The result is exact (a minimum cut) and a function of graph and costs; ties go to f32. A kernel
/// that takes each of some operands in the other type is assumed to take them all so. `node_done` is called
/// twice for every node of graph.order(), when its candidates are known and when it is weighed; what it throws ends the
/// assignment. Layers that are held to the narrow type take and give it.
TypeAssignment assign_types(
    const Graph& graph, const Backend& backend, const Target& target, DataType narrow, RegionCosts& costs,
    const std::function<void()>& node_done = [] {}, const TypeRules& rules = {});

/// Rewrites the graph: types of tensors, constants, Cast nodes, and conversions inside nodes.
void apply_types(Graph& graph, const TypeAssignment& assignment);

}  // namespace tn
