// SPDX-License-Identifier: Apache-2.0
#include "ops/control/loop.h"

#include "ops/compose.h"
#include "ops/control/body.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// What a body hands on must have the type it began with: the memory of a carried value does not grow.
void check_carried(const TensorType& before, const TensorType& after, size_t index) {
  if (before == after) return;
  throw Error(ErrorCode::Unsupported, "carried value {} is {} at first and {} after an iteration; its type must stay",
              index, to_string(before), to_string(after));
}

TensorType outside_type(const InferContext& context, const Graph& body, int output, TensorType type) {
  for (size_t axis = 0; axis < type.dims.size(); ++axis) {
    type.dims[axis] = outside_extent(context, body, output, static_cast<int>(axis), type.dims[axis]);
  }
  return type;
}

// Whether the condition that a loop body gives is the one it got, or a constant true.
bool keeps_condition(const Graph& body) {
  TensorId id = body.outputs()[0];
  while (const Node* node = body.producer(id)) {
    if (node->op->name() != "Identity") return false;
    id = node->inputs[0];
  }
  const Constant* constant = body.tensor(id).constant.get();
  return constant ? constant->integer(0) != 0 : id == body.inputs()[1];
}

}  // namespace

std::vector<BodyInput> Loop::body_inputs(const InferContext& context, size_t) const {
  std::vector<BodyInput> inputs = {{{DataType::I64, {}}, std::nullopt}, {{DataType::Bool, {}}, std::nullopt}};
  for (int i = 2; i < context.inputs(); ++i) {
    inputs.push_back(as_body_input(context, i));
    if (i < 2 + carried) inputs.back().value.reset();
  }
  return inputs;
}

std::vector<TensorType> Loop::infer(const InferContext& context) const {
  model_check(context.bodies().size() == 1, "{} bodies where one is needed", context.bodies().size());
  const Graph& body = context.bodies()[0];
  const auto inputs = body_inputs(context, 0);
  const auto results = body_outputs(body, inputs);
  const auto count = static_cast<size_t>(carried);
  model_check(results.size() > count && inputs.size() >= count + 2, "the body gives {} values for {} carried ones",
              results.size(), count);
  std::vector<TensorType> types;
  for (size_t i = 0; i < count; ++i) {
    check_carried(inputs[2 + i].type, results[1 + i], i);
    types.push_back(inputs[2 + i].type);
  }
  const Dims* trips = context.value(0);
  const auto start = context.has(1) ? known_integers(context, 1) : std::vector<int64_t>{1};
  const bool fixed = keeps_condition(body) && start && start->size() == 1 && (*start)[0] != 0;
  for (size_t i = 1 + count; i < results.size(); ++i) {
    model_check(trips && trips->size() == 1, "the trip count of stacked outputs must be computable from input shapes");
    const int output = static_cast<int>(i) - 1;
    TensorType type = outside_type(context, body, output, results[i]);
    const Dim most = larger(Dim(0), (*trips)[0]);
    type.dims.insert(type.dims.begin(), fixed ? most : context.unknown(output, 0, most));
    types.push_back(std::move(type));
  }
  return types;
}

namespace {

int axis_at(const std::vector<int64_t>& axes, size_t index, int rank) {
  return axes.empty() ? 0 : normalize_axis(axes.at(index), rank);
}

}  // namespace

std::vector<BodyInput> Scan::body_inputs(const InferContext& context, size_t) const {
  std::vector<BodyInput> inputs;
  for (int i = 0; i < context.inputs(); ++i) {
    inputs.push_back(as_body_input(context, i));
    if (i < states + scanned) inputs.back().value.reset();
    if (i < states || i >= states + scanned) continue;
    Dims& dims = inputs.back().type.dims;
    model_check(!dims.empty(), "a scalar cannot be scanned");
    dims.erase(dims.begin() + axis_at(input_axes, static_cast<size_t>(i - states), static_cast<int>(dims.size())));
  }
  return inputs;
}

std::vector<TensorType> Scan::infer(const InferContext& context) const {
  model_check(context.bodies().size() == 1, "{} bodies where one is needed", context.bodies().size());
  const auto count = static_cast<size_t>(states), scans = static_cast<size_t>(scanned);
  model_check(scanned > 0 && static_cast<size_t>(context.inputs()) >= count + scans,
              "{} inputs for {} states and {} scans", context.inputs(), states, scanned);
  model_check(input_axes.empty() || input_axes.size() == scans, "{} axes for {} scans", input_axes.size(), scanned);
  const Graph& body = context.bodies()[0];
  const auto inputs = body_inputs(context, 0);
  const auto results = body_outputs(body, inputs);
  model_check(results.size() >= count, "the body gives {} values for {} states", results.size(), states);
  model_check(output_axes.empty() || output_axes.size() == results.size() - count, "{} axes for {} outputs",
              output_axes.size(), results.size() - count);
  const TensorType& first = context.type(static_cast<int>(states));
  const Dim length = first.dims[static_cast<size_t>(axis_at(input_axes, 0, first.rank()))];
  std::vector<TensorType> types;
  for (size_t i = 0; i < results.size(); ++i) {
    if (i < count) {
      check_carried(inputs[i].type, results[i], i);
      types.push_back(inputs[i].type);
      continue;
    }
    TensorType type = outside_type(context, body, static_cast<int>(i), results[i]);
    type.dims.insert(type.dims.begin() + axis_at(output_axes, i - count, type.rank() + 1), length);
    types.push_back(std::move(type));
  }
  return types;
}

namespace {

std::vector<TensorId> add_with_body(NodeView& node, OpPtr op, import::Body body) {
  std::vector<TensorId> inputs = node.inputs;
  inputs.insert(inputs.end(), body.captures.begin(), body.captures.end());
  std::vector<Graph> bodies;
  bodies.push_back(std::move(body.graph));
  return node.add_all(std::move(op), std::move(inputs), std::move(bodies));
}

// The one integer or boolean that a tensor is known to hold while importing.
std::optional<int64_t> known_scalar(const NodeView& node, TensorId x) {
  if (const Constant* constant = node.constant(x))
    return constant->elements() == 1 ? std::optional(constant->integer(0)) : std::nullopt;
  const auto value = node.known_integers(x);
  return value && value->size() == 1 ? std::optional((*value)[0]) : std::nullopt;
}

TensorId tensor_of(const import::Value& value, std::string_view what) {
  const auto* tensor = std::get_if<TensorId>(&value);
  model_check(tensor && *tensor != kNone, "{} is no tensor", what);
  return *tensor;
}

TensorId stack(NodeView& node, std::vector<TensorId> slices) {
  if (slices.empty()) throw Error(ErrorCode::Unsupported, "an unrolled loop without iterations gives stacked outputs");
  for (TensorId& slice : slices) slice = unsqueeze(node, slice, std::vector<int64_t>{0});
  return concat(node, std::move(slices), 0);
}

// The iterations one after another, where their number is known while importing: what they hand on may then be a
// sequence, an optional, or a tensor of another type each time.
std::vector<TensorId> unroll(NodeView& node) {
  constexpr int64_t kMostIterations = 1024;
  constexpr size_t kMostNodes = 1 << 16;
  const auto trips = node.has_input(0) ? known_scalar(node, node.input(0)) : kMostIterations;
  std::optional<int64_t> goes_on = node.has_input(1) ? known_scalar(node, node.input(1)) : 1;
  const size_t carried = node.inputs.size() - 2;
  std::vector<import::Value> values;
  for (size_t i = 0; i < carried; ++i) values.push_back(node.value(2 + i));
  std::vector<std::vector<TensorId>> stacked(node.output_count - std::min(carried, node.output_count));
  for (int64_t k = 0; trips && k < *trips && goes_on && *goes_on != 0; ++k) {
    if (k + 1 >= kMostIterations || node.graph().node_count() > kMostNodes)
      throw Error(ErrorCode::Unsupported, "a loop to unroll goes on after {} iterations", k);
    std::vector<import::Value> inputs = {extent(node, k), node.add_constant(Constant::scalar(DataType::Bool, 1))};
    inputs.insert(inputs.end(), values.begin(), values.end());
    auto outputs = node.bodies->import_inline("body", inputs);
    model_check(outputs.size() == 1 + carried + stacked.size(), "the body gives {} values, {} are needed",
                outputs.size(), 1 + carried + stacked.size());
    goes_on = known_scalar(node, tensor_of(outputs[0], "the condition"));
    for (size_t i = 0; i < carried; ++i) values[i] = std::move(outputs[1 + i]);
    for (size_t i = 0; i < stacked.size(); ++i)
      stacked[i].push_back(tensor_of(outputs[1 + carried + i], "a stacked output"));
  }
  if (!trips || !goes_on) {
    throw Error(
        ErrorCode::Unsupported,
        "the loop hands on sequences, optionals or tensors that change their type, and how often it runs is not "
        "known while importing");
  }
  for (const auto& slices : stacked) values.emplace_back(stack(node, slices));
  return node.give_all(std::move(values));
}

std::vector<TensorId> import_loop(NodeView& node) {
  node.inputs.resize(std::max<size_t>(node.inputs.size(), 2), kNone);
  auto op = std::make_shared<Loop>();
  op->carried = static_cast<int64_t>(node.inputs.size()) - 2;
  std::vector<TensorType> formal = {{DataType::I64, {}}, {DataType::Bool, {}}};
  for (size_t i = 2; i < node.inputs.size(); ++i) {
    if (!node.has_input(i)) return unroll(node);
    formal.push_back(node.type(node.input(i)));
  }
  import::Body body = node.bodies->import_body("body", formal);
  const auto& outputs = body.graph.outputs();
  for (size_t i = 2; i < formal.size() && i - 1 < outputs.size(); ++i) {
    const bool stays = body.graph.tensor(outputs[i - 1]).type == formal[i];
    if (!stays && node.has_input(0) && known_scalar(node, node.input(0))) return unroll(node);
  }
  return add_with_body(node, std::move(op), std::move(body));
}

std::vector<TensorId> import_scan(NodeView& node) {
  auto op = std::make_shared<Scan>();
  op->scanned = node.integer("num_scan_inputs", 1);
  const auto inputs = static_cast<int64_t>(node.inputs.size());
  model_check(op->scanned > 0 && op->scanned <= inputs, "num_scan_inputs is {} of {}", op->scanned, inputs);
  op->states = inputs - op->scanned;
  op->input_axes = node.integers("scan_input_axes");
  op->input_directions = node.integers("scan_input_directions");
  op->output_axes = node.integers("scan_output_axes");
  op->output_directions = node.integers("scan_output_directions");
  std::vector<TensorType> formal;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    formal.push_back(node.type(node.input(i)));
    if (static_cast<int64_t>(i) < op->states) continue;
    Dims& dims = formal.back().dims;
    model_check(!dims.empty(), "a scalar cannot be scanned");
    const size_t scan = i - static_cast<size_t>(op->states);
    model_check(op->input_axes.empty() || scan < op->input_axes.size(), "scan_input_axes has {} axes",
                op->input_axes.size());
    dims.erase(dims.begin() + axis_at(op->input_axes, scan, static_cast<int>(dims.size())));
  }
  return add_with_body(node, std::move(op), node.bodies->import_body("body", formal));
}

TensorType without_first_axis(TensorType type) {
  model_check(!type.dims.empty(), "a scalar cannot be scanned");
  type.dims.erase(type.dims.begin());
  return type;
}

// Opset 8 scans every sample of a batch by itself: a Scan over the batch whose body is the Scan over time.
std::vector<TensorId> import_scan_8(NodeView& node) {
  if (node.has_input(0)) throw Error(ErrorCode::Unsupported, "sequence_lens of Scan 8");
  const std::vector<TensorId> inputs(node.inputs.begin() + 1, node.inputs.end());
  auto along_time = std::make_shared<Scan>(), along_batch = std::make_shared<Scan>();
  along_time->scanned = node.integer("num_scan_inputs", 1);
  along_time->states = static_cast<int64_t>(inputs.size()) - along_time->scanned;
  along_time->input_directions = node.integers("directions");
  along_batch->scanned = static_cast<int64_t>(inputs.size());
  model_check(along_time->scanned > 0 && along_time->states >= 0, "num_scan_inputs is {} of {}", along_time->scanned,
              inputs.size());
  Graph sample;
  NodeView inside(sample);
  inside.name = node.name;
  std::vector<TensorType> formal;
  std::vector<TensorId> sample_inputs, outside = inputs;
  for (const TensorId input : inputs) {
    const TensorType type = without_first_axis(node.type(input));
    const bool state = static_cast<int64_t>(formal.size()) < along_time->states;
    formal.push_back(state ? type : without_first_axis(type));
    sample_inputs.push_back(sample.add_input("x" + std::to_string(formal.size()), type));
  }
  import::Body body = node.bodies->import_body("body", formal);
  for (const TensorId captured : body.captures) {
    outside.push_back(captured);
    sample_inputs.push_back(sample.add_input("x" + std::to_string(outside.size()), node.type(captured)));
  }
  std::vector<Graph> inner, outer;
  inner.push_back(std::move(body.graph));
  sample.set_outputs(inside.add_all(std::move(along_time), std::move(sample_inputs), std::move(inner)));
  outer.push_back(std::move(sample));
  return node.add_all(std::move(along_batch), std::move(outside), std::move(outer));
}

constexpr OnnxImporter kLoop[] = {{"Loop", 1, import_loop}};
constexpr OnnxImporter kScan[] = {{"Scan", 8, import_scan_8}, {"Scan", 9, import_scan}};

}  // namespace

extern const OpEntry loop_entry = {Loop::kName, make_op<Loop>, kLoop, {}};
extern const OpEntry scan_entry = {Scan::kName, make_op<Scan>, kScan, {}};

}  // namespace tn::ops
