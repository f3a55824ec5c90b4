// SPDX-License-Identifier: Apache-2.0
// Nodes on f32 whose operands lie in memory in a narrower float type.
#pragma once

#include "tuning/region.h"

namespace tn {

/// What assigning types may do with a node.
struct Retyping {
  bool fixed = false;     ///< must stay as it is
  bool moves = false;     ///< computes nothing: views, copies, gathers
  bool in_place = false;  ///< its own type rule takes the narrow type, for all its free operands at once
  /// Operands that may be stored in another type: f32, not known while building.
  std::vector<size_t> inputs, outputs;
  /// Constants that in_place nodes need in the same type.
  std::vector<size_t> constants;
};
Retyping retyping_of(const Graph& graph, const Node& node);

/// Types of a node's operands in memory; entries of absent ones and of those that are not free are ignored.
struct Storage {
  std::vector<DataType> inputs, outputs;
};

/// What stands for the node: the same operator where nothing changes or it is retyped in place, else a region whose
/// body converts to f32, computes what the node did, and converts back. BodyReader takes these conversions for the
/// loads and stores of a kernel.
struct Retyped {
  OpPtr op;
  std::vector<size_t> inputs;  ///< of the node, that the new one has
  std::vector<Graph> bodies;
};
Retyped retype(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage);

/// A graph of nothing but the node with operands so stored.
Graph isolate(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage);
/// What region_of() says of a graph's one node. The region refers to the graph.
std::optional<Region> only_region(const Graph& graph);

/// A conversion between float types.
OpPtr cast_op(DataType to);
/// The constant in another float type.
ConstantPtr convert(const Constant& constant, DataType type);

/// Whether every finite f32 constant of the node, bodies included, stays finite in the type, with room for what
/// transforms make of filters (Winograd's grow by 2.25).
bool constants_fit(const Graph& graph, const Node& node, DataType type);

}  // namespace tn
