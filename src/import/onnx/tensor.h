// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "import/onnx/proto.h"
#include "ir/op.h"

namespace tn::import {

/// Throws Error(Unsupported) for strings, complex numbers and types that DataType lacks, naming `what`.
DataType data_type_of(int32_t onnx_type, std::string_view what);
/// Checks that the data fit the shape. External data are looked for beside `file` (external_data.h).
ConstantPtr constant_of(const onnx::TensorProto& tensor, const std::filesystem::path& file);
/// A tensor of strings as the bytes of each, padded with zeros to the longest: u8 with one axis more.
ConstantPtr padded_strings(const onnx::TensorProto& tensor);

}  // namespace tn::import
