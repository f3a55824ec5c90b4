// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/variable.h"

#include "base/error.h"
#include "import/onnx/tensor.h"

namespace tn::import {
namespace {

struct Declared {
  OnnxVariable variable;
  const onnx::TypeProto_Tensor& tensor;
};

Declared declared(const onnx::ValueInfoProto& info) {
  OnnxVariable variable{info.name()};
  const onnx::TypeProto* type = &info.type();
  if (type->has_optional_type()) {
    variable.is_optional = true;
    type = &type->optional_type().elem_type();
  }
  if (type->has_sequence_type()) {
    variable.is_sequence = true;
    type = &type->sequence_type().elem_type();
  }
  if (!type->has_tensor_type()) {
    throw Error(ErrorCode::Unsupported,
                "'{}' is not a tensor (nor a sequence or optional of tensors), which is not supported", info.name());
  }
  variable.is_strings = type->tensor_type().elem_type() == onnx::TensorProto::STRING;
  if (variable.is_strings && variable.is_sequence)
    throw Error(ErrorCode::Unsupported, "'{}' is a sequence of strings, which is not supported", info.name());
  return {std::move(variable), type->tensor_type()};
}

}  // namespace

OnnxVariable variable_of(const onnx::ValueInfoProto& info) {
  return declared(info).variable;
}

DataType element_type_of(const onnx::ValueInfoProto& info) {
  const auto [variable, tensor] = declared(info);
  return variable.is_strings ? DataType::U8 : data_type_of(tensor.elem_type(), info.name());
}

TensorType tensor_type_of(const onnx::ValueInfoProto& info) {
  const auto [variable, tensor] = declared(info);
  TensorType type{element_type_of(info), {}};
  model_check(tensor.has_shape(), "input '{}' has no rank", info.name());
  for (int i = 0; i < tensor.shape().dim_size(); ++i) {
    const auto& dim = tensor.shape().dim(i);
    model_check(!dim.has_dim_value() || dim.dim_value() >= -1, "input '{}' has extent {}", info.name(),
                dim.dim_value());
    if (dim.has_dim_value() && dim.dim_value() >= 0)
      type.dims.push_back(dim.dim_value());
    else
      type.dims.push_back(Dim::symbol(symbol_name(dim.dim_param(), info.name(), i)));
  }
  if (variable.is_strings) type.dims.push_back(Dim::symbol(symbol_name(info.name(), "input", 0) + "_bytes"));
  model_check(type.rank() <= kMaxRank, "input '{}' has rank {}, at most {} is supported", info.name(), type.rank(),
              kMaxRank);
  return type;
}

std::string symbol_name(std::string text, const std::string& input, int axis) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') c = '_';
  }
  if (text.empty()) return fmt::format("{}_dim{}", symbol_name(input, "input", 0), axis);
  return std::isdigit(static_cast<unsigned char>(text[0])) != 0 ? "d" + text : text;
}

}  // namespace tn::import
