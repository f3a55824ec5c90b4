// SPDX-License-Identifier: Apache-2.0
#include "ops/microsoft/refuse.h"

#include "base/error.h"

namespace tn::ops {

void refuse_attribute(const import::NodeView& node, std::string_view attribute, std::string_view way_out) {
  if (node.integer(attribute, 0) != 0)
    throw Error(ErrorCode::Unsupported, "attribute {} = {}; {}", attribute, node.integer(attribute, 0), way_out);
}

void refuse_input(const import::NodeView& node, size_t input, std::string_view name, std::string_view way_out) {
  if (node.has_input(input)) throw Error(ErrorCode::Unsupported, "input {} ('{}'); {}", input, name, way_out);
}

}  // namespace tn::ops
