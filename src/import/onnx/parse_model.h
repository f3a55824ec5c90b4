// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "import/onnx/proto.h"

namespace tn::import {

/// The message of a whole file; it has a graph. Throws Error(InvalidModel).
onnx::ModelProto parse_model(std::span<const std::byte> bytes);

}  // namespace tn::import
