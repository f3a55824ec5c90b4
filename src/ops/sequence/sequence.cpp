// SPDX-License-Identifier: Apache-2.0
// Sequences are lists of tensors while importing, so their operators add no nodes but those that cut and join tensors.
#include <algorithm>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

using import::Sequence;
using import::Value;

// A position that must be known while importing, as an index into `count` places.
size_t known_position(NodeView& node, size_t input, size_t count) {
  const auto value = node.known_integers(node.input(input));
  if (!value || value->size() != 1)
    throw Error(ErrorCode::Unsupported, "a position in a sequence must be known while importing");
  const auto places = static_cast<int64_t>(count);
  const int64_t position = (*value)[0] < 0 ? (*value)[0] + places : (*value)[0];
  model_check(position >= 0 && position < places, "position {} of {}", (*value)[0], places);
  return static_cast<size_t>(position);
}

std::vector<TensorId> import_empty(NodeView& node) {
  node.give(0, Sequence{});
  return {};
}

std::vector<TensorId> import_construct(NodeView& node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) node.input(i);
  node.give(0, node.inputs);
  return {};
}

std::vector<TensorId> import_at(NodeView& node) {
  const Sequence& sequence = node.sequence(0);
  return {sequence[known_position(node, 1, sequence.size())]};
}

std::vector<TensorId> import_insert(NodeView& node) {
  Sequence sequence = node.sequence(0);
  // A negative position counts from the end of what is there.
  size_t position = sequence.size();
  if (node.has_input(2)) {
    const auto value = node.known_integers(node.input(2));
    const bool at_end = value && value->size() == 1 && (*value)[0] == static_cast<int64_t>(sequence.size());
    if (!at_end) position = known_position(node, 2, sequence.size());
  }
  sequence.insert(sequence.begin() + static_cast<int64_t>(position), node.input(1));
  node.give(0, std::move(sequence));
  return {};
}

std::vector<TensorId> import_erase(NodeView& node) {
  Sequence sequence = node.sequence(0);
  model_check(!sequence.empty(), "nothing can be erased from an empty sequence");
  const size_t position = node.has_input(1) ? known_position(node, 1, sequence.size()) : sequence.size() - 1;
  sequence.erase(sequence.begin() + static_cast<int64_t>(position));
  node.give(0, std::move(sequence));
  return {};
}

std::vector<TensorId> import_length(NodeView& node) {
  return {extent(node, static_cast<int64_t>(node.sequence(0).size()))};
}

// Lengths of the parts of an axis.
std::vector<int64_t> parts_of(NodeView& node, const Dim& dim) {
  const auto extent = dim.constant();
  const auto split = node.has_input(1) ? node.known_integers(node.input(1)) : std::vector<int64_t>{1};
  if (!extent || !split)
    throw Error(ErrorCode::Unsupported,
                "a split into a sequence must be known while importing; fix the shape of the input");
  if (node.has_input(1) && node.type(node.input(1)).rank() > 0) return *split;
  constexpr int64_t kMostParts = 1 << 14;
  model_check(split->size() == 1 && (*split)[0] > 0, "parts of {} elements", split->empty() ? 0 : (*split)[0]);
  if (*extent / (*split)[0] >= kMostParts)
    throw Error(ErrorCode::Unsupported, "a sequence of {} parts", *extent / (*split)[0]);
  std::vector<int64_t> parts;
  for (int64_t begin = 0; begin < *extent; begin += (*split)[0])
    parts.push_back(std::min((*split)[0], *extent - begin));
  return parts;
}

std::vector<TensorId> import_split(NodeView& node) {
  const TensorId x = node.input(0);
  const int64_t axis = normalize_axis(node.integer("axis", 0), node.type(x).rank());
  const bool keeps = node.has_input(1) || node.integer("keepdims", 1) != 0;
  const Dim extent = node.type(x).dims[static_cast<size_t>(axis)];
  Sequence sequence;
  int64_t begin = 0;
  for (const int64_t part : parts_of(node, extent)) {
    const TensorId piece = slice(node, x, axis, begin, begin + part);
    sequence.push_back(keeps ? piece : squeeze(node, piece, std::vector<int64_t>{axis}));
    begin += part;
  }
  model_check(extent == Dim(begin), "the parts make {} of {}", begin, extent.to_string());
  node.give(0, std::move(sequence));
  return {};
}

std::vector<TensorId> import_concat(NodeView& node) {
  Sequence parts = node.sequence(0);
  model_check(!parts.empty(), "an empty sequence has no concatenation");
  const bool stacks = node.integer("new_axis", 0) != 0;
  const int rank = node.type(parts[0]).rank() + (stacks ? 1 : 0);
  const int64_t axis = normalize_axis(node.integer("axis", 0), rank);
  if (stacks) {
    for (TensorId& part : parts) part = unsqueeze(node, part, std::vector<int64_t>{axis});
  }
  return {concat(node, std::move(parts), axis)};
}

// The body once for each element; an input that is a tensor is the same each time.
std::vector<TensorId> import_map(NodeView& node) {
  const size_t length = node.sequence(0).size();
  std::vector<Sequence> results(node.output_count);
  for (size_t k = 0; k < length; ++k) {
    std::vector<Value> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const bool maps = node.has_sequence(i);
      model_check(!maps || node.sequence(i).size() == length, "sequences of {} and {} elements", length,
                  maps ? node.sequence(i).size() : 0);
      inputs.push_back(maps ? node.sequence(i)[k] : node.input(i));
    }
    const auto outputs = node.bodies->import_inline("body", inputs);
    model_check(outputs.size() == results.size(), "the body gives {} values, {} are needed", outputs.size(),
                results.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      const auto* tensor = std::get_if<TensorId>(&outputs[i]);
      model_check(tensor && *tensor != kNone, "output {} of the body is no tensor", i);
      results[i].push_back(*tensor);
    }
  }
  return node.give_all({results.begin(), results.end()});
}

constexpr OnnxImporter kOnnx[] = {{"SequenceEmpty", 11, import_empty},   {"SequenceConstruct", 11, import_construct},
                                  {"SequenceAt", 11, import_at},         {"SequenceInsert", 11, import_insert},
                                  {"SequenceErase", 11, import_erase},   {"SequenceLength", 11, import_length},
                                  {"SplitToSequence", 11, import_split}, {"ConcatFromSequence", 11, import_concat},
                                  {"SequenceMap", 17, import_map}};

}  // namespace

extern const OpEntry sequence_entry = {"Sequence", nullptr, kOnnx, {}};

}  // namespace tn::ops
