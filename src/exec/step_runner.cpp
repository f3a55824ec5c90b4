// SPDX-License-Identifier: Apache-2.0
#include "exec/step_runner.h"

#include "base/error.h"

namespace tn {

TensorTable::TensorTable(const plan::ProfileT& profile, std::span<const std::byte> weights, std::byte* arena)
    : profile_(profile), weights_(weights), arena_(arena) {
  for (const auto& tensor : profile.tensors) {
    TensorView view = view_of(*tensor, profile.result_max);
    if (tensor->storage != plan::Storage::Weights) view.data = nullptr;
    views_.push_back(view);
  }
}

TensorView TensorTable::view_of(const plan::TensorT& tensor, std::span<const int64_t> results) const noexcept {
  TensorView view;
  view.type = static_cast<DataType>(tensor.type);
  for (const uint32_t dim : tensor.dims) view.dims.push_back(results[dim]);
  for (const uint32_t stride : tensor.strides) view.strides.push_back(results[stride]);
  std::byte* base = nullptr;
  switch (tensor.storage) {
    case plan::Storage::Arena:
      base = arena_ + tensor.position;
      break;
    case plan::Storage::Weights:
      base = const_cast<std::byte*>(weights_.data()) + tensor.position;
      break;
    case plan::Storage::ShapeValue:
      base = reinterpret_cast<std::byte*>(const_cast<int64_t*>(results.data() + tensor.position));
      break;
    case plan::Storage::Binding:
      break;
  }
  if (base) view.data = base + results[tensor.offset] * static_cast<int64_t>(size_of(view.type));
  return view;
}

void TensorTable::update(std::span<const int64_t> results, std::span<void* const> addresses) noexcept {
  for (size_t i = 0; i < views_.size(); ++i) {
    const plan::TensorT& tensor = *profile_.tensors[i];
    views_[i] = view_of(tensor, results);
    if (tensor.storage != plan::Storage::Binding || !addresses[tensor.position]) continue;
    views_[i].data = static_cast<std::byte*>(addresses[tensor.position]) +
                     results[tensor.offset] * static_cast<int64_t>(size_of(views_[i].type));
  }
}

void BoundStep::take_views(const TensorTable& tensors) noexcept {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (step->inputs[i] >= 0) inputs[i] = tensors.view(step->inputs[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (step->outputs[i] >= 0) outputs[i] = tensors.view(step->outputs[i]);
  }
}

BoundStep bind_step(const plan::StepT& step, const TensorTable& tensors, KernelFinder find, int threads) {
  BoundStep bound;
  bound.step = &step;
  bound.inputs.resize(step.inputs.size());
  bound.outputs.resize(step.outputs.size());
  bound.defined.resize(step.defines.size());
  bound.take_views(tensors);
  if (step.kernel == kBranchKernel || step.kernel == kLoopKernel) return bound;
  const KernelEntry* entry = find(step.kernel);
  if (!entry) {
    throw Error(ErrorCode::InvalidEngine, "step '{}': this runtime has no kernel '{}'", step.name, step.kernel);
  }
  try {
    bound.kernel = entry->create({std::as_bytes(std::span(step.parameters)), bound.inputs, bound.outputs, threads,
                                  static_cast<size_t>(step.workspace_bytes)});
  } catch (const Error& error) {
    throw error.within(fmt::format("step '{}' ({})", step.name, step.kernel));
  }
  return bound;
}

}  // namespace tn
