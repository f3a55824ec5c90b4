// SPDX-License-Identifier: Apache-2.0
#include "exec/step_runner.h"

#include <algorithm>

#include "base/error.h"
#include "engine/plan_generated.h"

namespace tn {

namespace {

bool depends_on_shapes(const plan::TensorT& tensor, const plan::ProfileT& profile) {
  const auto varies = [&](uint32_t result) { return profile.result_min[result] != profile.result_max[result]; };
  return std::ranges::any_of(tensor.dims, varies) || std::ranges::any_of(tensor.strides, varies) ||
         varies(tensor.offset);
}

}  // namespace

TensorTable::TensorTable(const plan::ProfileT& profile, const Memories& memories)
    : profile_(profile), memories_(memories) {
  for (size_t i = 0; i < profile.tensors.size(); ++i) {
    const plan::TensorT& tensor = *profile.tensors[i];
    TensorView& view = views_.emplace_back();
    view.type = static_cast<DataType>(tensor.type);
    view.dims = view.strides = Shape::filled(static_cast<int>(tensor.dims.size()) - (tensor.sliced ? 1 : 0), 0);
    image_bytes_.push_back(0);
    place(i, profile.result_max);
    const bool constant = tensor.storage == plan::Storage::Weights;
    if (!constant) view.data = nullptr;
    if (!constant || depends_on_shapes(tensor, profile)) changing_.push_back(static_cast<uint32_t>(i));
  }
}

void TensorTable::place(size_t index, std::span<const int64_t> results) noexcept {
  const plan::TensorT& tensor = *profile_.tensors[index];
  TensorView& view = views_[index];
  const size_t first = tensor.sliced ? 1 : 0;
  for (size_t axis = first; axis < tensor.dims.size(); ++axis) {
    view.dims[static_cast<int>(axis - first)] = results[tensor.dims[axis]];
    view.strides[static_cast<int>(axis - first)] = results[tensor.strides[axis]];
  }
  if (tensor.sliced) image_bytes_[index] = results[tensor.strides[0]] * static_cast<int64_t>(size_of(view.type));
  std::byte* base = nullptr;
  switch (tensor.storage) {
    case plan::Storage::Arena:
      base = tensor.host ? memories_.host_arena : memories_.arena;
      if (base) base += tensor.position;
      break;
    case plan::Storage::Weights:
      base = const_cast<std::byte*>(tensor.host || !memories_.device_weights
                                        ? memories_.host_weights + tensor.position
                                        : memories_.device_weights->place(tensor.position));
      break;
    case plan::Storage::ShapeValue:
      base = reinterpret_cast<std::byte*>(const_cast<int64_t*>(results.data() + tensor.position));
      break;
    case plan::Storage::Binding:
      break;
  }
  view.data = base ? base + results[tensor.offset] * static_cast<int64_t>(size_of(view.type)) : nullptr;
}

void TensorTable::update(std::span<const int64_t> results, std::span<void* const> addresses) noexcept {
  for (const uint32_t i : changing_) {
    place(i, results);
    const plan::TensorT& tensor = *profile_.tensors[i];
    if (tensor.storage != plan::Storage::Binding || !addresses[tensor.position]) continue;
    views_[i].data = static_cast<std::byte*>(addresses[tensor.position]) +
                     results[tensor.offset] * static_cast<int64_t>(size_of(views_[i].type));
  }
}

bool TensorTable::on_host(int tensor) const {
  const plan::TensorT& placed = *profile_.tensors[static_cast<size_t>(tensor)];
  return placed.host || placed.storage == plan::Storage::ShapeValue;
}

void BoundStep::take_views(const TensorTable& tensors) noexcept {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (step->inputs[i] >= 0) inputs[i] = tensors.view(step->inputs[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (step->outputs[i] >= 0) outputs[i] = tensors.view(step->outputs[i]);
  }
}

BoundStep bind_step(const plan::StepT& step, const TensorTable& tensors, KernelFinder find, int threads,
                    Device* device) {
  BoundStep bound;
  bound.step = &step;
  bound.inputs.resize(step.inputs.size());
  bound.outputs.resize(step.outputs.size());
  bound.defined.resize(step.defines.size());
  bound.take_views(tensors);
  if (step.kernel == kBranchKernel || step.kernel == kLoopKernel || step.kernel == kBatchKernel) return bound;
  const KernelEntry* entry = find(step.kernel);
  if (!entry) {
    throw Error(ErrorCode::InvalidEngine, "step '{}': this runtime has no kernel '{}'", step.name, step.kernel);
  }
  try {
    KernelSpec spec{
        std::as_bytes(std::span(step.parameters)), bound.inputs, bound.outputs, step.inputs, step.outputs, threads,
        static_cast<size_t>(step.workspace_bytes), device};
    for (const int32_t id : step.inputs) spec.inputs_on_host.push_back(id >= 0 && tensors.on_host(id));
    for (const int32_t id : step.outputs) spec.outputs_on_host.push_back(id >= 0 && tensors.on_host(id));
    bound.kernel = entry->create(spec);
  } catch (const Error& error) {
    throw error.within(fmt::format("step '{}' ({})", step.name, step.kernel));
  }
  return bound;
}

Status failure(const plan::StepT& step, const Status& status) noexcept {
  return Status::failure(status.code(), "step '{}'{}{}: {}", step.name, step.tactic.empty() ? "" : ", ", step.tactic,
                         status.message());
}

}  // namespace tn
