// SPDX-License-Identifier: Apache-2.0
// The neutral view of one node of a model file that an operator's importer reads. Knows no file format.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/graph.h"

namespace tn::import {

/// A subgraph made into a self-contained graph: its own formal inputs first, then one input per captured tensor.
/// Captured constants are no captures: the body gets them as constants of its own (sharing the data).
struct Body {
  Graph graph;
  std::vector<TensorId> captures;  ///< tensors of the graph around it, in the order of the added inputs
};

/// A sequence of a file: its length is known while importing, and its elements are tensors of the graph.
using Sequence = std::vector<TensorId>;
/// A tensor of strings: u8 with one axis more, the bytes of each string padded with zeros.
struct Strings {
  TensorId bytes = kNone;
};
/// What a name of a file stands for: a tensor (kNone: an optional without a value), a sequence, or strings. An optional
/// with a value is that value.
using Value = std::variant<TensorId, Sequence, Strings>;

/// Gives the subgraphs of a node to importers of control-flow operators.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Imports the subgraph attribute `name`; its formal inputs get `input_types`.
  virtual Body import_body(std::string_view name, std::span<const TensorType> input_types) = 0;
  /// Imports the subgraph attribute `name`, its formal inputs being `inputs`, straight into the graph under
  /// construction and returns its outputs: for a branch that is known to be taken, and for an iteration by itself. A
  /// branch that is never imported need not be valid.
  virtual std::vector<Value> import_inline(std::string_view name, std::span<const Value> inputs = {}) = 0;
};

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                               std::vector<std::string>, ConstantPtr>;

/// One node being imported: its inputs as tensors of the graph under construction, its attributes, and the way to add
/// nodes. All errors are Error(InvalidModel) or Error(Unsupported); the caller adds the node's name.
class NodeView {
 public:
  std::string name;  ///< unique in the graph; never empty
  std::string op_type;
  std::string domain;                    ///< "" for the default domain
  int64_t version = 0;                   ///< opset version of the domain
  std::vector<TensorId> inputs;          ///< kNone where there is no tensor of numbers
  std::map<size_t, Value> other_inputs;  ///< those that are sequences or strings
  size_t output_count = 1;
  std::map<std::string, Attribute, std::less<>> attributes;
  BodySource* bodies = nullptr;
  std::map<size_t, Value> given;  ///< by give()

  explicit NodeView(Graph& graph) : graph_(&graph) {}
  Graph& graph() { return *graph_; }

  bool has_input(size_t index) const { return index < inputs.size() && inputs[index] != kNone; }
  /// Throws if the input is absent.
  TensorId input(size_t index) const;
  bool has_sequence(size_t index) const { return find_other<Sequence>(index) != nullptr; }
  bool has_strings(size_t index) const { return find_other<Strings>(index) != nullptr; }
  /// Throws if the input is no sequence.
  const Sequence& sequence(size_t index) const;
  /// The bytes of the strings. Throws if the input is none.
  TensorId strings(size_t index) const;
  /// The input, whatever it is.
  Value value(size_t index) const;
  /// Says what an output is that is no tensor (an importer's result counts for tensors only).
  void give(size_t output, Value value) { given.insert_or_assign(output, std::move(value)); }
  /// The outputs are these: give() for what is no tensor; returns the tensors.
  std::vector<TensorId> give_all(std::vector<Value> values);
  const TensorType& type(TensorId id) const { return graph_->tensor(id).type; }
  const Constant* constant(TensorId id) const { return graph_->tensor(id).constant.get(); }
  /// Known integers of a shape-like input (through symbolic values): all of them constant, or nothing.
  std::optional<std::vector<int64_t>> known_integers(TensorId id) const;

  bool has(std::string_view attribute) const { return attributes.find(attribute) != attributes.end(); }
  int64_t integer(std::string_view attribute, int64_t fallback) const;
  double number(std::string_view attribute, double fallback) const;
  std::string text(std::string_view attribute, std::string fallback) const;
  std::vector<int64_t> integers(std::string_view attribute, std::vector<int64_t> fallback = {}) const;
  std::vector<double> numbers(std::string_view attribute, std::vector<double> fallback = {}) const;
  ConstantPtr tensor(std::string_view attribute) const;  ///< null if absent
  /// An element type given as ONNX's number for it (or its name, as opset 5 and before did).
  DataType data_type(std::string_view attribute, DataType fallback) const;

  /// Adds a node named after this one (with a suffix after the first) and returns its outputs or its only output.
  std::vector<TensorId> add_all(OpPtr op, std::vector<TensorId> node_inputs, std::vector<Graph> node_bodies = {});
  TensorId add(OpPtr op, std::vector<TensorId> node_inputs);
  TensorId add_constant(ConstantPtr constant);
  TensorId add_integers(std::span<const int64_t> values) { return add_constant(Constant::vector(values)); }

 private:
  template <typename T>
  const T* find_other(size_t index) const {
    const auto found = other_inputs.find(index);
    return found == other_inputs.end() ? nullptr : std::get_if<T>(&found->second);
  }
  std::string next_name();
  Graph* graph_;
  int added_ = 0;
};

/// Adds the nodes that mean the viewed node and returns its outputs in order (kNone for outputs that are not made).
using ImportFunction = std::vector<TensorId> (*)(NodeView&);

/// An importer of `op_type` for opset versions from `since_version` to the next entry of the same operator.
struct OnnxImporter {
  std::string_view op_type;
  int since_version;
  ImportFunction import;
  std::string_view domain = "";
};

}  // namespace tn::import
