// SPDX-License-Identifier: Apache-2.0
#include "api/build/lowering.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "api/build/layer_precisions.h"
#include "api/build/network.h"
#include "api/run/convert.h"
#include "base/error.h"
#include "base/small_float.h"
#include "builder/rounding.h"
#include "ops/entry.h"

namespace tn::api {

namespace {

// What may be wrong with a layer that takes integers as they are.
std::string hint_of(const LayerRecord& layer) {
  for (const NetworkTensor* input : layer.needs()) {
    if (input && input->isNetworkInput() && input->declared_type == DataType::I8 && !input->is_scaled())
      return fmt::format(", whose input '{}' is int8 without a scale (setDynamicRange or a dequantize layer gives one)",
                         input->name_);
  }
  return "";
}

}  // namespace

Lowering::Lowering(const Network& network) : network_(network), graph_(network.imported()) {
  if (*network.getName()) graph_.name = network.getName();
  start_inputs();
}

Lowering::~Lowering() = default;

void Lowering::start_inputs() {
  bool changed = false;
  for (const NetworkTensor* input : network_.inputs()) {
    if (input->imported == kNone) {
      TensorType type{input->is_scaled() ? DataType::F32 : *input->declared_type,
                      input->symbolic_dims(*input->declared_dims)};
      whole_.ids[input] = graph_.add_input(input->name_, std::move(type));
      continue;
    }
    TensorType& type = graph_.edit_tensor(input->imported).type;
    if (input->declared_dims) {
      type.dims = input->symbolic_dims(*input->declared_dims);
      changed = true;
    }
    for (const auto& [axis, name] : input->dimension_names) {
      if (axis >= type.rank() || type.dims[static_cast<size_t>(axis)].is_constant()) continue;
      type.dims[static_cast<size_t>(axis)] = Dim::symbol(name);
      changed = true;
    }
  }
  if (changed) graph_.infer_all();
}

TensorId Lowering::id_of(const NetworkTensor& tensor) {
  const auto found = scope_->ids.find(&tensor);
  if (found != scope_->ids.end()) return found->second;
  if (scope_->outer && !scope_->inside.contains(&tensor)) return scope_->ids[&tensor] = capture(tensor);
  return tensor.imported != kNone ? tensor.imported : lower_layer(tensor);
}

TensorId Lowering::lower_layer(const NetworkTensor& tensor) {
  if (!tensor.producer) throw Error(ErrorCode::InvalidArgument, "tensor '{}' belongs to another network", tensor.name_);
  const LayerRecord& layer = *tensor.producer;
  if (!under_way_.insert(&layer).second)
    throw Error(ErrorCode::InvalidModel, "layer '{}' needs its own output", layer.name);
  for (const NetworkTensor* input : layer.needs()) {
    if (input) id_of(*input);
  }
  const std::string around = std::exchange(layer_name_, layer.name);
  try {
    const size_t first = graph_.node_count();
    const std::vector<TensorId> outputs = layer.lower(*this);
    if (&scope_->graph == &graph_) {
      for (size_t id = first; id < graph_.node_count(); ++id) nodes_[&layer].push_back(static_cast<NodeId>(id));
    }
    for (size_t i = 0; i < layer.outputs.size(); ++i) scope_->ids[layer.outputs[i].get()] = outputs.at(i);
  } catch (const Error& error) {
    throw error.within(fmt::format("layer '{}'{}", layer.name, hint_of(layer)));
  }
  layer_name_ = around;
  under_way_.erase(&layer);
  return scope_->ids.at(&tensor);
}

void Lowering::within(Scope& inner, const std::function<void()>& body) {
  inner.outer = std::exchange(scope_, &inner);
  const std::string around = layer_name_;
  body();
  layer_name_ = around;
  scope_ = inner.outer;
}

TensorId Lowering::capture(const NetworkTensor& tensor) {
  Scope& inner = *scope_;
  scope_ = inner.outer;
  const TensorId id = id_of(tensor);
  scope_ = &inner;
  if (&inner.graph == &inner.outer->graph) return id;
  const Tensor& around = inner.outer->graph.tensor(id);
  if (around.constant) return inner.graph.add_constant(next_name(), around.constant);
  const TensorId input = inner.graph.add_input(around.name, around.type);
  inner.graph.edit_tensor(input).value = around.value;
  inner.captures.push_back(id);
  return input;
}

std::vector<TensorId> Lowering::add_node(OpPtr op, std::vector<TensorId> inputs, std::vector<Graph> bodies) {
  return scope_->graph.add_node(next_name(), std::move(op), std::move(inputs), std::move(bodies));
}

std::string Lowering::next_name() {
  std::string name = layer_name_;
  for (int i = 1; !used_names_.insert(name).second; ++i) name = fmt::format("{}/{}", layer_name_, i);
  return name;
}

std::vector<TensorId> Lowering::add_all(std::string_view op_type, std::vector<TensorId> inputs, Attributes attributes,
                                        size_t outputs, int64_t version) {
  const import::OnnxImporter* importer = ops::find_onnx_importer("", op_type, version);
  if (!importer) throw Error(ErrorCode::Unsupported, "Tenon does not have the operator {} yet", op_type);
  return import::import_made(scope_->graph, *importer,
                             {next_name(), op_type, version, std::move(inputs), outputs, std::move(attributes)});
}

TensorId Lowering::constant(const tenon::Weights& weights, const Shape& dims, const char* what) {
  const DataType type = to_data_type(weights.type);
  if (weights.count != dims.elements() || (weights.count > 0 && !weights.values)) {
    throw Error(ErrorCode::InvalidArgument, "{}: {} values were given, {} are needed for {}", what,
                weights.values ? weights.count : 0, dims.elements(), to_string(dims));
  }
  const size_t bytes = packed_bytes(type, weights.count);
  std::vector<std::byte> copy(bytes);
  if (bytes > 0) std::memcpy(copy.data(), weights.values, bytes);
  if (bits_of(type) < 8) copy = unpacked(type, copy, weights.count);
  return constant(std::make_shared<const Constant>(type, dims, std::move(copy)));
}

TensorId Lowering::constant(ConstantPtr value) {
  return scope_->graph.add_constant(next_name(), std::move(value));
}

TensorId Lowering::integers(std::span<const int64_t> values) {
  return constant(Constant::vector(values));
}

TensorId Lowering::scalar(double value, TensorId like) {
  return constant(Constant::scalar(type(like).type, value));
}

TensorId Lowering::cast(TensorId input, DataType to) {
  auto op = ops::make_op_by_name("Cast");
  op->set_attributes({{"to", std::string(name_of(to))}});
  return scope_->graph.add(next_name(), std::move(op), {input});
}

TensorId Lowering::transpose(TensorId input, std::vector<int64_t> order) {
  return add("Transpose", {input}, {{"perm", std::move(order)}});
}

std::vector<NodeId> Lowering::nodes_of(const LayerRecord& layer) const {
  for (const TensorId id : layer.imported_outputs()) {
    if (id != kNone && graph_.tensor(id).producer != kNone) return {graph_.tensor(id).producer};
  }
  const auto found = nodes_.find(&layer);
  return found == nodes_.end() ? std::vector<NodeId>() : found->second;
}

std::vector<TensorId> Lowering::outputs_of(const LayerRecord& layer) const {
  if (auto imported = layer.imported_outputs(); !imported.empty()) return imported;
  std::vector<TensorId> ids;
  for (const auto& output : layer.outputs) {
    const auto found = whole_.ids.find(output.get());
    ids.push_back(found == whole_.ids.end() ? kNone : found->second);
  }
  return ids;
}

Graph Lowering::finish(LayerPrecisions* precisions, CalibrationConfig* calibration, bool int8) {
  std::vector<TensorId> outputs;
  for (const NetworkTensor* output : network_.outputs()) outputs.push_back(id_of(*output));
  layer_name_ = "boundary";
  if (precisions) precisions->apply(outputs);
  for (const auto& tensor : network_.imported_tensors()) {
    if (tensor && tensor->name_ != graph_.tensor(tensor->imported).name) graph_.rename(tensor->imported, tensor->name_);
  }
  const bool scaled = calibration && (int8 || is_quantized(graph_));
  change_boundary_types(outputs, calibration ? &calibration->borders : nullptr, scaled);
  if (calibration) collect_ranges(calibration->ranges);
  graph_.set_outputs(std::move(outputs));
  return std::move(graph_);
}

void Lowering::collect_ranges(std::map<std::string, float>& ranges) const {
  const auto add = [&](const NetworkTensor& tensor, TensorId id) {
    if (tensor.range && id != kNone)
      ranges.insert_or_assign(graph_.tensor(id).name,
                              std::max(std::fabs(tensor.range->first), std::fabs(tensor.range->second)));
  };
  for (const auto& tensor : network_.imported_tensors()) {
    if (tensor) add(*tensor, tensor->imported);
  }
  for (const auto& [tensor, id] : whole_.ids) add(*tensor, id);
}

// The type at the boundary is another one than inside: a cast stands between.
void Lowering::change_boundary_types(std::vector<TensorId>& outputs, std::set<std::string>* borders, bool scales) {
  bool changed = false;
  const auto is_scaled = [&](const NetworkTensor& tensor, DataType inside) {
    const bool scaled = scales && inside == DataType::F32 && tensor.declared_type == DataType::I8;
    if (scaled) borders->insert(tensor.name_);
    return scaled;
  };
  for (const NetworkTensor* input : network_.inputs()) {
    if (borders && input->is_scaled()) borders->insert(input->name_);
    if (input->imported == kNone || !input->declared_type) continue;
    const DataType inside = type(input->imported).type;
    if (inside == *input->declared_type || is_scaled(*input, inside)) continue;
    const size_t end = graph_.node_count();
    const TensorId converted = cast(input->imported, inside);
    graph_.edit_tensor(input->imported).type.type = *input->declared_type;
    graph_.redirect(input->imported, converted, end);
    std::replace(outputs.begin(), outputs.end(), input->imported, converted);
    changed = true;
  }
  if (changed) graph_.infer_all();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NetworkTensor& output = *network_.outputs()[i];
    TensorId& id = outputs[i];
    if (output.declared_type && *output.declared_type != type(id).type && !output.isNetworkInput() &&
        !is_scaled(output, type(id).type))
      id = cast(id, *output.declared_type);
    const bool taken = std::find(outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(i), id) !=
                       outputs.begin() + static_cast<std::ptrdiff_t>(i);
    if (taken || graph_.tensor(id).producer == kNone) id = add("Identity", {id});
    if (graph_.tensor(id).name == output.name_) continue;
    // Whoever else has the name gives it up: outputs are known by theirs.
    for (size_t other = 0; other < graph_.tensor_count(); ++other) {
      const auto other_id = static_cast<TensorId>(other);
      if (graph_.tensor(other_id).name == output.name_ && !graph_.is_input(other_id))
        graph_.rename(other_id, output.name_ + "/inner");
    }
    graph_.rename(id, output.name_);
  }
}

}  // namespace tn::api
