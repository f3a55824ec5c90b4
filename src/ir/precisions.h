// SPDX-License-Identifier: Apache-2.0
// Layers that are held to a type, beside their graph.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/patch.h"

namespace tn {

/// What some layers are held to, whatever is faster.
struct Precision {
  DataType type = DataType::F32;  ///< in which they take their operands, and compute where a kernel can
  bool gives_f32 = false;         ///< their results are not rounded to it
  bool written_out = false;       ///< they work on f32: conversions around them round to the type
  std::set<std::string> layers;   ///< as whoever holds them knows them

  bool asks_the_same(const Precision& other) const { return type == other.type && gives_f32 == other.gives_f32; }
};

/// A layer that cannot be had as it is to be held, and why.
struct UnmetPrecision {
  std::string layer, reason;
};

/// The precisions of a graph's nodes (not of those in bodies). Edits through apply() carry them on: what stands for
/// nodes of one precision has it, too, and an edit that would mix precisions is not made.
class Precisions {
 public:
  void hold(NodeId id, Precision precision) { held_.insert_or_assign(id, std::move(precision)); }
  void release(NodeId id) { held_.erase(id); }
  /// Null where it is free.
  const Precision* find(NodeId id) const;
  /// Whether one implementation can stand for both.
  bool agree(NodeId a, NodeId b) const { return same(find(a), find(b)); }
  const std::map<NodeId, Precision>& all() const { return held_; }
  bool empty() const { return held_.empty(); }

  /// Applies a patch if no precision is lost; returns whether it was.
  bool apply(Patch& patch);
  /// The same for a patch that stands for one node: never lost.
  bool apply(Patch& patch, NodeId stands_for);
  /// Graph::compact().
  void compact(Graph& graph);

 private:
  /// The nodes of a graph from `first` on, as far as it means something for them.
  void hold_from(const Graph& graph, size_t first, const Precision& precision);
  static bool same(const Precision* a, const Precision* b);
  std::map<NodeId, Precision> held_;
};

}  // namespace tn
