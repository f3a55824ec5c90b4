// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/data_type.h"

namespace tn::import {

/// The type that ONNX gives this number (TensorProto.DataType) or, up to opset 5, this name; nothing for strings,
/// complex numbers and numbers that ONNX does not give.
std::optional<DataType> element_type(int64_t onnx_number);
std::optional<DataType> element_type(std::string_view onnx_name);

}  // namespace tn::import
