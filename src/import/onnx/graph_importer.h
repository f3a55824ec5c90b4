// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "import/onnx/folder.h"
#include "import/onnx/model.h"
#include "import/onnx/proto.h"
#include "import/onnx/unique_names.h"

namespace tn::import {

/// What all graphs of one file share.
struct ModelContext {
  const OnnxOperators& operators;
  std::filesystem::path file;
  std::map<std::string, int64_t, std::less<>> opsets;  ///< version by domain
  /// Nodes and graphs that may still be read. The body of a loop may be read many times, and so may the loops in it.
  int64_t reads_left = 0;
  int64_t version(std::string_view domain) const;
  /// Throws Error(Unsupported) where none is left.
  void count_read();
};

ModelContext model_context(const onnx::ModelProto& model, std::filesystem::path file, const OnnxOperators& operators);

/// Reads one GraphProto into a Graph. A subgraph's importer asks its parent for names it does not know.
class GraphImporter {
 public:
  GraphImporter(ModelContext& model, const onnx::GraphProto& proto, GraphImporter* parent)
      : model_(model), proto_(proto), parent_(parent) {}

  /// The whole model: inputs from the file, those in `known` as constants.
  Graph run(const KnownInputs& known);
  /// A subgraph: formal inputs get these types.
  Body run_body(std::span<const TensorType> input_types);
  /// A subgraph whose formal inputs are these, read straight into the parent's graph; returns its outputs. Names in the
  /// graph begin with `scope`.
  std::vector<Value> run_inline(std::span<const Value> inputs, std::string scope);

 private:
  class Bodies;
  void add_initializers();
  void add_nodes();
  void add_node(const onnx::NodeProto& node, int index);
  void read_inputs(const onnx::NodeProto& node, NodeView& view);
  void name_outputs(const onnx::NodeProto& node, NodeView& view, const std::vector<TensorId>& outputs, TensorId before);
  /// The outputs, which must be tensors.
  std::vector<TensorId> output_ids();
  Value lookup(const std::string& name);
  Value capture(const std::string& name);
  TensorId capture(TensorId outer, const std::string& name);
  Value add_input(const onnx::ValueInfoProto& info, const KnownInputs& known,
                  const std::map<std::string, int64_t>& extents);
  /// The outputs of the model, each a tensor of its own that carries the output's name.
  std::vector<TensorId> model_outputs();
  /// Values of symbols that known shapes give.
  std::map<std::string, int64_t> known_extents(const KnownInputs& known) const;
  void add_symbolic_value(TensorId input);
  /// Of the inputs' values only those stay symbolic that decide extents.
  void drop_unused_values();
  std::string node_name(const onnx::NodeProto& node);
  Graph& graph() { return target_ ? *target_ : graph_; }

  ModelContext& model_;
  const onnx::GraphProto& proto_;
  GraphImporter* parent_;
  Graph graph_;
  Graph* target_ = nullptr;  ///< the graph of the parent while reading inline
  std::string scope_;
  std::map<std::string, Value> names_;
  Folder folder_{model_.operators};
  std::vector<TensorId> captures_;
  UniqueNames node_names_;
};

/// Throws Error(Unsupported) that lists every node, bodies included, whose operator has no importer.
void check_operators(const ModelContext& model, const onnx::GraphProto& graph);

}  // namespace tn::import
