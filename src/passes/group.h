// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "passes/match.h"
#include "passes/pass.h"

namespace tn::passes {

/// A growing set of nodes, of which one tensor is read outside.
class Group {
 public:
  Group(const Graph& graph, const Uses& uses, NodeId seed);

  const std::vector<NodeId>& nodes() const { return committed_; }
  /// The one tensor of the group that is read outside; kNone if there is none.
  TensorId result() const;
  /// Nodes outside that dequantize what the group reads. Others may read them, too: they are cheap to repeat.
  std::vector<NodeId> loads() const;

  /// Takes readers while some larger set has one result again.
  void grow_forward();
  /// Takes elementwise producers that nobody else reads.
  void grow_backward();

 private:
  bool fits(NodeId id) const;
  void take(NodeId id);
  bool loses_value(NodeId id) const;
  Expr expression(const ops::Elementwise& op, const Node& node) const;
  NodeId next_reader() const;
  bool operands_are_made(NodeId id) const;
  bool is_left_to_a_product(NodeId load) const;
  bool depends_on_group(NodeId start) const;
  bool only_read_inside(TensorId id) const;
  int escaping() const;
  bool ends_in_load() const;
  bool within_limits() const;

  const Graph& graph_;
  const Uses& uses_;
  Dims dims_;
  std::vector<NodeId> nodes_, committed_;
  std::set<NodeId> inside_, narrow_;
};

}  // namespace tn::passes
