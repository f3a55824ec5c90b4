// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/model.h"

#include <algorithm>
#include <climits>

#include "base/error.h"
#include "base/os/file.h"
#include "import/onnx/check_names.h"
#include "import/onnx/graph_importer.h"
#include "import/onnx/parse_model.h"
#include "import/onnx/tensor.h"
#include "import/onnx/variable.h"

namespace tn::import {

Graph import_onnx(std::span<const std::byte> bytes, const std::filesystem::path& from, const OnnxOperators& operators,
                  const KnownInputs& known) {
  const onnx::ModelProto model = parse_model(bytes);
  ModelContext context = model_context(model, from, operators);
  check_names(model.graph());
  check_operators(context, model.graph());
  return GraphImporter(context, model.graph(), nullptr).run(known);
}

Graph import_onnx(const std::filesystem::path& path, const OnnxOperators& operators, const KnownInputs& known) {
  const MappedFile file(path);
  try {
    return import_onnx(file.bytes(), path, operators, known);
  } catch (const NodeError& error) {
    throw NodeError(error.within(path.string()), error.origin());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

std::vector<OnnxVariable> onnx_inputs(const std::filesystem::path& path) {
  const MappedFile file(path);
  const onnx::ModelProto model = parse_model(file.bytes());
  std::vector<OnnxVariable> variables;
  for (const auto& input : model.graph().input()) {
    const auto& weights = model.graph().initializer();
    const bool weight =
        std::any_of(weights.begin(), weights.end(), [&](const auto& tensor) { return tensor.name() == input.name(); });
    if (!weight) variables.push_back(variable_of(input));
  }
  return variables;
}

std::vector<OnnxVariable> onnx_outputs(const std::filesystem::path& path) {
  const MappedFile file(path);
  const onnx::ModelProto model = parse_model(file.bytes());
  std::vector<OnnxVariable> variables;
  for (const auto& output : model.graph().output()) variables.push_back(variable_of(output));
  return variables;
}

namespace {

template <typename Proto>
Proto parse_value(const std::filesystem::path& path, std::string_view what) {
  const MappedFile file(path);
  Proto value;
  if (file.bytes().size() > INT_MAX ||
      !value.ParseFromArray(file.bytes().data(), static_cast<int>(file.bytes().size()))) {
    throw Error(ErrorCode::InvalidModel, "{}: not {} of ONNX", path.string(), what);
  }
  return value;
}

ConstantPtr value_of(const onnx::TensorProto& tensor, const std::filesystem::path& path) {
  try {
    if (tensor.data_type() == onnx::TensorProto::STRING) return padded_strings(tensor);
    return constant_of(tensor, path);
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

std::vector<ConstantPtr> values_of(const onnx::SequenceProto& sequence, const std::filesystem::path& path) {
  std::vector<ConstantPtr> values;
  for (const auto& tensor : sequence.tensor_values()) values.push_back(value_of(tensor, path));
  return values;
}

}  // namespace

ConstantPtr read_onnx_tensor(const std::filesystem::path& path) {
  return value_of(parse_value<onnx::TensorProto>(path, "a tensor"), path);
}

std::optional<std::vector<ConstantPtr>> read_onnx_value(const std::filesystem::path& path,
                                                        const OnnxVariable& variable) {
  if (variable.is_optional) {
    const auto optional = parse_value<onnx::OptionalProto>(path, "an optional");
    if (optional.has_sequence_value()) return values_of(optional.sequence_value(), path);
    if (optional.has_tensor_value()) return std::vector{value_of(optional.tensor_value(), path)};
    return std::nullopt;
  }
  if (variable.is_sequence) return values_of(parse_value<onnx::SequenceProto>(path, "a sequence"), path);
  return std::vector{read_onnx_tensor(path)};
}

}  // namespace tn::import
