// SPDX-License-Identifier: Apache-2.0
// Whether an optional has a value is known while importing: with one it is that value, without it is kNone.
#include "ops/entry.h"

namespace tn::ops {
namespace {

bool has_value(const import::Value& value) {
  const auto* tensor = std::get_if<TensorId>(&value);
  return !tensor || *tensor != kNone;
}

std::vector<TensorId> import_optional(NodeView& node) {
  return node.give_all({node.value(0)});
}

std::vector<TensorId> import_get(NodeView& node) {
  model_check(has_value(node.value(0)), "the optional has no value");
  return node.give_all({node.value(0)});
}

std::vector<TensorId> import_has(NodeView& node) {
  return {node.add_constant(Constant::scalar(DataType::Bool, has_value(node.value(0)) ? 1 : 0))};
}

constexpr OnnxImporter kOnnx[] = {
    {"Optional", 15, import_optional}, {"OptionalGetElement", 15, import_get}, {"OptionalHasElement", 15, import_has}};

}  // namespace

extern const OpEntry optional_entry = {"Optional", nullptr, kOnnx, {}};

}  // namespace tn::ops
