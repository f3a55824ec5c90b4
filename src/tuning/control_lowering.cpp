// SPDX-License-Identifier: Apache-2.0
// Nodes that run graphs of their own. Their steps stand behind the control step on the one line of time, so whatever is
// read again in a later iteration, or after the node, is kept to its end.
#include "base/error.h"
#include "tuning/layout.h"
#include "tuning/node_lowering.h"

namespace tn {
namespace {

// Kernels of every backend's runtime (backends/cpu/device/control_kernels.cpp).
constexpr std::string_view kTakeSlice = "take_slice", kPutSlice = "put_slice";

bool has_symbol(const TensorType& type, const std::vector<std::string>& symbols) {
  for (const Dim& dim : type.dims) {
    for (const std::string& symbol : dim.symbols()) {
      if (std::find(symbols.begin(), symbols.end(), symbol) != symbols.end()) return true;
    }
  }
  return false;
}

std::vector<std::byte> slice_parameters(const LoopForm::Slices& slices) {
  ByteWriter parameters;
  parameters.put(static_cast<uint32_t>(slices.axis));
  parameters.put(static_cast<uint8_t>(slices.backwards ? 1 : 0));
  return parameters.take();
}

}  // namespace

// Outputs whose extents the branch decides: it says them, then copies what it made.
void NodeLowering::add_body_results(uint32_t list, const Graph& body, const std::vector<int>& results,
                                    const std::vector<int>& outputs) {
  const auto defines = region_.defines();
  if (defines.empty()) return;
  StepDraft step = draft(std::string(kResultExtentsKernel), results, {});
  ByteWriter parameters;
  for (const std::string& symbol : defines) {
    for (int i = 0; i < region_.outputs(); ++i) {
      const Dims& dims = region_.output_type(i).dims;
      const auto found = std::find(dims.begin(), dims.end(), Dim::symbol(symbol));
      if (found == dims.end()) continue;
      parameters.put(static_cast<uint32_t>(i));
      parameters.put(static_cast<uint32_t>(found - dims.begin()));
      break;
    }
  }
  step.parameters = parameters.take();
  step.defines = defines;
  graph_.builder_.add_step(list, std::move(step));
  for (int i = 0; i < region_.outputs(); ++i) {
    if (!has_symbol(region_.output_type(i), defines)) continue;
    const auto index = static_cast<size_t>(i);
    const Tensor& made = body.tensor(body.outputs()[index]);
    // Equal extents by now, though by other expressions.
    const int view = graph_.builder_.add_view(outputs[index], made.name, made.type, row_major_strides(made.type.dims),
                                              tensor(outputs[index]).offset);
    add_copy(graph_.builder_, graph_.target_, list, results[index], view, made.name);
  }
}

void NodeLowering::add_branch() {
  const auto defines = region_.defines();
  std::vector<int> captures, outputs, direct;
  for (int i = 1; i < region_.inputs(); ++i) captures.push_back(input_in(i, Need::RowMajor, std::nullopt));
  for (int i = 0; i < region_.outputs(); ++i) {
    const bool late = has_symbol(region_.output_type(i), defines);
    outputs.push_back(output_in(i, late ? Need::RowMajor : Need::Any, Space::Device));
    direct.push_back(late ? kNone : outputs.back());
  }
  StepDraft step = draft(std::string(kBranchKernel), {input(0, Need::Any)}, {});
  const int condition = step.inputs[0], first = graph_.builder_.now();
  step.lists = {graph_.builder_.add_list(), graph_.builder_.add_list()};
  const std::vector<uint32_t> lists = step.lists;
  graph_.builder_.add_step(graph_.list_, std::move(step));
  for (const size_t i : {0, 1}) {
    const Graph& body = region_.node->bodies[i];
    const auto results =
        GraphLowering(body, graph_.target_, graph_.selector_, graph_.builder_).run(lists[i], captures, direct);
    add_body_results(lists[i], body, results, outputs);
  }
  for (const int id : outputs) graph_.builder_.keep(id, first, graph_.builder_.now());
  graph_.builder_.keep(condition, first, first);
  ++steps_;
}

// A scalar that says whether to go on, with its first value.
int NodeLowering::first_condition(const LoopForm& form) {
  const TensorType type{DataType::Bool, {}};
  const int condition = temporary("condition", type);
  int from = kNone;
  if (form.condition >= 0 && region_.has_input(form.condition)) {
    const int given = input(form.condition, Need::Any);
    from = graph_.builder_.add_view(given, tensor(given).name, type, {}, tensor(given).offset);
  } else {
    from = constant(*Constant::scalar(DataType::Bool, 1), "true");
  }
  return graph_.copy_to(from, condition, region_.node->name);
}

void NodeLowering::add_loop(const LoopForm& form) {
  ProfileBuilder& builder = graph_.builder_;
  const int first = builder.now();
  std::vector<int> states, kept;
  for (int i = 0; i < form.states; ++i) {
    states.push_back(output_in(i, Need::RowMajor, Space::Device));
    const int first_value = input_in(form.first_state + i, Need::Any, std::nullopt);
    graph_.copy_to(first_value, states.back(), tensor(states.back()).name);
  }
  const int iteration = temporary("iteration", {DataType::I64, {}}), condition = first_condition(form);
  int trips = kNone;
  if (form.length) trips = shape_value({*form.length}, true);
  if (form.trips >= 0 && region_.has_input(form.trips)) trips = input(form.trips, Need::Any);
  kept = states;
  kept.insert(kept.end(), {iteration, condition});
  StepDraft step = draft(std::string(kLoopKernel), {trips, condition}, {iteration, condition});
  const uint32_t list = builder.add_list();
  step.lists = {list};
  step.defines = region_.defines();
  // Operands of the node are made ready before it; those of its body's steps while it runs.
  std::vector<int> operands;
  for (int i = form.first_state + form.states; i < region_.inputs(); ++i) {
    const bool whole = i < form.first_state + form.states + static_cast<int>(form.scanned.size());
    operands.push_back(input_in(i, whole ? Need::Any : Need::RowMajor, whole ? std::optional(space()) : std::nullopt));
  }
  for (size_t i = 0; i < form.stacked.size(); ++i)
    operands.push_back(output_in(form.states + static_cast<int>(i), Need::RowMajor, space()));
  builder.add_step(graph_.list_, std::move(step));
  run_body(list, form, states, {iteration, condition}, operands);
  kept.insert(kept.end(), operands.begin(), operands.end());
  for (const int id : kept) {
    if (id != kNone) builder.keep(id, first, builder.now());
  }
  ++steps_;
}

// `operands`: scanned inputs, captures, stacked outputs.
void NodeLowering::run_body(uint32_t list, const LoopForm& form, const std::vector<int>& states,
                            const std::vector<int>& counters, const std::vector<int>& operands) {
  ProfileBuilder& builder = graph_.builder_;
  const Graph& body = region_.node->bodies[0];
  std::vector<int> inputs = form.counts ? counters : std::vector<int>{};
  inputs.insert(inputs.end(), states.begin(), states.end());
  // Which slice it is, the host says; so they are cut and put together there.
  const auto add_slice = [&](std::string_view kernel, const LoopForm::Slices& slices, int from, int to) {
    StepDraft step = draft(std::string(kernel), {from, counters[0]}, {to});
    step.parameters = slice_parameters(slices);
    builder.add_step(list, std::move(step));
    ++steps_;
  };
  for (size_t i = 0; i < form.scanned.size(); ++i) {
    inputs.push_back(temporary("slice", body.tensor(body.inputs()[inputs.size()]).type));
    add_slice(kTakeSlice, form.scanned[i], operands[i], inputs.back());
  }
  inputs.insert(inputs.end(), operands.begin() + static_cast<std::ptrdiff_t>(form.scanned.size()),
                operands.end() - static_cast<std::ptrdiff_t>(form.stacked.size()));
  // The body may still read a state while it makes the next one.
  std::vector<int> next;
  const size_t carried = states.size() + (form.counts ? 1 : 0);
  for (size_t i = 0; i < carried; ++i) next.push_back(device_temporary("next", body.tensor(body.outputs()[i]).type));
  const auto results = GraphLowering(body, graph_.target_, graph_.selector_, builder).run(list, inputs, next);
  for (size_t i = 0; i < form.stacked.size(); ++i) {
    const int whole = operands[operands.size() - form.stacked.size() + i];
    int slice = results[carried + i];
    if (graph_.apart() && tensor(slice).space != space()) {
      const int landed = temporary("slice", tensor(slice).type);
      add_copy(builder, graph_.target_, list, slice, landed, "slice");
      slice = landed;
    }
    add_slice(kPutSlice, form.stacked[i], slice, whole);
  }
  if (form.counts) {
    const int scalar = builder.add_view(next[0], tensor(next[0]).name, {DataType::Bool, {}}, {}, 0);
    add_copy(builder, graph_.target_, list, scalar, counters[1], "condition");
  }
  for (size_t i = 0; i < states.size(); ++i) {
    const int from = next[i + carried - states.size()];
    add_copy(builder, graph_.target_, list, from, states[i], tensor(from).name);
  }
}

// Every thread of the lane runs the body for images of its own, in memory of its own.
void NodeLowering::add_batch_loop(int sliced) {
  ProfileBuilder& builder = graph_.builder_;
  const int first = builder.now();
  std::vector<int> wholes, inputs, outputs;
  for (int i = 0; i < region_.inputs(); ++i) {
    wholes.push_back(input(i, Need::Any));
    inputs.push_back(i < sliced ? builder.add_images(wholes.back()) : wholes.back());
  }
  StepDraft step = draft(std::string(kBatchKernel), wholes, {});
  for (int i = 0; i < region_.outputs(); ++i) {
    step.outputs.push_back(output(i, Need::Any));
    wholes.push_back(step.outputs.back());
    outputs.push_back(builder.add_images(wholes.back()));
  }
  auto& images = graph_.images_.at(graph_.graph_.tensor(region_.node->outputs[0]).producer);
  for (const auto& each : images) step.lists.push_back(builder.add_private_list(each.copies));
  const std::vector<uint32_t> lists = step.lists;
  builder.add_step(graph_.list_, std::move(step));
  for (size_t i = 0; i < lists.size(); ++i) {
    builder.open_list(lists[i]);
    images[i].body->run(lists[i], inputs, outputs);
    builder.close_list();
  }
  for (const int id : wholes) builder.keep(id, first, builder.now());
  ++steps_;
}

}  // namespace tn
