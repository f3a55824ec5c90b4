// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/build/lowering.h"
#include "api/build/tensor.h"
#include "api/run/convert.h"

namespace tn::api {

/// What all layers have, whatever public interface they show.
class LayerRecord {
 public:
  LayerRecord(Network& network, tenon::LayerType type, std::string name, std::vector<NetworkTensor*> inputs,
              size_t outputs);
  virtual ~LayerRecord();
  virtual tenon::ILayer& face() = 0;
  /// What must be in the graph before this layer: its inputs, if it does not fetch them itself.
  virtual std::vector<NetworkTensor*> needs() const { return inputs; }
  /// Everything that its outputs depend on.
  virtual std::vector<NetworkTensor*> sources() const { return inputs; }
  /// Adds the nodes that mean this layer and returns its outputs. Throws Error.
  virtual std::vector<TensorId> lower(Lowering& lowering) const = 0;

  /// Of an imported graph: the tensors that it gives there.
  virtual std::vector<TensorId> imported_outputs() const { return {}; }

  bool has(size_t input) const { return input < inputs.size() && inputs[input] != nullptr; }
  /// Of an input in the graph. Throws where it is not set.
  TensorId id(Lowering& lowering, size_t input) const;

  Network& network;
  const tenon::LayerType kind;
  std::string name, metadata;
  std::optional<DataType> precision;         ///< by setPrecision
  std::map<int32_t, DataType> output_types;  ///< by setOutputType
  std::vector<NetworkTensor*> inputs;
  std::vector<std::unique_ptr<NetworkTensor>> outputs;

 protected:
  /// The network's graph must be made anew.
  void changed();
  void set_input(int32_t index, tenon::ITensor& tensor) noexcept;
  void set_name(char const* text);
  void set_precision(tenon::DataType type) noexcept;
  void set_output_type(int32_t index, tenon::DataType type, int32_t count) noexcept;
  tenon::ITensor* input_at(int32_t index) const noexcept;
  tenon::ITensor* output_at(int32_t index) const noexcept;
  template <typename T, typename U>
  void set(T& field, const U& value) {
    field = value;
    changed();
  }
};

/// Implements the common half of a layer interface.
template <typename Interface>
class Layer : public Interface, public LayerRecord {
 public:
  using LayerRecord::LayerRecord;
  tenon::ILayer& face() override { return *this; }
  tenon::LayerType getType() const noexcept override { return kind; }
  void setName(char const* text) noexcept override { set_name(text); }
  char const* getName() const noexcept override { return name.c_str(); }
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs.size()); }
  tenon::ITensor* getInput(int32_t index) const noexcept override { return input_at(index); }
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs.size()); }
  tenon::ITensor* getOutput(int32_t index) const noexcept override { return output_at(index); }
  void setInput(int32_t index, tenon::ITensor& tensor) noexcept override { set_input(index, tensor); }
  void setPrecision(tenon::DataType type) noexcept override { set_precision(type); }
  tenon::DataType getPrecision() const noexcept override {
    return precision ? to_public(*precision) : tenon::DataType::kFLOAT;
  }
  bool precisionIsSet() const noexcept override { return precision.has_value(); }
  void resetPrecision() noexcept override { precision.reset(); }
  void setOutputType(int32_t index, tenon::DataType type) noexcept override {
    set_output_type(index, type, getNbOutputs());
  }
  bool outputTypeIsSet(int32_t index) const noexcept override { return output_types.contains(index); }
  void resetOutputType(int32_t index) noexcept override { output_types.erase(index); }
  tenon::DataType getOutputType(int32_t index) const noexcept override {
    if (const auto set = output_types.find(index); set != output_types.end()) return to_public(set->second);
    const tenon::ITensor* tensor = getOutput(index);
    return tensor ? tensor->getType() : tenon::DataType::kFLOAT;
  }
  void setMetadata(char const* text) noexcept override { metadata = text ? text : ""; }
  char const* getMetadata() const noexcept override { return metadata.c_str(); }
};

}  // namespace tn::api
