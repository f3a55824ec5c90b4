// SPDX-License-Identifier: Apache-2.0
// What the translation of a layer sees: its parameters, bottoms and weights, and the way to add ONNX operators.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "import/caffe/weights.h"
#include "import/made_node.h"
#include "import/onnx/model.h"

namespace tn::import::caffe {

/// What a layer gives.
using Tops = std::vector<TensorId>;

/// Parameters that are sizes stay below this, and tensors below kMostElements.
inline constexpr int64_t kMostSize = int64_t{1} << 30;

/// One layer while it is imported. All errors are Error(InvalidModel) or Error(Unsupported); the importer adds the
/// layer's name and type.
class LayerContext {
 public:
  LayerContext(const Layer& layer, std::vector<TensorId> bottoms, Graph& graph, Weights& weights,
               const OnnxOperators& operators)
      : layer_(layer), bottoms_(std::move(bottoms)), graph_(graph), weights_(weights), operators_(operators) {}

  const Layer& layer() const { return layer_; }
  const Message& parameters(std::string_view name) const { return layer_.parameters.child(name); }
  Weights& weights() { return weights_; }
  Graph& graph() { return graph_; }

  // -- bottoms
  size_t bottoms() const { return bottoms_.size(); }
  /// Throws if there are fewer.
  TensorId bottom(size_t index = 0) const;
  const TensorType& type(TensorId id) const { return graph_.tensor(id).type; }
  int rank(TensorId id) const { return type(id).rank(); }
  /// Extents as numbers. Throws Error(Unsupported) where they are open.
  int64_t extent(TensorId id, int axis) const;
  Shape shape(TensorId id) const;
  /// An axis counted from either end, checked against [0, rank).
  int axis(int64_t number, int rank) const;

  // -- parameters
  /// An integer in [least, kMostSize].
  static int64_t size(const Message& parameters, std::string_view name, int64_t fallback, int64_t least = 1);

  // -- weights
  TensorId weight(size_t index, const Shape& dims, Fill fill);

  // -- adding
  TensorId op(std::string_view type, std::vector<TensorId> inputs, Attributes attributes = {});
  std::vector<TensorId> ops(std::string_view type, std::vector<TensorId> inputs, size_t outputs,
                            Attributes attributes = {});
  TensorId constant(ConstantPtr constant);
  TensorId floats(const Shape& dims, const std::vector<float>& values);
  TensorId scalar(double value);
  TensorId integers(const std::vector<int64_t>& values);
  /// A constant of one value everywhere.
  TensorId filled(const Shape& dims, double value);

  // -- common compositions
  TensorId reshape(TensorId x, const std::vector<int64_t>& dims);
  TensorId slice(TensorId x, int axis, int64_t begin, int64_t end);
  TensorId cast(TensorId x, DataType type);
  TensorId add(TensorId a, TensorId b) { return op("Add", {a, b}); }
  TensorId sub(TensorId a, TensorId b) { return op("Sub", {a, b}); }
  TensorId mul(TensorId a, TensorId b) { return op("Mul", {a, b}); }
  /// x·scale + shift, without what changes nothing.
  TensorId scale_shift(TensorId x, double scale, double shift);

 private:
  const Layer& layer_;
  std::vector<TensorId> bottoms_;
  Graph& graph_;
  Weights& weights_;
  const OnnxOperators& operators_;
  int added_ = 0;
};

/// Adds the nodes that a layer means and returns its tops.
using LayerFunction = std::vector<TensorId> (*)(LayerContext&);

struct LayerEntry {
  std::string_view type;
  LayerFunction import;
};

// The families; every type of layer is in one of them.
std::span<const LayerEntry> activation_layers();
std::span<const LayerEntry> window_layers();
std::span<const LayerEntry> linear_layers();
std::span<const LayerEntry> norm_layers();
std::span<const LayerEntry> shape_layers();
std::span<const LayerEntry> reduction_layers();
std::span<const LayerEntry> recurrent_layers();
std::span<const LayerEntry> detection_layers();

/// Null for a type that we do not know.
const LayerEntry* find_layer(std::string_view type);

}  // namespace tn::import::caffe
