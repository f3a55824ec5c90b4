// SPDX-License-Identifier: Apache-2.0
#include "ops/entry.h"

#include <array>

namespace tn::ops {

#define TENON_OP(name) extern const OpEntry name##_entry;
#define TENON_REFERENCE(name)
#include "ops/ops.def"
#undef TENON_OP

std::vector<TensorId> import_as(std::shared_ptr<Op> op, NodeView& node) {
  FieldMap map = op->attributes();
  for (auto& [name, value] : map) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) continue;
    std::visit(
        [&, &field = value](const auto& given) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(given)>, ConstantPtr>) {
            if (const auto* integer = std::get_if<int64_t>(&found->second);
                integer && std::holds_alternative<bool>(field)) {
              field = *integer != 0;
            } else {
              field = given;
            }
          }
        },
        found->second);
  }
  op->set_attributes(map);
  return node.add_all(std::move(op), node.inputs);
}

std::span<const OpEntry* const> all_ops() {
#define TENON_OP(name) &name##_entry,
  static constexpr const OpEntry* kAll[] = {
#include "ops/ops.def"
  };
#undef TENON_OP
#undef TENON_REFERENCE
  return kAll;
}

std::shared_ptr<Op> make_op_by_name(std::string_view name) {
  for (const OpEntry* entry : all_ops()) {
    if (entry->name == name && entry->make) return entry->make();
  }
  return nullptr;
}

const OnnxImporter* find_onnx_importer(std::string_view domain, std::string_view op_type, int64_t version) {
  const OnnxImporter* best = nullptr;
  for (const OpEntry* entry : all_ops()) {
    for (const OnnxImporter& importer : entry->onnx) {
      if (importer.op_type != op_type || importer.domain != domain || importer.since_version > version) continue;
      if (!best || importer.since_version > best->since_version) best = &importer;
    }
  }
  return best;
}

}  // namespace tn::ops
