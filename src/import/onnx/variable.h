// SPDX-License-Identifier: Apache-2.0
// What a file declares of its inputs and outputs.
#pragma once

#include "import/onnx/model.h"
#include "import/onnx/proto.h"

namespace tn::import {

/// Its name and whether it is a sequence or an optional. Throws Error(Unsupported) for maps and sparse tensors, and for
/// sequences of anything but tensors.
OnnxVariable variable_of(const onnx::ValueInfoProto& info);
/// The type of the tensor, or of the elements of the sequence; extents that are not given are symbols.
TensorType tensor_type_of(const onnx::ValueInfoProto& info);
/// The same for elements whose shape need not be declared.
DataType element_type_of(const onnx::ValueInfoProto& info);

/// Symbols are written in dimension expressions, so only plain names can be symbols.
std::string symbol_name(std::string text, const std::string& input, int axis);

}  // namespace tn::import
