// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "api/build/tensor.h"
#include "builder/builder.h"
#include "import/made_node.h"

namespace tn::api {

using import::Attributes;

class Structure;
class LayerPrecisions;

/// Turns a network into a graph, layer by layer, as tensors are asked for. Layers are expressed through the importers
/// of ONNX operators, which know every mode there is.
class Lowering {
 public:
  explicit Lowering(const Network& network);
  Lowering(const Lowering&) = delete;
  Lowering& operator=(const Lowering&) = delete;
  ~Lowering();

  /// The tensor in the graph; lowers the layers it needs. Throws Error naming the layer.
  TensorId id_of(const NetworkTensor& tensor);
  const TensorType& type(TensorId id) const { return scope_->graph.tensor(id).type; }
  /// Lowers everything, applies names and boundary types, and gives the graph away. Ranges that the user has set are
  /// added to `calibration` by the names of the graph, and, with `int8` or where the network has Quantize or
  /// Dequantize, the inputs and outputs in f32 that are to be int8: nothing is cast there.
  Graph finish(LayerPrecisions* precisions = nullptr, CalibrationConfig* calibration = nullptr, bool int8 = false);
  /// What a layer has become, as far as it is part of the network and not of what a loop or a branch runs.
  std::vector<NodeId> nodes_of(const LayerRecord& layer) const;
  /// Tensors of its outputs in the graph.
  std::vector<TensorId> outputs_of(const LayerRecord& layer) const;

  // For layers.
  /// Adds the nodes of an ONNX operator and returns its outputs.
  std::vector<TensorId> add_all(std::string_view op_type, std::vector<TensorId> inputs, Attributes attributes = {},
                                size_t outputs = 1, int64_t version = 21);
  TensorId add(std::string_view op_type, std::vector<TensorId> inputs, Attributes attributes = {},
               int64_t version = 21) {
    return add_all(op_type, std::move(inputs), std::move(attributes), 1, version).at(0);
  }
  TensorId constant(const tenon::Weights& weights, const Shape& dims, const char* what);
  TensorId constant(ConstantPtr value);
  TensorId integers(std::span<const int64_t> values);
  TensorId integers(std::initializer_list<int64_t> values) {
    return integers(std::span(values.begin(), values.size()));
  }
  /// A scalar of the type of `like`.
  TensorId scalar(double value, TensorId like);
  TensorId cast(TensorId input, DataType type);
  TensorId as_int64(TensorId input) { return type(input).type == DataType::I64 ? input : cast(input, DataType::I64); }
  TensorId transpose(TensorId input, std::vector<int64_t> order);
  int rank(TensorId id) const { return type(id).rank(); }

  // For precisions of layers.
  Graph& whole() { return graph_; }
  const Network& network() const { return network_; }

  // For structures (structure.h).
  /// A graph under construction. Tensors that are not `inside` are looked for in the scope around it.
  struct Scope {
    Graph& graph;
    const Structure* owner = nullptr;
    Scope* outer = nullptr;
    std::set<const NetworkTensor*> inside;
    std::map<const NetworkTensor*, TensorId> ids;
    std::vector<TensorId> captures;  ///< tensors of the graph around it, in the order of the inputs added for them
    TensorId iteration = kNone;      ///< inside of a loop: its number
  };
  Scope& scope() { return *scope_; }
  /// Calls `body` with a scope for the inside of `owner`: a graph of its own, or other names for tensors of this one.
  void within(Scope& scope, const std::function<void()>& body);
  std::vector<TensorId> add_node(OpPtr op, std::vector<TensorId> inputs, std::vector<Graph> bodies);

 private:
  TensorId lower_layer(const NetworkTensor& tensor);
  /// A tensor from around the scope: an input of its graph, or the same constant.
  TensorId capture(const NetworkTensor& tensor);
  void start_inputs();
  void collect_ranges(std::map<std::string, float>& ranges) const;
  /// `borders`: gets the names of those that are to be int8 by a scale; with `scales` all that can be.
  void change_boundary_types(std::vector<TensorId>& outputs, std::set<std::string>* borders, bool scales);
  std::string next_name();

  const Network& network_;
  Graph graph_;
  Scope whole_{graph_};
  Scope* scope_ = &whole_;
  std::set<const LayerRecord*> under_way_;
  std::map<const LayerRecord*, std::vector<NodeId>> nodes_;
  std::string layer_name_;
  std::set<std::string> used_names_;
};

}  // namespace tn::api
