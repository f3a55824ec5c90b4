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

namespace tn::import {

Graph import_onnx(std::span<const std::byte> bytes, const std::filesystem::path& folder, const OnnxOperators& operators,
                  const KnownInputs& known) {
  const onnx::ModelProto model = parse_model(bytes);
  const ModelContext context = model_context(model, folder, operators);
  check_names(model.graph());
  check_operators(context, model.graph());
  return GraphImporter(context, model.graph(), nullptr).run(known);
}

Graph import_onnx(const std::filesystem::path& path, const OnnxOperators& operators, const KnownInputs& known) {
  const MappedFile file(path);
  try {
    return import_onnx(file.bytes(), path.has_parent_path() ? path.parent_path() : ".", operators, known);
  } catch (const NodeError& error) {
    throw NodeError(error.within(path.string()), error.origin());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

std::vector<std::string> onnx_input_names(const std::filesystem::path& path) {
  const MappedFile file(path);
  const onnx::ModelProto model = parse_model(file.bytes());
  std::vector<std::string> names;
  for (const auto& input : model.graph().input()) {
    const auto& weights = model.graph().initializer();
    const bool weight =
        std::any_of(weights.begin(), weights.end(), [&](const auto& tensor) { return tensor.name() == input.name(); });
    if (!weight) names.push_back(input.name());
  }
  return names;
}

ConstantPtr read_onnx_tensor(const std::filesystem::path& path) {
  const MappedFile file(path);
  onnx::TensorProto tensor;
  if (file.bytes().size() > INT_MAX ||
      !tensor.ParseFromArray(file.bytes().data(), static_cast<int>(file.bytes().size()))) {
    throw Error(ErrorCode::InvalidModel, "{}: not a tensor of ONNX", path.string());
  }
  try {
    return constant_of(tensor, path.parent_path());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

}  // namespace tn::import
