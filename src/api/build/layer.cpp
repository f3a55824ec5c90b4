// SPDX-License-Identifier: Apache-2.0
#include "api/build/layer.h"

#include "api/build/network.h"
#include "api/run/guard.h"

namespace tn::api {

LayerRecord::LayerRecord(Network& owner, tenon::LayerType type, std::string layer_name,
                         std::vector<NetworkTensor*> layer_inputs, size_t output_count)
    : network(owner), kind(type), name(std::move(layer_name)), inputs(std::move(layer_inputs)) {
  for (size_t i = 0; i < output_count; ++i) {
    outputs.push_back(std::make_unique<NetworkTensor>(
        owner, output_count == 1 ? name + "_output" : fmt::format("{}_output_{}", name, i)));
    outputs.back()->producer = this;
    outputs.back()->index = static_cast<int>(i);
  }
}

TensorId LayerRecord::id(Lowering& lowering, size_t input) const {
  if (!has(input)) throw Error(ErrorCode::InvalidModel, "input {} is not set", input);
  return lowering.id_of(*inputs[input]);
}

LayerRecord::~LayerRecord() = default;

void LayerRecord::set_name(char const* text) {
  set(name, text ? text : "");
}

void LayerRecord::set_precision(tenon::DataType type) noexcept {
  guard(network.logger(), false, [&] {
    precision = to_data_type(type);
    return true;
  });
}

void LayerRecord::set_output_type(int32_t index, tenon::DataType type, int32_t count) noexcept {
  guard(network.logger(), false, [&] {
    if (index < 0 || index >= count)
      throw Error(ErrorCode::InvalidArgument, "layer '{}' has {} outputs, there is no output {}", name, count, index);
    output_types[index] = to_data_type(type);
    return true;
  });
}

tenon::ITensor* LayerRecord::input_at(int32_t index) const noexcept {
  return index >= 0 && has(static_cast<size_t>(index)) ? inputs[static_cast<size_t>(index)] : nullptr;
}

tenon::ITensor* LayerRecord::output_at(int32_t index) const noexcept {
  if (index < 0 || static_cast<size_t>(index) >= outputs.size()) return nullptr;
  return outputs[static_cast<size_t>(index)].get();
}

void LayerRecord::changed() {
  network.changed();
}

void LayerRecord::set_input(int32_t index, tenon::ITensor& tensor) noexcept {
  guard(network.logger(), false, [&] {
    constexpr int32_t kMost = 64;
    if (index < 0 || index > kMost) throw Error(ErrorCode::InvalidArgument, "layer '{}': input {}", name, index);
    const auto place = static_cast<size_t>(index);
    if (place >= inputs.size()) inputs.resize(place + 1, nullptr);
    inputs[place] = static_cast<NetworkTensor*>(&tensor);
    changed();
    return true;
  });
}

}  // namespace tn::api
