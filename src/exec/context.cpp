// SPDX-License-Identifier: Apache-2.0
#include "exec/context.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"
#include "exec/profile_state.h"

namespace tn {
Context::Context(std::shared_ptr<const EngineFile> engine, KernelFinder find, int threads,
                 std::shared_ptr<const DeviceEngine> device, ArenaOwner arena)
    : engine_(std::move(engine)), find_(find), threads_(threads), device_(std::move(device)), arena_owner_(arena) {
  const auto& plan = engine_->plan();
  const uint32_t missing = plan.features & ~cpu_info().features;
  if (missing != 0) {
    throw Error(ErrorCode::InvalidEngine, "the engine needs a processor with {}, this one ({}) has {}",
                cpu_feature_names(missing), cpu_info().model, cpu_feature_names(cpu_info().features));
  }
  if ((plan.backend != "cpu") != (device_ != nullptr))
    throw Error(ErrorCode::InvalidEngine, "the engine is for the backend '{}': it cannot run here", plan.backend);
  input_shapes_.resize(plan.bindings.size());
  input_set_.resize(plan.bindings.size());
  addresses_.resize(plan.bindings.size(), nullptr);
  select_profile(0);
}

Context::~Context() = default;

void Context::select_profile(int index) {
  const auto& profiles = engine_->plan().profiles;
  if (index < 0 || static_cast<size_t>(index) >= profiles.size()) {
    throw Error(ErrorCode::InvalidArgument, "profile {} does not exist; the engine has {}", index, profiles.size());
  }
  try {
    state_ = std::make_unique<ProfileState>(*profiles[static_cast<size_t>(index)], *engine_, find_, threads_,
                                            device_.get(), arena_owner_, observer_);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory, "there is not enough memory for the kernels of profile {}", index);
  } catch (const std::length_error&) {
    throw Error(ErrorCode::InvalidEngine, "profile {} asks for more memory than there can be", index);
  }
  state_->memories.arena = arena_owner_ == ArenaOwner::Caller ? caller_arena_.data() : state_->memories.arena;
  profile_index_ = index;
  reading_shapes_ = false;
  shapes_changed_ = true;
  addresses_changed_ = true;
  for (size_t i = 0; i < input_set_.size(); ++i) {
    const auto& binding = *engine_->plan().bindings[i];
    const bool fixed = std::find(binding.dims.begin(), binding.dims.end(), -1) == binding.dims.end();
    input_set_[i] = binding.is_input && fixed;
    if (fixed) input_shapes_[i] = Shape(std::span<const int64_t>(binding.dims));
  }
}

Status Context::set_address(int binding, void* address) noexcept {
  if (binding < 0 || static_cast<size_t>(binding) >= addresses_.size()) {
    return Status::failure(ErrorCode::InvalidArgument, "there is no binding {}", binding);
  }
  void*& known = addresses_[static_cast<size_t>(binding)];
  if (known != address) addresses_changed_ = true;
  known = address;
  return {};
}

Status Context::set_arena(std::byte* memory, size_t bytes) noexcept {
  constexpr uintptr_t kAlignment = 64;
  if (arena_owner_ != ArenaOwner::Caller)
    return Status::failure(ErrorCode::InvalidArgument, "the context has memory of its own for its activations");
  if (reinterpret_cast<uintptr_t>(memory) % kAlignment != 0)
    return Status::failure(ErrorCode::InvalidArgument, "memory for activations must be aligned to {} bytes",
                           kAlignment);
  caller_arena_ = {memory, bytes};
  state_->memories.arena = memory;
  addresses_changed_ = true;
  return {};
}

Status Context::update_addresses() noexcept {
  const auto& bindings = engine_->plan().bindings;
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (!addresses_[i])
      return Status::failure(ErrorCode::InvalidArgument, "tensor '{}' has no address", bindings[i]->name);
  }
  state_->tensors.update(state_->results, addresses_);
  for (auto& list : state_->lists) {
    for (BoundStep& step : list) step.take_views(state_->tensors);
  }
  state_->forget_recordings();
  addresses_changed_ = false;
  return {};
}

Status Context::prepare() noexcept {
  if (arena_owner_ == ArenaOwner::Caller && caller_arena_.size() < state_->profile.arena_bytes)
    return Status::failure(ErrorCode::InvalidArgument,
                           "the context was given {} bytes for its activations, profile {} needs {}",
                           caller_arena_.size(), profile_index_, state_->profile.arena_bytes);
  if (shapes_changed_ || state_->has_unknowns || values_changed()) {
    if (Status status = update_shapes(); !status) return status;
  }
  return addresses_changed_ ? update_addresses() : Status();
}

Status Context::enqueue_steps(size_t first, size_t last, Lane& lane, Queue* queue) noexcept {
  Run run{lane, queue};
  for (size_t i = first; i < last; ++i) {
    if (Status status = run_step(state_->lists[0][i], run); !status) return status;
  }
  return {};
}

bool Context::on_device(const BoundStep& step) const noexcept {
  return device_ && !step.step->host;
}

bool Context::is_asynchronous() const noexcept {
  return device_ && !state_->has_host_steps;
}

Status Context::run(Lane& lane, Queue* queue) noexcept {
  if (lane.size() > threads_) {
    return Status::failure(ErrorCode::InvalidArgument, "a lane of {} threads for a context of {}", lane.size(),
                           threads_);
  }
  if (device_ && !queue) return Status::failure(ErrorCode::InvalidArgument, "the engine runs on a device: no queue");
  if (Status status = prepare(); !status) return status;
  Run run{lane, queue};
  iterations_ = 0;
  Status status = run_list(0, run);
  if (!status || !state_->shapes_read) return status;
  reading_shapes_ = true;
  return state_->shapes_read->record(*queue);
}

Status Context::run_list(uint32_t list, Run& run) noexcept {
  auto& steps = state_->lists[list];
  auto segment = state_->segments[list].begin();
  const auto segments_end = state_->segments[list].end();
  for (size_t i = 0; i < steps.size(); ++i) {
    while (segment != segments_end && segment->first < i) ++segment;
    if (segment != segments_end && segment->first == i && graphs_ && !observer_ && !waits_ && !run.late) {
      if (Status status = run_segment(list, *segment, run); !status) return status;
      i = segment->last - 1;
      continue;
    }
    BoundStep& step = steps[i];
    if (run.late) {
      step.take_views(state_->tensors);
      if (step.kernel) {
        if (Status status = step.kernel->bind(step.inputs, step.outputs); !status) return status;
      }
    }
    Status status = observer_ ? run_timed(step, run) : run_step(step, run);
    if (status && waits_ && on_device(step)) status = run.queue->synchronize();
    if (!status) return failure(*step.step, status);
  }
  return {};
}

Status Context::run_segment(uint32_t list, Segment& segment, Run& run) noexcept {
  if (segment.stale) {
    Run recording{run.lane, &segment.graph->record()};
    for (size_t i = segment.first; i < segment.last; ++i) {
      BoundStep& step = state_->lists[list][i];
      if (Status status = run_step(step, recording); !status) return failure(*step.step, status);
    }
    if (Status status = segment.graph->finish(); !status) return status;
    segment.stale = false;
  }
  return segment.graph->run(*run.queue);
}

Status Context::run_timed(BoundStep& step, Run& run) noexcept {
  const bool timed_by_device = on_device(step);
  const auto start = std::chrono::steady_clock::now();
  if (timed_by_device) {
    if (Status status = state_->begin->record(*run.queue); !status) return status;
  }
  if (Status status = run_step(step, run); !status) return status;
  double milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (timed_by_device) {
    Status status = state_->end->record(*run.queue);
    if (status) status = state_->end->wait();
    if (status) status = state_->end->since(*state_->begin, milliseconds);
    if (!status) return status;
  }
  observer_->step_done(*step.step, milliseconds);
  return {};
}

Status Context::run_step(BoundStep& step, Run& run) noexcept {
  if (run.queue && step.step->host) {
    if (Status status = run.queue->synchronize(); !status) return status;
  }
  if (step.step->kernel == kBranchKernel) return run_branch(step, run);
  if (step.step->kernel == kLoopKernel) return run_loop(step, run);
  const auto workspace = state_->workspace(*step.step);
  const KernelArguments arguments{step.inputs, step.outputs, workspace, run.lane, step.defined, run.queue};
  if (Status status = step.kernel->run(arguments); !status) return status;
  if (step.defined.empty()) return {};
  run.late = true;
  return define_symbols(step);
}

// Inputs: condition. Lists: then, else. The branches write the outputs themselves and define the symbols of extents in
// which they differ.
Status Context::run_branch(BoundStep& step, Run& run) noexcept {
  const bool condition = load_int64(step.inputs[0], 0) != 0;
  return run_list(step.step->lists[condition ? 0 : 1], run);
}

// Inputs: trip count (may be absent), condition (may be absent), iteration number (written), condition as the body
// leaves it. List: the body, whose last steps copy carried values back to where its first ones read them. Defines: the
// number of iterations, under as many names as there are stacked outputs.
Status Context::run_loop(BoundStep& step, Run& run) noexcept {
  const TensorView &trips = step.inputs[0], &start = step.inputs[1];
  const TensorView &iteration = step.outputs[0], &again = step.outputs[1];
  const int64_t limit = step.step->inputs[0] < 0 ? INT64_MAX : load_int64(trips, 0);
  bool go = step.step->inputs[1] < 0 || load_int64(start, 0) != 0;
  if (!step.defined.empty()) {
    run.late = true;
    if (Status status = forget_symbols(step); !status) return status;
  }
  int64_t count = 0;
  for (; go && count < limit; ++count) {
    if (++iterations_ > most_iterations_)
      return Status::failure(ErrorCode::InvalidArgument, "more than {} iterations of loops in one run",
                             most_iterations_);
    store_int64(iteration, 0, count);
    if (Status status = run_list(step.step->lists[0], run); !status) return status;
    if (run.queue) {
      if (Status status = run.queue->synchronize(); !status) return status;
    }
    go = load_int64(again, 0) != 0;
  }
  if (step.defined.empty()) return {};
  std::ranges::fill(step.defined, count);
  return define_symbols(step);
}

}  // namespace tn
