// SPDX-License-Identifier: Apache-2.0
// What of an operator Tenon does not do, said with the way out.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// Throws Error(Unsupported) if the attribute has another value than 0.
void refuse_attribute(const import::NodeView& node, std::string_view attribute, std::string_view way_out);
/// Throws Error(Unsupported) if the input is there.
void refuse_input(const import::NodeView& node, size_t input, std::string_view name, std::string_view way_out);

}  // namespace tn::ops
