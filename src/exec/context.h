// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "device/buffer.h"
#include "device/kernel.h"
#include "engine/engine_file.h"
#include "exec/device_engine.h"
#include "exec/observer.h"
#include "exec/step_runner.h"
#include "program/shape_program.h"

namespace tn {

/// Whose memory a context's activations and workspaces lie in.
enum class ArenaOwner : uint8_t { Context, Caller };

/// One use of an engine: shapes, addresses, kernel state and activations of one inference at a time. Used by one thread
/// at a time; several contexts share an engine. Except for the constructor and select_profile nothing allocates.
class Context {
 public:
  /// `find` resolves names of kernels that run on the processor; `device` is where the others run, null for a plan of
  /// the processor. Throws Error(InvalidEngine) for an unknown kernel or one that refuses its step.
  Context(std::shared_ptr<const EngineFile> engine, KernelFinder find, int threads,
          std::shared_ptr<const DeviceEngine> device = nullptr, ArenaOwner arena = ArenaOwner::Context);
  ~Context();

  const EngineFile& engine() const { return *engine_; }
  int threads() const { return threads_; }
  int profile() const { return profile_index_; }
  /// Switches profiles: forgets shapes, creates the profile's kernels. Throws like the constructor, which throws
  /// Error(OutOfMemory) as well; then the profile before it stays.
  void select_profile(int index);

  /// Shape of an input. Fails naming the input, the shape and the profile's bounds.
  Status set_input_shape(int binding, const Shape& shape) noexcept;
  /// Memory of ArenaOwner::Caller: where the engine computes, 64-byte aligned, at least as large as the profile's
  /// arena. Contexts that never run at the same time may share it. No run may be under way.
  Status set_arena(std::byte* memory, size_t bytes) noexcept;
  Status set_address(int binding, void* address) noexcept;
  /// Evaluates all shapes and binds all kernels; run() does it by itself when shapes changed.
  Status update_shapes() noexcept;
  /// Whether the elements of an input are extents: they are read from its address before a run, and before shapes are
  /// told.
  bool holds_extents(int binding) const noexcept;
  /// Shape of any binding once all inputs have theirs; extents that only running tells are those of the last run, or
  /// their upper bounds before the first.
  Status shape(int binding, Shape& result) noexcept;
  /// Largest bytes that a binding can take in the current profile.
  size_t max_bytes(int binding) const noexcept;

  /// Everything that a run does before its first step; run() does it by itself.
  Status prepare() noexcept;
  /// Runs the network on the calling thread and the workers of `lane`, whose size must not exceed the context's
  /// threads.
  Status run(Lane& lane) noexcept { return run(lane, nullptr); }
  /// The same with the queue of a device: steps that the device runs are only enqueued. Waits for the queue where the
  /// host has steps of its own.
  Status run(Lane& lane, Queue* queue) noexcept;
  /// Steps [first, last) of the network by themselves, after prepare(): for measuring. The queue may be one that
  /// records.
  Status enqueue_steps(size_t first, size_t last, Lane& lane, Queue* queue) noexcept;
  /// Whether a run returns before its work is done: no step runs on the host.
  bool is_asynchronous() const noexcept;
  /// Whether steps that follow one another on the device run as one graph (the default) or are enqueued one by one.
  void use_graphs(bool use) { graphs_ = use; }
  /// Whether a run waits after each step of the device, so that a failure names the step.
  void wait_after_steps(bool wait) { waits_ = wait; }
  void set_observer(StepObserver* observer) { observer_ = observer; }
  /// Of all loops of a run together: a run with more fails, since a condition may never come true.
  void set_most_iterations(int64_t most) { most_iterations_ = most; }

 private:
  struct ProfileState;
  /// What a run carries along. `late`: shapes changed while running.
  struct Run {
    Lane& lane;
    Queue* queue;
    bool late = false;
  };
  Status evaluate_shapes(bool defined_known) noexcept;
  Status update_addresses() noexcept;
  /// Value of a symbol that is an element of an input; its address must be set.
  int64_t element(const plan::SymbolT& symbol) const noexcept;
  bool values_changed() const noexcept;
  /// `late`: shapes changed while running.
  Status check_bindings(bool late) noexcept;
  Status run_list(uint32_t list, Run& run) noexcept;
  Status run_segment(uint32_t list, struct Segment& segment, Run& run) noexcept;
  Status run_timed(BoundStep& step, Run& run) noexcept;
  Status run_step(BoundStep& step, Run& run) noexcept;
  bool on_device(const BoundStep& step) const noexcept;
  Status run_branch(BoundStep& step, Run& run) noexcept;
  Status run_loop(BoundStep& step, Run& run) noexcept;
  Status define_symbols(const BoundStep& step) noexcept;
  /// Gives the symbols that a step defines their upper bounds again.
  Status forget_symbols(const BoundStep& step) noexcept;

  std::shared_ptr<const EngineFile> engine_;
  KernelFinder find_;
  int threads_;
  std::shared_ptr<const DeviceEngine> device_;
  ArenaOwner arena_owner_;
  std::span<std::byte> caller_arena_;
  int profile_index_ = -1;
  std::unique_ptr<ProfileState> state_;
  std::vector<Shape> input_shapes_;
  std::vector<bool> input_set_;
  std::vector<void*> addresses_;
  bool shapes_changed_ = true;
  bool addresses_changed_ = true;
  bool graphs_ = true, waits_ = false;
  bool reading_shapes_ = false;  ///< the last run may still copy extents to the device
  StepObserver* observer_ = nullptr;
  int64_t most_iterations_ = int64_t{1} << 24, iterations_ = 0;
};

}  // namespace tn
