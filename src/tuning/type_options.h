// SPDX-License-Identifier: Apache-2.0
// What there is to choose of the types that the nodes of a graph work on, before any cost is known.
#pragma once

#include <array>
#include <vector>

#include "tuning/assign.h"

namespace tn {

/// Of a node. Index 0 of the pairs: it works on f32; 1: on the narrow type.
struct TypeOptions {
  Retyping rule;
  bool chooses = false;  ///< has operands that may be narrow
  bool only_f32 = true;
  bool follows = false;             ///< elementwise: works on whatever its operands are stored in
  const Precision* held = nullptr;  ///< to the narrow type, at any cost
  std::array<std::vector<bool>, 2> reads_other, writes_other;  ///< by operand: takes the other type by itself
};

/// All operands in one type.
Storage uniform_storage(const Node& node, DataType type);
/// Whether some kernel runs the node with operands so stored.
bool has_kernel(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage,
                const Backend& backend, const Target& target);

class TypeOptionsFinder {
 public:
  TypeOptionsFinder(const Graph& graph, const Backend& backend, const Target& target, DataType narrow,
                    const TypeRules& rules);
  /// To be asked for in the graph's order.
  TypeOptions options_of(NodeId id);
  /// Whether a tensor, of a node that was asked for, may hold numbers beyond the narrow type.
  bool is_wide(TensorId id) const { return wide_[static_cast<size_t>(id)]; }

 private:
  bool has_kernel(const Node& node, const Retyping& rule, const Storage& storage) const {
    return tn::has_kernel(graph_, node, rule, storage, backend_, target_);
  }
  void find_mixtures(const Node& node, TypeOptions& options) const;

  const Graph& graph_;
  const Backend& backend_;
  const Target& target_;
  DataType narrow_;
  const TypeRules& rules_;
  std::vector<bool> wide_;  ///< by tensor id
};

}  // namespace tn
