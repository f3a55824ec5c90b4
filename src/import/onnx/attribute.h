// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "import/node_view.h"
#include "import/onnx/proto.h"

namespace tn::import {

/// Adds one attribute to a view; graphs stay where they are (BodySource). Throws Error(Unsupported) for kinds that have
/// no neutral form. `file` is the model's.
void add_attribute(const onnx::AttributeProto& attribute, const std::filesystem::path& file, NodeView& view);

}  // namespace tn::import
