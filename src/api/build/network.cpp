// SPDX-License-Identifier: Apache-2.0
#include "api/build/network.h"

#include <algorithm>

#include "api/build/imported_layer.h"
#include "api/build/layer_precisions.h"
#include "api/run/convert.h"
#include "api/run/guard.h"
#include "api/run/host_memory.h"
#include "ir/text.h"

namespace tn::api {

tenon::ITensor* Network::addInput(char const* name, tenon::DataType type, tenon::Dims const& dimensions) noexcept {
  return guard<tenon::ITensor*>(logger_, nullptr, [&] {
    if (*(&not_null(name, "an input's name")) == '\0') throw Error(ErrorCode::InvalidArgument, "an input needs a name");
    for (const NetworkTensor* other : inputs_) {
      if (other->name_ == name) throw Error(ErrorCode::InvalidArgument, "there are two inputs called '{}'", name);
    }
    auto input = std::make_unique<NetworkTensor>(*this, name);
    input->declared_type = to_data_type(type);
    to_shape(dimensions);
    input->declared_dims = dimensions;
    input->symbolic_dims(dimensions);
    inputs_.push_back(input.get());
    added_inputs_.push_back(std::move(input));
    changed();
    return inputs_.back();
  });
}

void Network::markOutput(tenon::ITensor& tensor) noexcept {
  guard(logger_, false, [&] {
    auto* output = static_cast<NetworkTensor*>(&tensor);
    if (output->isNetworkOutput()) throw Error(ErrorCode::InvalidArgument, "'{}' is an output already", output->name_);
    outputs_.push_back(output);
    changed();
    return true;
  });
}

void Network::unmarkOutput(tenon::ITensor& tensor) noexcept {
  std::erase(outputs_, static_cast<NetworkTensor*>(&tensor));
  changed();
}

tenon::ILayer* Network::getLayer(int32_t index) const noexcept {
  return index < 0 || index >= getNbLayers() ? nullptr : &layers_[static_cast<size_t>(index)]->face();
}

tenon::ITensor* Network::getInput(int32_t index) const noexcept {
  return index < 0 || index >= getNbInputs() ? nullptr : inputs_[static_cast<size_t>(index)];
}

tenon::ITensor* Network::getOutput(int32_t index) const noexcept {
  return index < 0 || index >= getNbOutputs() ? nullptr : outputs_[static_cast<size_t>(index)];
}

tenon::IHostMemory* Network::getText() const noexcept {
  return guard<tenon::IHostMemory*>(logger_, nullptr, [&] {
    const std::string text = to_text(graph());
    const auto bytes = std::as_bytes(std::span(text));
    return new HostMemory({bytes.begin(), bytes.end()});
  });
}

NetworkTensor* Network::imported_tensor(TensorId id) {
  const auto index = static_cast<size_t>(id);
  if (index >= imported_tensors_.size()) imported_tensors_.resize(imported_.tensor_count());
  auto& tensor = imported_tensors_[index];
  if (!tensor) {
    tensor = std::make_unique<NetworkTensor>(*this, imported_.tensor(id).name);
    tensor->imported = id;
  }
  return tensor.get();
}

std::string Network::next_name(const char* kind) const {
  return fmt::format("{}_{}", kind, layers_.size());
}

std::vector<NetworkTensor*> Network::tensors_of(const std::vector<tenon::ITensor*>& tensors) {
  std::vector<NetworkTensor*> own;
  own.reserve(tensors.size());
  for (tenon::ITensor* tensor : tensors)
    own.push_back(static_cast<NetworkTensor*>(&not_null(tensor, "an input tensor")));
  return own;
}

void Network::append(std::unique_ptr<LayerRecord> layer) {
  layers_.push_back(std::move(layer));
}

void Network::import_graph(Graph graph, std::string model_file) {
  if (!inputs_.empty() || !layers_.empty() || imported_.tensor_count() > 0)
    throw Error(ErrorCode::InvalidArgument, "a model can only be read into an empty network");
  imported_ = std::move(graph);
  model_file_ = std::move(model_file);
  if (name_.empty()) name_ = imported_.name;
  for (const TensorId id : imported_.inputs()) inputs_.push_back(imported_tensor(id));
  for (const NodeId id : imported_.order())
    layers_.push_back(std::make_unique<ImportedLayer>(*this, imported_.node(id)));
  for (const TensorId id : imported_.outputs()) outputs_.push_back(imported_tensor(id));
  changed();
}

Graph Network::graph() const {
  if (outputs_.empty()) throw Error(ErrorCode::InvalidModel, "the network has no outputs; mark them with markOutput");
  return Lowering(*this).finish();
}

Graph Network::graph(BuilderConfig& config) const {
  if (outputs_.empty()) throw Error(ErrorCode::InvalidModel, "the network has no outputs; mark them with markOutput");
  Lowering lowering(*this);
  LayerPrecisions types(lowering, config.precisions, config.unmet_precisions);
  Graph graph = lowering.finish(&types, &config.calibration, config.int8);
  for (const auto& [tensor, layer] : types.int8_results()) config.int8_results[graph.tensor(tensor).name].insert(layer);
  return graph;
}

const TensorType& Network::type_of(const NetworkTensor& tensor) const {
  try {
    if (!lowered_) lowered_.emplace(*this);
    return lowered_->type(lowered_->id_of(tensor));
  } catch (...) {
    lowered_.reset();
    throw;
  }
}

}  // namespace tn::api
