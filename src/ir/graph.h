// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/op.h"

namespace tn {

using TensorId = int32_t;
using NodeId = int32_t;
/// Marks an absent optional input, and the producer of a tensor that no node makes.
inline constexpr int32_t kNone = -1;

struct Tensor {
  std::string name;
  TensorType type;
  NodeId producer = kNone;    ///< kNone for graph inputs and constants
  ConstantPtr constant;       ///< set for constants
  std::optional<Dims> value;  ///< known elements of a small integer tensor (see Op::value)
};

/// An operation. `bodies` are the graphs it owns (branches, loop bodies, the inside of a fused region). A body sees
/// nothing but its own inputs: what it captures is passed as further inputs of the node.
struct Node {
  std::string name;
  OpPtr op;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::vector<Graph> bodies;
  bool alive = true;
};

/// A directed acyclic graph of nodes over single-assignment tensors. Ids are stable; removing a node leaves a hole.
/// Adding a node runs its type rule at once, so every tensor always has a type.
class Graph {
 public:
  std::string name = "main";

  // All in graph.cpp: many hold graphs by value.
  Graph();
  Graph(const Graph&);
  Graph(Graph&&) noexcept;
  Graph& operator=(const Graph&);
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  TensorId add_input(std::string name, TensorType type);
  TensorId add_constant(std::string name, ConstantPtr constant);
  /// Adds a node after all others and returns its outputs. `output_names` may be shorter than the number of outputs:
  /// missing or empty ones are derived from the node's name. Errors of the type rule are thrown with
  /// "node 'name' (Op): " before them.
  std::vector<TensorId> add_node(std::string name, OpPtr op, std::vector<TensorId> inputs,
                                 std::vector<Graph> bodies = {}, std::vector<std::string> output_names = {});
  /// The same for a node with one output.
  TensorId add(std::string name, OpPtr op, std::vector<TensorId> inputs);

  void set_outputs(std::vector<TensorId> outputs) { outputs_ = std::move(outputs); }
  /// Reorders the inputs; every input must be listed.
  void set_inputs(std::vector<TensorId> inputs) { inputs_ = std::move(inputs); }
  const std::vector<TensorId>& inputs() const { return inputs_; }
  const std::vector<TensorId>& outputs() const { return outputs_; }

  const Tensor& tensor(TensorId id) const { return tensors_[static_cast<size_t>(id)]; }
  const Node& node(NodeId id) const { return nodes_[static_cast<size_t>(id)]; }
  size_t tensor_count() const { return tensors_.size(); }
  size_t node_count() const { return nodes_.size(); }
  /// Live nodes, each after the producers of its inputs.
  std::vector<NodeId> order() const;
  /// Live nodes that read the tensor, once per use. Graph outputs do not count.
  std::vector<NodeId> consumers(TensorId id) const;
  /// consumers() of every tensor at once.
  std::vector<std::vector<NodeId>> all_consumers() const;
  bool is_output(TensorId id) const;
  bool is_input(TensorId id) const;
  /// A node's producer, or null if the tensor is an input or a constant.
  const Node* producer(TensorId id) const;

  // Edits. Those of passes go through Patch (patch.h), which checks them.
  Tensor& edit_tensor(TensorId id) { return tensors_[static_cast<size_t>(id)]; }
  Node& edit_node(NodeId id) { return nodes_[static_cast<size_t>(id)]; }
  /// Makes every node below `end` that reads `from`, and the graph outputs, read `to`.
  void redirect(TensorId from, TensorId to, size_t end = SIZE_MAX);
  /// Gives a tensor another name (with a number behind it if it is taken).
  void rename(TensorId id, std::string wanted);
  void remove_node(NodeId id);
  /// Runs all type rules again, bodies included (after shapes of inputs changed).
  void infer_all();
  /// Gives the inputs of a body new types and values and runs all its type rules again.
  void set_body_inputs(std::span<const BodyInput> inputs);
  /// Renumbers without holes, drops unused constants, keeps order().
  void compact();

  /// Extents that only running tells, with their upper bounds.
  std::map<std::string, Dim>& unknowns() { return unknowns_; }
  const std::map<std::string, Dim>& unknowns() const { return unknowns_; }

 private:
  friend class Patch;
  void infer_node(NodeId id);
  std::string unique_tensor_name(std::string wanted);

  std::vector<Tensor> tensors_;
  std::vector<Node> nodes_;
  std::vector<TensorId> inputs_, outputs_;
  std::map<std::string, Dim> unknowns_;
  std::map<std::string, int> names_;
};

/// Throws Error(Internal) naming the node if an invariant is broken: ids in range, single producers, no cycle, types
/// equal to what the type rules say, outputs made, body inputs matching.
void verify(const Graph& graph);

/// Context line for errors: "node 'fc1' (Gemm)".
std::string describe(const Node& node);

}  // namespace tn
