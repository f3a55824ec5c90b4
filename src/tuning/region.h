// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "expr/expr.h"
#include "ir/graph.h"

namespace tn {

/// How the elements of an operand in memory stand for the numbers that an anchor takes: (q − zero point) · scale.
struct QuantizedLoad {
  ConstantPtr scale;       ///< one element, or one for each index along `axis`
  ConstantPtr zero_point;  ///< of the type of the operand, one element or as many; null where all are 0
  int axis = -1;           ///< of the operand; -1: one scale and zero point for all

  bool per_channel() const { return axis >= 0; }
  double scale_at(int64_t index) const { return scale->number(scale->elements() == 1 ? 0 : index); }
  int64_t zero_point_at(int64_t index) const {
    return zero_point ? zero_point->integer(zero_point->elements() == 1 ? 0 : index) : 0;
  }
};

/// What a backend is asked to run as one: a node, or a fused region of nodes, seen as at most one anchor (an operator
/// that is not elementwise) followed by scalar expressions of its result. Points into the graph it was made from.
struct Region {
  const Graph* graph = nullptr;  ///< the graph that holds `node`
  const Node* node = nullptr;
  /// The operator before the expressions; null if all is elementwise.
  const Op* anchor = nullptr;
  /// For each operand of the anchor, the input of `node` that it reads; -1 where absent. The input may be stored in a
  /// narrower float type than the f32 that the anchor takes: loads convert.
  std::vector<int> anchor_inputs;
  /// For each operand of the anchor: nothing, or how it is dequantized as it is loaded.
  std::vector<std::optional<QuantizedLoad>> anchor_loads;
  /// Types of the anchor's results (before the expressions).
  std::vector<TensorType> anchor_results;
  /// One expression per output of `node`; stores round to the output's type. With an anchor, Input 0 is its result and
  /// Input k is expression_inputs[k - 1]; without one, Input k is expression_inputs[k]. Empty if the anchor's results
  /// are the outputs. Outputs behind those that have expressions are the anchor's further results, all of them.
  std::vector<Expr> expressions;
  /// Inputs of `node` that the expressions read.
  std::vector<int> expression_inputs;
  /// If not 0, the last output is RowMoments, by groups of so many columns, of what the first expression gives before
  /// it is stored. Only tactics that say so take such regions.
  int64_t moments = 0;

  const TensorType& input_type(int index) const;
  const Tensor& input(int index) const;
  const TensorType& output_type(int index) const;
  bool has_input(int index) const { return index >= 0 && node->inputs[static_cast<size_t>(index)] != kNone; }
  bool loads_quantized() const;
  int inputs() const { return static_cast<int>(node->inputs.size()); }
  int outputs() const { return static_cast<int>(node->outputs.size()); }
  /// Names of the operators inside, in order, without conversions of operands and results: "Conv+Add+Relu".
  std::string operators() const;
  /// Extents of the outputs that no input tells: symbols that running the region defines.
  std::vector<std::string> defines() const;
  /// Everything that decides which tactics take it and how fast they are, and no names: part of the timing cache's key.
  /// Symbols are numbered in order of appearance, with their ranges and the values that they are tuned for. Where
  /// operands are quantized, scales and other numbers are left out.
  std::string signature(const SymbolRanges& ranges, const std::map<std::string, int64_t>& opt) const;
};

/// The region of one node. Nothing if a fused node has more than one anchor or an anchor fed by expressions.
std::optional<Region> region_of(const Graph& graph, const Node& node);

}  // namespace tn
