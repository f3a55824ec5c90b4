// SPDX-License-Identifier: Apache-2.0
#include "tuning/node_lowering.h"

#include "base/error.h"
#include "tuning/layout.h"

namespace tn {
namespace {

// Of one image, where there are several.
bool is_same_window(const PlacedTensor& a, const PlacedTensor& b) {
  if (a.storage != b.storage || !(a.offset == b.offset) || a.type.dims != b.type.dims) return false;
  for (size_t i = 0; i < a.strides.size(); ++i)
    if (a.type.dims[i] != Dim(1) && !(a.strides[i] == b.strides[i])) return false;
  return true;
}

bool is_same_memory(const PlacedTensor& a, const PlacedTensor& b) {
  return !a.images && !b.images && is_same_window(a, b);
}

}  // namespace

int NodeLowering::input(int index, Need need) {
  return input_in(index, need, choice_.tactic->space());
}

int NodeLowering::input_in(int index, Need need, std::optional<Space> space) {
  if (!region_.has_input(index)) return kNone;
  return graph_.satisfying(region_.node->inputs[static_cast<size_t>(index)], need, space);
}

int NodeLowering::output(int index, Need need) {
  return output_in(index, need, space());
}

int NodeLowering::output_in(int index, Need need, Space space) {
  const TensorId id = region_.node->outputs[static_cast<size_t>(index)];
  const int place = graph_.place_output(id, space);
  const Tensor& tensor = graph_.graph_.tensor(id);
  const PlacedTensor& placed = graph_.builder_.tensor(place);
  const bool there = !graph_.apart() || placed.space == space;
  if (there && satisfies(need, tensor.type.dims, placed.strides)) return place;
  const int fresh =
      graph_.builder_.add_arena(tensor.name + " (before copy)", tensor.type,
                                strides_in(order_for(need), tensor.type.dims), there ? placed.space : space);
  pending_.emplace_back(fresh, place);
  return fresh;
}

void NodeLowering::alias_output(int index, int tensor, Dims strides, Dim offset) {
  const TensorId id = region_.node->outputs[static_cast<size_t>(index)];
  const Tensor& output = graph_.graph_.tensor(id);
  const int view = graph_.builder_.add_view(tensor, output.name, output.type, std::move(strides), std::move(offset));
  const auto placed = graph_.placed_.find(id);
  if (placed == graph_.placed_.end())
    graph_.placed_[id] = view;
  else if (!is_same_memory(graph_.builder_.tensor(view), graph_.builder_.tensor(placed->second)))
    pending_.emplace_back(view, placed->second);
}

int NodeLowering::temporary(std::string_view suffix, TensorType type) {
  Dims strides = row_major_strides(type.dims);
  return graph_.builder_.add_arena(fmt::format("{} ({})", region_.node->name, suffix), std::move(type),
                                   std::move(strides), graph_.apart() ? space() : Space::Device);
}

int NodeLowering::device_temporary(std::string_view suffix, TensorType type) {
  Dims strides = row_major_strides(type.dims);
  return graph_.builder_.add_arena(fmt::format("{} ({})", region_.node->name, suffix), std::move(type),
                                   std::move(strides));
}

int NodeLowering::packed_weights(std::string_view suffix, std::span<const std::byte> bytes,
                                 WeightStore::Recipe recipe) {
  const uint64_t position = graph_.builder_.weights().add(bytes, recipe);
  TensorType type{DataType::U8, {static_cast<int64_t>(bytes.size())}};
  return graph_.builder_.add_weights(fmt::format("{} ({})", region_.node->name, suffix), std::move(type), {1},
                                     position);
}

int NodeLowering::host_bytes(std::string_view suffix, std::span<const std::byte> bytes, WeightStore::Recipe recipe) {
  const uint64_t position = graph_.builder_.weights().add(bytes, recipe);
  TensorType type{DataType::U8, {static_cast<int64_t>(bytes.size())}};
  return graph_.builder_.add_weights(fmt::format("{} ({})", region_.node->name, suffix), std::move(type), {1}, position,
                                     Space::Host);
}

int NodeLowering::constant(const Constant& data, std::string_view source) {
  const uint64_t position = graph_.builder_.weights().add(data.bytes(), {{std::string(source)}, "dense", {}});
  TensorType type{data.type(), Dims(data.dims().begin(), data.dims().end())};
  Dims strides = row_major_strides(type.dims);
  return graph_.builder_.add_weights(std::string(source), std::move(type), std::move(strides), position,
                                     graph_.apart() ? space() : Space::Device);
}

int NodeLowering::shape_value(const Dims& values, bool scalar) {
  return graph_.builder_.add_shape_value(region_.node->name, values, scalar);
}

std::string NodeLowering::step_name() const {
  return steps_ == 0 ? region_.node->name : fmt::format("{} [{}]", region_.node->name, steps_);
}

StepDraft NodeLowering::draft(std::string kernel, std::vector<int> inputs, std::vector<int> outputs) const {
  StepDraft step;
  step.name = step_name();
  step.kernel = std::move(kernel);
  step.inputs = std::move(inputs);
  step.outputs = std::move(outputs);
  step.tactic = choice_.tactic->name();
  if (!choice_.config.empty()) step.tactic += ":" + choice_.config;
  step.detail = region_.operators();
  if (graph_.apart()) step.space = space();
  return step;
}

void NodeLowering::add_step(std::string kernel, std::vector<std::byte> parameters, std::vector<int> inputs,
                            std::vector<int> outputs, uint64_t workspace, std::vector<std::string> defines) {
  StepDraft step = draft(std::move(kernel), std::move(inputs), std::move(outputs));
  step.parameters = std::move(parameters);
  step.workspace = workspace;
  step.defines = std::move(defines);
  graph_.builder_.add_step(graph_.list_, std::move(step));
  ++steps_;
}

void NodeLowering::join(int index, size_t axis) {
  const int whole = output(index, Need::Any);
  const PlacedTensor target = tensor(whole);
  PlacedTensor place = target;
  Dim begin = 0;
  for (const TensorId part : region_.node->inputs) {
    const Tensor& source = graph_.graph_.tensor(part);
    const auto slot = graph_.slots_.find(part);
    place.type.dims = source.type.dims;
    place.offset = target.offset + begin * target.strides[axis];
    // A view of what is a part of another concatenation stays there.
    const bool in_place = slot != graph_.slots_.end() &&
                          slot->second.parent == region_.node->outputs[static_cast<size_t>(index)] &&
                          slot->second.begin == begin && graph_.placed_.contains(part) &&
                          is_same_window(tensor(graph_.placed_.at(part)), place);
    if (!in_place) {
      const int view =
          graph_.builder_.add_view(whole, source.name, source.type, Dims(target.strides), Dim(place.offset));
      graph_.copy_to(graph_.satisfying(part, Need::Any, std::nullopt), view, source.name);
    }
    begin = begin + source.type.dims[axis];
  }
}

void NodeLowering::finish() {
  for (const auto& [from, to] : pending_) graph_.copy_to(from, to, graph_.builder_.tensor(to).name);
}

}  // namespace tn
