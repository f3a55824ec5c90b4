// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/precisions.h"

namespace tn::passes {

/// Who reads what. Valid until the graph changes.
class Uses {
 public:
  explicit Uses(const Graph& graph, const Precisions* precisions = nullptr);
  /// Live nodes that read the tensor, once per use.
  std::span<const NodeId> readers(TensorId id) const;
  /// The node that alone reads the tensor, once; kNone if there is none or the tensor is a graph output.
  NodeId only_reader(TensorId id) const;
  bool is_output(TensorId id) const { return output_[static_cast<size_t>(id)]; }
  /// Whether one implementation may stand for both nodes: they are held to the same type, or neither is.
  bool agree(NodeId a, NodeId b) const { return !precisions_ || precisions_->agree(a, b); }

 private:
  std::vector<size_t> begin_;
  std::vector<NodeId> readers_;
  std::vector<bool> output_;
  const Precisions* precisions_;
};

/// Looks at one node and proposes an edit. While the patch is built, references into the graph do not stay valid.
using Rule = std::optional<Patch> (*)(Graph& graph, const Uses& uses, NodeId id);

/// A named rewrite: its rules are tried at every node, bodies included (the insides of fused regions excepted), until
/// none applies. Dead nodes are removed after every edit.
struct Pass {
  std::string_view name;
  std::span<const Rule> rules;
};

/// Removes the nodes that no graph output depends on, in bodies too. Returns how many.
int64_t remove_dead_nodes(Graph& graph);

}  // namespace tn::passes
