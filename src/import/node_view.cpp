// SPDX-License-Identifier: Apache-2.0
#include "import/node_view.h"

#include "base/error.h"

namespace tn::import {
namespace {

template <typename T>
const T* find(const std::map<std::string, Attribute, std::less<>>& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return nullptr;
  const T* value = std::get_if<T>(&found->second);
  model_check(value != nullptr, "attribute '{}' has the wrong type", name);
  return value;
}

}  // namespace

TensorId NodeView::input(size_t index) const {
  model_check(has_input(index), "input {} is missing", index);
  return inputs[index];
}

std::optional<std::vector<int64_t>> NodeView::known_integers(TensorId id) const {
  const auto& value = graph_->tensor(id).value;
  if (!value) return std::nullopt;
  std::vector<int64_t> result;
  for (const Dim& dim : *value) {
    if (!dim.is_constant()) return std::nullopt;
    result.push_back(*dim.constant());
  }
  return result;
}

int64_t NodeView::integer(std::string_view attribute, int64_t fallback) const {
  const auto* value = find<int64_t>(attributes, attribute);
  return value ? *value : fallback;
}

double NodeView::number(std::string_view attribute, double fallback) const {
  const auto* value = find<double>(attributes, attribute);
  return value ? *value : fallback;
}

std::string NodeView::text(std::string_view attribute, std::string fallback) const {
  const auto* value = find<std::string>(attributes, attribute);
  return value ? *value : std::move(fallback);
}

std::vector<int64_t> NodeView::integers(std::string_view attribute, std::vector<int64_t> fallback) const {
  const auto* value = find<std::vector<int64_t>>(attributes, attribute);
  return value ? *value : std::move(fallback);
}

std::vector<double> NodeView::numbers(std::string_view attribute, std::vector<double> fallback) const {
  const auto* value = find<std::vector<double>>(attributes, attribute);
  return value ? *value : std::move(fallback);
}

ConstantPtr NodeView::tensor(std::string_view attribute) const {
  const auto* value = find<ConstantPtr>(attributes, attribute);
  return value ? *value : nullptr;
}

DataType NodeView::data_type(std::string_view attribute, DataType fallback) const {
  struct Code {
    int64_t number;
    std::string_view name;
    DataType type;
  };
  static constexpr Code kCodes[] = {
      {1, "FLOAT", DataType::F32},     {2, "UINT8", DataType::U8},    {3, "INT8", DataType::I8},
      {4, "UINT16", DataType::U16},    {5, "INT16", DataType::I16},   {6, "INT32", DataType::I32},
      {7, "INT64", DataType::I64},     {9, "BOOL", DataType::Bool},   {10, "FLOAT16", DataType::F16},
      {11, "DOUBLE", DataType::F64},   {12, "UINT32", DataType::U32}, {13, "UINT64", DataType::U64},
      {16, "BFLOAT16", DataType::BF16}};
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return fallback;
  const auto* number = std::get_if<int64_t>(&found->second);
  const auto* text = std::get_if<std::string>(&found->second);
  for (const Code& code : kCodes) {
    if ((number && *number == code.number) || (text && *text == code.name)) return code.type;
  }
  throw Error(ErrorCode::Unsupported, "attribute '{}' names element type {}, which Tenon does not have", attribute,
              number ? std::to_string(*number)
              : text ? *text
                     : "?");
}

std::string NodeView::next_name() {
  const int number = added_++;
  return number == 0 ? name : fmt::format("{}/{}", name, number);
}

std::vector<TensorId> NodeView::add_all(OpPtr op, std::vector<TensorId> node_inputs, std::vector<Graph> node_bodies) {
  return graph_->add_node(next_name(), std::move(op), std::move(node_inputs), std::move(node_bodies));
}

TensorId NodeView::add(OpPtr op, std::vector<TensorId> node_inputs) {
  return graph_->add(next_name(), std::move(op), std::move(node_inputs));
}

TensorId NodeView::add_constant(ConstantPtr constant) {
  return graph_->add_constant(next_name(), std::move(constant));
}

}  // namespace tn::import
