// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/plan_generated.h"
#include "exec/context.h"
#include "exec/segment.h"

namespace tn {

/// Everything that depends on the profile.
struct Context::ProfileState {
  /// `device` is null for a plan of the processor. Throws Error(InvalidEngine, OutOfMemory).
  ProfileState(const plan::ProfileT& profile, const EngineFile& engine, KernelFinder find, int threads,
               const DeviceEngine* device, ArenaOwner arena_owner, StepObserver* const& observer);

  /// Memory that a step uses while it runs.
  std::span<std::byte> workspace(const plan::StepT& step) const {
    return {(step.host ? memories.host_arena : memories.arena) + step.workspace_position, step.workspace_bytes};
  }
  void forget_recordings() {
    for (auto& list : segments) {
      for (Segment& segment : list) segment.stale = true;
    }
  }

  const plan::ProfileT& profile;
  HostBuffer arena;
  std::unique_ptr<DeviceBuffer> device_arena, pinned_arena;
  std::unique_ptr<Event> begin, end;  ///< of a step whose time is taken
  std::unique_ptr<Event>
      shapes_read;  ///< the end of a run; null where runs copy no extents from where they are computed
  Memories memories;
  TensorTable tensors;
  ShapeProgram program;
  std::vector<int64_t> symbols, results, scratch;
  std::vector<std::vector<BoundStep>> lists;
  std::vector<std::vector<Segment>> segments;  ///< of each list
  std::vector<int> binding_tensor;             ///< a tensor that stands for each binding whole
  std::vector<int> on_bindings;                ///< all tensors that lie in bindings
  std::vector<int64_t> binding_room;           ///< elements that the caller's memory has for each binding
  bool has_unknowns = false, has_values = false, has_host_steps = false;

 private:
  Memories allocate(const EngineFile& engine, const DeviceEngine* device, ArenaOwner arena_owner);
};

}  // namespace tn
