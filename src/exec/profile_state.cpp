// SPDX-License-Identifier: Apache-2.0
#include "exec/profile_state.h"

#include "base/error.h"
#include "engine/plan_generated.h"
#include "exec/batch_loop.h"

namespace tn {
namespace {

bool copies_extents(const plan::StepT& step, const plan::ProfileT& profile) {
  return step.kernel == kTransferKernel && step.inputs[0] >= 0 &&
         profile.tensors[static_cast<size_t>(step.inputs[0])]->storage == plan::Storage::ShapeValue;
}

}  // namespace

Context::ProfileState::ProfileState(const plan::ProfileT& profile_in, const EngineFile& engine, KernelFinder find,
                                    int threads, const DeviceEngine* device, ArenaOwner arena_owner,
                                    StepObserver* const& observer)
    : profile(profile_in), memories(allocate(engine, device, arena_owner)), tensors(profile, memories) {
  ByteReader reader(std::as_bytes(std::span(profile.shape_program)));
  program = ShapeProgram::decode(reader);
  results.assign(profile.result_max.begin(), profile.result_max.end());
  scratch.resize(program.instructions.size());
  for (const auto& symbol : engine.plan().symbols) {
    symbols.push_back(0);
    has_unknowns = has_unknowns || symbol->input < 0;
    has_values = has_values || symbol->of_value;
  }
  for (const auto& list : profile.lists) {
    std::vector<BoundStep>& steps = lists.emplace_back();
    segments.emplace_back();
    if (list->copies > 0) continue;  // the loop over the batch has its steps
    if (device) segments.back() = segments_of(*list, profile, device->device());
    for (const auto& step : list->steps) {
      const bool on_device = device && !step->host;
      has_host_steps = has_host_steps || !on_device;
      if (copies_extents(*step, profile) && !shapes_read) shapes_read = device->device().make_event();
      steps.push_back(bind_step(*step, tensors, on_device ? device->find() : find, threads,
                                on_device ? &device->device() : nullptr));
      if (step->kernel != kBatchKernel) continue;
      const BatchSurroundings around{profile, tensors, memories, find, threads, observer};
      steps.back().kernel = std::make_unique<BatchLoop>(*step, around);
    }
  }
  binding_tensor.assign(engine.plan().bindings.size(), -1);
  for (size_t i = 0; i < profile.tensors.size(); ++i) {
    const auto& tensor = *profile.tensors[i];
    const auto stands_for = [&](const plan::BindingT& binding) { return tensor.dims.size() == binding.dims.size(); };
    if (tensor.storage == plan::Storage::Binding && !tensor.sliced && binding_tensor[tensor.position] < 0 &&
        stands_for(*engine.plan().bindings[tensor.position])) {
      binding_tensor[tensor.position] = static_cast<int>(i);
    }
    if (tensor.storage == plan::Storage::Binding) on_bindings.push_back(static_cast<int>(i));
  }
  binding_room.resize(binding_tensor.size());
  for (size_t i = 0; i < binding_tensor.size(); ++i) {
    if (binding_tensor[i] >= 0) continue;
    throw Error(ErrorCode::InvalidEngine, "malformed plan: nothing stands for '{}'", engine.plan().bindings[i]->name);
  }
}

Memories Context::ProfileState::allocate(const EngineFile& engine, const DeviceEngine* device, ArenaOwner arena_owner) {
  const std::byte* weights = engine.weights().data();
  const size_t arena_bytes = arena_owner == ArenaOwner::Context ? profile.arena_bytes : 0;
  if (!device) {
    arena = HostBuffer(arena_bytes, "activations");
    return {nullptr, arena.data(), weights, arena.data()};
  }
  constexpr const char* kHelp = "a smaller batch or largest shape, or fewer contexts, would help";
  Device& on = device->device();
  device_arena = on.allocate(arena_bytes, {"activations and workspace", kHelp});
  pinned_arena = on.allocate(MemoryKind::Pinned, profile.host_arena_bytes, {"activations on the host", kHelp});
  for (auto* event : {&begin, &end}) *event = device->device().make_event();
  return {&device->weights(), device_arena->data(), weights, pinned_arena->data()};
}

}  // namespace tn
