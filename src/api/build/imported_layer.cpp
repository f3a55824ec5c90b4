// SPDX-License-Identifier: Apache-2.0
#include "api/build/imported_layer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/build/network.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

using tenon::LayerType;

// The kind of layer that comes nearest.
LayerType type_of_op(std::string_view op) {
  static constexpr std::array<std::pair<std::string_view, LayerType>, 32> kTypes = {{
      {"Conv", LayerType::kCONVOLUTION},
      {"ConvTranspose", LayerType::kDECONVOLUTION},
      {"Cast", LayerType::kCAST},
      {"MaxPool", LayerType::kPOOLING},
      {"AveragePool", LayerType::kPOOLING},
      {"LpPool", LayerType::kPOOLING},
      {"LRN", LayerType::kLRN},
      {"Softmax", LayerType::kSOFTMAX},
      {"LogSoftmax", LayerType::kSOFTMAX},
      {"Concat", LayerType::kCONCATENATION},
      {"Add", LayerType::kELEMENTWISE},
      {"Sub", LayerType::kELEMENTWISE},
      {"Mul", LayerType::kELEMENTWISE},
      {"Div", LayerType::kELEMENTWISE},
      {"Pow", LayerType::kELEMENTWISE},
      {"Pad", LayerType::kPADDING},
      {"Reshape", LayerType::kSHUFFLE},
      {"Transpose", LayerType::kSHUFFLE},
      {"Reduce", LayerType::kREDUCE},
      {"TopK", LayerType::kTOPK},
      {"Gather", LayerType::kGATHER},
      {"MatMul", LayerType::kMATRIX_MULTIPLY},
      {"Identity", LayerType::kIDENTITY},
      {"Slice", LayerType::kSLICE},
      {"Shape", LayerType::kSHAPE},
      {"PRelu", LayerType::kPARAMETRIC_RELU},
      {"Resize", LayerType::kRESIZE},
      {"Where", LayerType::kSELECT},
      {"Quantize", LayerType::kQUANTIZE},
      {"Dequantize", LayerType::kDEQUANTIZE},
      {"Squeeze", LayerType::kSQUEEZE},
      {"Unsqueeze", LayerType::kUNSQUEEZE},
  }};
  if (op.ends_with("Relu") || op == "Sigmoid" || op == "Tanh" || op == "Clip") return LayerType::kACTIVATION;
  if (op.find("Norm") != op.npos) return LayerType::kNORMALIZATION;
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& pair) { return pair.first == op; });
  return found == kTypes.end() ? LayerType::kUNARY : found->second;
}

std::vector<NetworkTensor*> tensors(Network& network, const std::vector<TensorId>& ids) {
  std::vector<NetworkTensor*> result;
  for (const TensorId id : ids) result.push_back(id == kNone ? nullptr : network.imported_tensor(id));
  return result;
}

}  // namespace

ImportedLayer::ImportedLayer(Network& owner, const Node& node)
    : Layer(owner, type_of_op(node.op->name()), node.name, tensors(owner, node.inputs), 0), output_ids_(node.outputs) {
  metadata = node.op->name();
}

void ImportedLayer::setName(char const*) noexcept {
  network.logger().write(Severity::Error, "layer '" + name + "' comes from a model file and keeps its name");
}

tenon::ITensor* ImportedLayer::getOutput(int32_t index) const noexcept {
  if (index < 0 || static_cast<size_t>(index) >= output_ids_.size()) return nullptr;
  return network.imported_tensor(output_ids_[static_cast<size_t>(index)]);
}

void ImportedLayer::setInput(int32_t, tenon::ITensor&) noexcept {
  network.logger().write(Severity::Error, "layer '" + name + "' comes from a model file and keeps its inputs");
}

}  // namespace tn::api
