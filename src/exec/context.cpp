// SPDX-License-Identifier: Apache-2.0
#include "exec/context.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"
#include "exec/profile_state.h"

namespace tn {
namespace {

Status failure(const plan::StepT& step, const Status& status) noexcept {
  return Status::failure(status.code(), "step '{}'{}{}: {}", step.name, step.tactic.empty() ? "" : ", ", step.tactic,
                         status.message());
}

}  // namespace

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

Status Context::set_input_shape(int binding, const Shape& shape) noexcept {
  const auto& plan = engine_->plan();
  const auto index = static_cast<size_t>(binding);
  if (binding < 0 || index >= plan.bindings.size() || !plan.bindings[index]->is_input) {
    return Status::failure(ErrorCode::InvalidArgument, "binding {} is not an input", binding);
  }
  const auto& range = *state_->profile.inputs[index];
  const std::string& name = plan.bindings[index]->name;
  bool inside = static_cast<size_t>(shape.rank()) == range.min.size();
  for (int i = 0; inside && i < shape.rank(); ++i) {
    inside = shape[i] >= range.min[static_cast<size_t>(i)] && shape[i] <= range.max[static_cast<size_t>(i)];
  }
  if (!inside) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "input '{}': shape [{}] is outside profile {}, which takes [{}] to [{}]", name,
                           fmt::join(shape.begin(), shape.end(), ","), profile_index_, fmt::join(range.min, ","),
                           fmt::join(range.max, ","));
  }
  if (!input_set_[index] || !(input_shapes_[index] == shape)) shapes_changed_ = true;
  input_shapes_[index] = shape;
  input_set_[index] = true;
  return {};
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

Status Context::evaluate_shapes(bool defined_known) noexcept {
  const auto& symbols = engine_->plan().symbols;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i]->of_value) {
      state_->symbols[i] = element(*symbols[i]);
    } else if (symbols[i]->input >= 0) {
      state_->symbols[i] = input_shapes_[static_cast<size_t>(symbols[i]->input)][static_cast<int>(symbols[i]->axis)];
    } else if (!defined_known) {
      state_->symbols[i] = state_->profile.result_max[i];  // results begin with the symbols themselves
    }
  }
  if (Status status = state_->program.evaluate(state_->symbols, state_->results, state_->scratch); !status)
    return status;
  // Memory was laid out for the profile's bounds, so nothing may leave them, whatever the plan's arithmetic says.
  for (size_t i = 0; i < state_->results.size(); ++i) {
    if (state_->results[i] >= state_->profile.result_min[i] && state_->results[i] <= state_->profile.result_max[i])
      continue;
    return Status::failure(ErrorCode::InvalidArgument,
                           "these input shapes give an extent of {}, profile {} allows {} to {}", state_->results[i],
                           profile_index_, state_->profile.result_min[i], state_->profile.result_max[i]);
  }
  return {};
}

int64_t Context::element(const plan::SymbolT& symbol) const noexcept {
  const auto input = static_cast<size_t>(symbol.input);
  const auto type = static_cast<DataType>(engine_->plan().bindings[input]->type);
  return load_int64(TensorView::dense(addresses_[input], type, Shape{}), symbol.axis);
}

bool Context::values_changed() const noexcept {
  if (!state_->has_values) return false;
  const auto& symbols = engine_->plan().symbols;
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (!symbols[i]->of_value || !addresses_[static_cast<size_t>(symbols[i]->input)]) continue;
    if (state_->symbols[i] != element(*symbols[i])) return true;
  }
  return false;
}

bool Context::holds_extents(int binding) const noexcept {
  return std::ranges::any_of(engine_->plan().symbols,
                             [&](const auto& symbol) { return symbol->of_value && symbol->input == binding; });
}

Status Context::check_bindings(bool late) noexcept {
  const auto& plan = engine_->plan();
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    if (!plan.bindings[i]->is_input) continue;
    const TensorView& view = state_->tensors.view(state_->binding_tensor[i]);
    if (view.dims == input_shapes_[i]) continue;
    return Status::failure(ErrorCode::InvalidArgument, "input '{}' has shape [{}], the other inputs ask for [{}]",
                           plan.bindings[i]->name, fmt::join(input_shapes_[i].begin(), input_shapes_[i].end(), ","),
                           fmt::join(view.dims.begin(), view.dims.end(), ","));
  }
  // The caller's memory is as large as the binding's shape was before the run: no window may reach beyond it.
  for (size_t i = 0; i < plan.bindings.size() && !late; ++i)
    state_->binding_room[i] = state_->tensors.view(state_->binding_tensor[i]).elements();
  for (const int id : state_->on_bindings) {
    const auto& tensor = *state_->profile.tensors[static_cast<size_t>(id)];
    int64_t end = state_->results[tensor.offset] + 1, elements = 1;
    for (size_t axis = 0; axis < tensor.dims.size(); ++axis) {
      const int64_t extent = state_->results[tensor.dims[axis]];
      end += std::max<int64_t>(0, extent - 1) * state_->results[tensor.strides[axis]];
      elements *= extent;
    }
    if (elements == 0 || end <= state_->binding_room[tensor.position]) continue;
    return Status::failure(ErrorCode::InvalidArgument, "tensor '{}' reaches beyond '{}'", tensor.name,
                           plan.bindings[tensor.position]->name);
  }
  return {};
}

Status Context::update_shapes() noexcept {
  const auto& plan = engine_->plan();
  for (size_t i = 0; i < input_set_.size(); ++i) {
    if (plan.bindings[i]->is_input && !input_set_[i]) {
      return Status::failure(ErrorCode::InvalidArgument, "input '{}' has no shape yet; set it before running",
                             plan.bindings[i]->name);
    }
  }
  for (const auto& symbol : plan.symbols) {
    if (symbol->of_value && !addresses_[static_cast<size_t>(symbol->input)]) {
      return Status::failure(ErrorCode::InvalidArgument,
                             "the elements of input '{}' are extents: set its address before shapes are asked for",
                             plan.bindings[static_cast<size_t>(symbol->input)]->name);
    }
  }
  if (reading_shapes_) {
    if (Status status = state_->shapes_read->wait(); !status) return status;
    reading_shapes_ = false;
  }
  if (Status status = evaluate_shapes(false); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  if (Status status = check_bindings(false); !status) return status;
  state_->forget_recordings();
  for (auto& list : state_->lists) {
    for (BoundStep& step : list) {
      step.take_views(state_->tensors);
      if (!step.kernel) continue;
      if (Status status = step.kernel->bind(step.inputs, step.outputs); !status) return failure(*step.step, status);
    }
  }
  shapes_changed_ = false;
  // The views have the addresses that are known so far.
  addresses_changed_ = std::ranges::find(addresses_, nullptr) != addresses_.end();
  return {};
}

Status Context::shape(int binding, Shape& result) noexcept {
  if (binding < 0 || static_cast<size_t>(binding) >= input_shapes_.size()) {
    return Status::failure(ErrorCode::InvalidArgument, "there is no binding {}", binding);
  }
  if (engine_->plan().bindings[static_cast<size_t>(binding)]->is_input) {
    result = input_shapes_[static_cast<size_t>(binding)];
    return {};
  }
  if (shapes_changed_ || values_changed()) {
    if (Status status = update_shapes(); !status) return status;
  }
  result = state_->tensors.view(state_->binding_tensor[static_cast<size_t>(binding)]).dims;
  return {};
}

size_t Context::max_bytes(int binding) const noexcept {
  const int tensor = state_->binding_tensor[static_cast<size_t>(binding)];
  return tensor < 0 ? 0 : state_->profile.tensors[static_cast<size_t>(tensor)]->bytes;
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

Status Context::define_symbols(const BoundStep& step) noexcept {
  for (size_t i = 0; i < step.defined.size(); ++i) {
    const uint32_t symbol = step.step->defines[i];
    if (step.defined[i] < 0 || step.defined[i] > state_->profile.result_max[symbol]) {
      return Status::failure(ErrorCode::Internal, "'{}' became {}, its bound is {}",
                             engine_->plan().symbols[symbol]->name, step.defined[i],
                             state_->profile.result_max[symbol]);
    }
    state_->symbols[symbol] = step.defined[i];
  }
  if (Status status = evaluate_shapes(true); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  return check_bindings(true);
}

Status Context::forget_symbols(const BoundStep& step) noexcept {
  for (const uint32_t symbol : step.step->defines) state_->symbols[symbol] = state_->profile.result_max[symbol];
  if (Status status = evaluate_shapes(true); !status) return status;
  state_->tensors.update(state_->results, addresses_);
  return {};
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
