// SPDX-License-Identifier: Apache-2.0
#include "import/node_view.h"

#include "base/error.h"
#include "import/element_type.h"

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

const Sequence& NodeView::sequence(size_t index) const {
  const auto* found = find_other<Sequence>(index);
  model_check(found != nullptr, "input {} is no sequence", index);
  return *found;
}

TensorId NodeView::strings(size_t index) const {
  const auto* found = find_other<Strings>(index);
  model_check(found != nullptr, "input {} is no tensor of strings", index);
  return found->bytes;
}

Value NodeView::value(size_t index) const {
  if (const auto found = other_inputs.find(index); found != other_inputs.end()) return found->second;
  return index < inputs.size() ? inputs[index] : kNone;
}

std::vector<TensorId> NodeView::give_all(std::vector<Value> values) {
  std::vector<TensorId> tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto* tensor = std::get_if<TensorId>(&values[i]);
    tensors.push_back(tensor ? *tensor : kNone);
    if (tensors.back() == kNone) give(i, std::move(values[i]));
  }
  return tensors;
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
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return fallback;
  const auto* number = std::get_if<int64_t>(&found->second);
  const auto* text = std::get_if<std::string>(&found->second);
  const auto type = number ? element_type(*number) : text ? element_type(*text) : std::nullopt;
  if (type) return *type;
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
