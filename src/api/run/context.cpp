// SPDX-License-Identifier: Apache-2.0
#include "api/run/context.h"

#include <algorithm>

#include "api/run/convert.h"
#include "api/run/guard.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"

namespace tn::api {
namespace {

constexpr size_t kGpuAlignment = 16;  // of the widest access of a kernel

}  // namespace

PublicContext::PublicContext(const PublicEngine& owner, std::shared_ptr<const Engine> engine, tenon::ILogger& logger,
                             ArenaOwner arena)
    : owner_(owner), engine_(std::move(engine)), logger_(logger), context_(engine_->create_context(arena)) {
  addresses_.resize(engine_->plan().bindings.size());
  forget_shapes();
}

void PublicContext::forget_shapes() {
  shape_set_.clear();
  for (const auto& binding : engine_->plan().bindings)
    shape_set_.push_back(std::find(binding->dims.begin(), binding->dims.end(), -1) == binding->dims.end());
}

void PublicContext::setName(char const* name) noexcept {
  guard(logger_, false, [&] {
    name_ = &not_null(name, "the context's name");
    return true;
  });
}

bool PublicContext::setOptimizationProfileAsync(int32_t profile, tenon::Stream) noexcept {
  return guard(logger_, false, [&] {
    context_->select_profile(profile);
    forget_shapes();
    setProfiler(profiler_);
    return true;
  });
}

bool PublicContext::setInputShape(char const* name, tenon::Dims const& dims) noexcept {
  return guard(logger_, false, [&] {
    const int binding = owner_.binding(name);
    if (!is_input(binding))
      throw Error(ErrorCode::InvalidArgument, "'{}' is an output; its shape follows from those of the inputs", name);
    require(context_->set_input_shape(binding, to_shape(dims)));
    shape_set_[static_cast<size_t>(binding)] = true;
    return true;
  });
}

bool PublicContext::allInputDimensionsSpecified() const noexcept {
  for (size_t i = 0; i < shape_set_.size(); ++i) {
    if (is_input(static_cast<int>(i)) && !shape_set_[i]) return false;
  }
  return true;
}

bool PublicContext::extents_given() const noexcept {
  for (size_t i = 0; i < addresses_.size(); ++i) {
    if (!addresses_[i] && context_->holds_extents(static_cast<int>(i))) return false;
  }
  return true;
}

tenon::Dims PublicContext::getTensorShape(char const* name) const noexcept {
  return guard(logger_, unknown_dims(), [&] {
    const int binding = owner_.binding(name);
    const bool known =
        is_input(binding) ? shape_set_[static_cast<size_t>(binding)] : allInputDimensionsSpecified() && extents_given();
    if (!known) return unknown_dims();
    Shape shape;
    require(context_->shape(binding, shape));
    return to_public(shape);
  });
}

tenon::Dims PublicContext::getTensorStrides(char const* name) const noexcept {
  const tenon::Dims dims = getTensorShape(name);
  if (dims.nbDims < 0) return dims;
  return guard(logger_, unknown_dims(), [&] {
    const auto& binding = *engine_->plan().bindings[static_cast<size_t>(owner_.binding(name))];
    const Shape shape = to_shape(dims);
    return to_public(
        format_strides(static_cast<TensorFormat>(binding.format), static_cast<DataType>(binding.type), shape.span()));
  });
}

int32_t PublicContext::inferShapes(int32_t most, char const** names) noexcept {
  int32_t missing = 0;
  for (size_t i = 0; i < shape_set_.size(); ++i) {
    if (!is_input(static_cast<int>(i)) || shape_set_[i]) continue;
    if (names && missing < most) names[missing] = engine_->plan().bindings[i]->name.c_str();
    ++missing;
  }
  if (missing > 0) return missing;
  return guard(logger_, -1, [&] {
    require(context_->update_shapes());
    return 0;
  });
}

int64_t PublicContext::getMaxOutputSize(char const* name) const noexcept {
  return guard(logger_, int64_t{-1}, [&] { return static_cast<int64_t>(context_->max_bytes(owner_.binding(name))); });
}

void PublicContext::set_address(char const* name, void* data, std::optional<bool> input) {
  const int binding = owner_.binding(name);
  if (input && *input != is_input(binding))
    throw Error(ErrorCode::InvalidArgument, "'{}' is an {}", name, is_input(binding) ? "input" : "output");
  const auto type = static_cast<DataType>(engine_->plan().bindings[static_cast<size_t>(binding)]->type);
  const bool on_gpu = engine_->device() && !context_->holds_extents(binding);
  const size_t alignment = on_gpu ? kGpuAlignment : size_of(type);
  if (reinterpret_cast<uintptr_t>(data) % alignment != 0) {
    throw Error(ErrorCode::InvalidArgument, "the address of '{}' must be a multiple of {} bytes{}", name, alignment,
                on_gpu ? ", as that of all memory that a GPU's kernels access" : ", the size of its elements");
  }
  require(context_->set_address(binding, data));
  addresses_[static_cast<size_t>(binding)] = data;
}

bool PublicContext::setTensorAddress(char const* name, void* data) noexcept {
  return guard(logger_, false, [&] {
    set_address(name, data, std::nullopt);
    return true;
  });
}

bool PublicContext::setInputTensorAddress(char const* name, void const* data) noexcept {
  return guard(logger_, false, [&] {
    set_address(name, const_cast<void*>(data), true);
    return true;
  });
}

bool PublicContext::setOutputTensorAddress(char const* name, void* data) noexcept {
  return guard(logger_, false, [&] {
    set_address(name, data, false);
    return true;
  });
}

void const* PublicContext::getTensorAddress(char const* name) const noexcept {
  return guard<void const*>(logger_, nullptr, [&] { return addresses_[static_cast<size_t>(owner_.binding(name))]; });
}

void* PublicContext::getOutputTensorAddress(char const* name) const noexcept {
  return guard<void*>(logger_, nullptr, [&] { return addresses_[static_cast<size_t>(owner_.binding(name))]; });
}

void PublicContext::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
  guard(logger_, false, [&] {
    if (size < 0) throw Error(ErrorCode::InvalidArgument, "{} bytes of memory", size);
    require(context_->set_arena(static_cast<std::byte*>(memory), static_cast<size_t>(size)));
    return true;
  });
}

void PublicContext::setDebugSync(bool sync) noexcept {
  debug_sync_ = sync;
  context_->wait_after_steps(sync);
}

bool PublicContext::enqueueV3(tenon::Stream stream) noexcept {
  return guard(logger_, false, [&] {
    if (stream) return enqueue(*static_cast<Stream*>(stream));
    if (!own_stream_) {
      const int threads = threads_ > 0 ? threads_ : cpu_info().usable_cores;
      own_stream_ =
          engine_->device() ? std::make_unique<Stream>(threads, *engine_->device()) : std::make_unique<Stream>(threads);
    }
    if (!enqueue(*own_stream_)) return false;
    const bool done = own_stream_->synchronize();
    if (!own_stream_->failure().empty()) throw Error(ErrorCode::Internal, "{}", own_stream_->failure());
    return done;
  });
}

// A device's part is enqueued by this thread, which learns at once whether that succeeds.
bool PublicContext::enqueue(Stream& stream) {
  if (stream.device() != engine_->device())
    throw Error(ErrorCode::InvalidArgument, "the stream belongs to another device than the engine");
  if (stream.queue()) return run_on(this, stream);
  stream.enqueue(run_on, this);
  return true;
}

bool PublicContext::executeV2(void* const* bindings) noexcept {
  const bool set = guard(logger_, false, [&] {
    if (!bindings) throw Error(ErrorCode::InvalidArgument, "the list of bindings is a null pointer");
    for (size_t i = 0; i < addresses_.size(); ++i)
      set_address(engine_->plan().bindings[i]->name.c_str(), bindings[i], std::nullopt);
    return true;
  });
  return set && enqueueV3(nullptr);
}

bool PublicContext::run_on(void* context, Stream& stream) noexcept {
  auto& self = *static_cast<PublicContext*>(context);
  return guard(self.logger_, false, [&] {
    self.run(stream);
    return true;
  });
}

void PublicContext::run(Stream& stream) {
  if (stream.threads() != engine_->threads() && !told_threads_ && !stream.queue()) {
    told_threads_ = true;
    logger_.warning("the engine was tuned for {} threads and runs on {}", engine_->threads(),
                    std::min(stream.threads(), engine_->threads()));
  }
  if (times_) times_->clear();
  // Where the host has no steps it needs no threads.
  const int threads = stream.queue() && context_->is_asynchronous() ? 1 : engine_->threads();
  require(context_->run(stream.lane(threads), stream.queue()));
  if (emits_) report();
}

void PublicContext::report() const noexcept {
  if (!profiler_ || !times_) return;
  for (size_t i = 0; i < times_->layers().size(); ++i)
    profiler_->reportLayerTime(times_->layers()[i].name.c_str(), static_cast<float>(times_->of(i)));
}

void PublicContext::setProfiler(tenon::IProfiler* profiler) noexcept {
  guard(logger_, false, [&] {
    context_->set_observer(nullptr);
    times_.reset();
    profiler_ = profiler;
    if (!profiler) return true;
    times_.emplace(engine_->layers(context_->profile()));
    context_->set_observer(&*times_);
    return true;
  });
}

bool PublicContext::reportToProfiler() const noexcept {
  return guard(logger_, false, [&] {
    if (!profiler_) throw Error(ErrorCode::InvalidArgument, "the context has no profiler to report to");
    report();
    return true;
  });
}

bool PublicContext::setCpuThreads(int32_t threads) noexcept {
  return guard(logger_, false, [&] {
    if (threads < 0) throw Error(ErrorCode::InvalidArgument, "{} threads", threads);
    threads_ = threads;
    own_stream_.reset();
    return true;
  });
}

}  // namespace tn::api
