// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// What an operator of ONNX's default domain makes of other inputs than the node's, with the node's attributes: for
/// operators that are a known one with something before or behind it. Its newest version, unless one is given.
std::vector<TensorId> import_plain(import::NodeView& node, std::string_view op_type, std::vector<TensorId> inputs,
                                   int64_t version = 1000);

}  // namespace tn::ops
