// SPDX-License-Identifier: Apache-2.0
#include "builder/bindings.h"

#include "base/error.h"

namespace tn {
namespace {

std::vector<TensorType> types_of(const Graph& graph, const std::vector<TensorId>& tensors) {
  std::vector<TensorType> types;
  for (const TensorId id : tensors) types.push_back(graph.tensor(id).type);
  return types;
}

std::unique_ptr<plan::BindingT> binding_of(const Tensor& tensor, const TensorType& open, bool is_input,
                                           const BuilderConfig& config) {
  auto binding = std::make_unique<plan::BindingT>();
  binding->name = tensor.name;
  binding->is_input = is_input;
  binding->type = static_cast<uint8_t>(tensor.type.type);
  for (size_t i = 0; i < tensor.type.dims.size(); ++i)
    binding->dims.push_back(open.dims[i].is_constant() ? tensor.type.dims[i].constant().value_or(-1) : -1);
  const auto format = config.formats.find(tensor.name);
  if (format == config.formats.end()) return binding;
  const std::string problem = format_problem(format->second, tensor.type.type, binding->dims);
  if (!problem.empty()) throw Error(ErrorCode::InvalidArgument, "'{}': {}", tensor.name, problem);
  binding->format = static_cast<uint8_t>(format->second);
  return binding;
}

}  // namespace

OpenTypes::OpenTypes(const Graph& graph)
    : inputs(types_of(graph, graph.inputs())), outputs(types_of(graph, graph.outputs())) {}

std::vector<std::unique_ptr<plan::BindingT>> bindings_of(const Graph& graph, const OpenTypes& open,
                                                         const BuilderConfig& config,
                                                         const std::map<std::string, float>& scales) {
  std::vector<std::unique_ptr<plan::BindingT>> bindings;
  for (size_t i = 0; i < open.inputs.size(); ++i)
    bindings.push_back(binding_of(graph.tensor(graph.inputs()[i]), open.inputs[i], true, config));
  for (size_t i = 0; i < open.outputs.size(); ++i)
    bindings.push_back(binding_of(graph.tensor(graph.outputs()[i]), open.outputs[i], false, config));
  for (const auto& binding : bindings) {
    if (const auto scale = scales.find(binding->name); scale != scales.end()) binding->scale = scale->second;
  }
  return bindings;
}

}  // namespace tn
