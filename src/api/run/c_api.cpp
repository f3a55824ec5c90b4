// SPDX-License-Identifier: Apache-2.0
#include "api/run/c_api.h"

#include <algorithm>
#include <memory>
#include <new>

#include "api/run/convert.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"
#include "runtime/engine.h"
#include "runtime/stream.h"

struct tenon_engine {
  std::shared_ptr<const tn::Engine> engine;
};

struct tenon_context {
  std::shared_ptr<const tn::Engine> engine;
  std::unique_ptr<tn::Context> context;
  std::unique_ptr<tn::Stream> stream;
  tn::Status status;
};

namespace tn::api {

std::string& last_c_error() noexcept {
  thread_local std::string message;
  return message;
}

tenon_status status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return TENON_INVALID_ARGUMENT;
    case ErrorCode::InvalidModel:
      return TENON_INVALID_MODEL;
    case ErrorCode::InvalidEngine:
      return TENON_INVALID_ENGINE;
    case ErrorCode::Unsupported:
      return TENON_UNSUPPORTED;
    case ErrorCode::NotFound:
      return TENON_NOT_FOUND;
    case ErrorCode::Io:
      return TENON_IO;
    case ErrorCode::OutOfMemory:
      return TENON_OUT_OF_MEMORY;
    case ErrorCode::Internal:
      return TENON_INTERNAL;
  }
  return TENON_INTERNAL;
}

namespace {

tenon_dims to_c(std::span<const int64_t> dims) {
  tenon_dims result{};
  result.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), result.d);
  return result;
}

const plan::BindingT& binding(const Engine& engine, const char* name, int& index) {
  index = engine.find_binding(&not_null(name, "the tensor's name"));
  if (index < 0) throw Error(ErrorCode::NotFound, "the engine has no input or output '{}'", name);
  return *engine.plan().bindings[static_cast<size_t>(index)];
}

void load(std::shared_ptr<const EngineFile> file, tenon_engine** engine) {
  SilentLogger silent;
  *engine = new tenon_engine{std::make_shared<const Engine>(std::move(file), silent)};
}

Shape shape_of(tenon_context& context, const char* name) {
  int index = 0;
  binding(*context.engine, name, index);
  require(context.context->update_shapes());
  Shape shape;
  require(context.context->shape(index, shape));
  return shape;
}

bool run_context(void* argument, Stream& stream) noexcept {
  auto& context = *static_cast<tenon_context*>(argument);
  SilentLogger silent;
  return guard(silent, false, [&] {
    context.status = context.context->run(stream.lane(context.engine->threads()));
    return context.status.ok();
  });
}

}  // namespace
}  // namespace tn::api

using namespace tn::api;

int32_t tenon_version(void) {
  return TENON_VERSION;
}
const char* tenon_last_error(void) {
  return last_c_error().c_str();
}

const void* tenon_blob_data(const tenon_blob* blob) {
  return blob ? blob->bytes.data() : nullptr;
}
size_t tenon_blob_size(const tenon_blob* blob) {
  return blob ? blob->bytes.size() : 0;
}
void tenon_blob_free(tenon_blob* blob) {
  delete blob;
}

tenon_status tenon_engine_load(const void* plan, size_t size, tenon_engine** engine) {
  return c_guard([&] {
    not_null(engine, "the place for the engine") = nullptr;
    const auto* bytes = &not_null(static_cast<const std::byte*>(plan), "the plan");
    load(tn::EngineFile::from_bytes({bytes, bytes + size}), engine);
  });
}

tenon_status tenon_engine_load_file(const char* path, tenon_engine** engine) {
  return c_guard([&] {
    not_null(engine, "the place for the engine") = nullptr;
    load(tn::EngineFile::load(&not_null(path, "the path")), engine);
  });
}

void tenon_engine_free(tenon_engine* engine) {
  delete engine;
}

int32_t tenon_engine_tensor_count(const tenon_engine* engine) {
  return engine ? static_cast<int32_t>(engine->engine->plan().bindings.size()) : 0;
}

const char* tenon_engine_tensor_name(const tenon_engine* engine, int32_t index) {
  if (index < 0 || index >= tenon_engine_tensor_count(engine)) return nullptr;
  return engine->engine->plan().bindings[static_cast<size_t>(index)]->name.c_str();
}

int32_t tenon_engine_tensor_mode(const tenon_engine* engine, const char* name) {
  const int index = engine && name ? engine->engine->find_binding(name) : -1;
  if (index < 0) return 0;
  return engine->engine->plan().bindings[static_cast<size_t>(index)]->is_input ? 1 : 2;
}

tenon_status tenon_engine_tensor_info(const tenon_engine* engine, const char* name, tenon_data_type* type,
                                      tenon_dims* dims) {
  return c_guard([&] {
    int index = 0;
    const auto& found = binding(*not_null(engine, "the engine").engine, name, index);
    if (type) *type = static_cast<tenon_data_type>(to_public(static_cast<tn::DataType>(found.type)));
    if (dims) *dims = to_c(found.dims);
  });
}

tenon_status tenon_engine_profile_shape(const tenon_engine* engine, const char* name, int32_t profile, int32_t bound,
                                        tenon_dims* dims) {
  return c_guard([&] {
    int index = 0;
    const tn::Engine& inside = *not_null(engine, "the engine").engine;
    const auto& profiles = inside.plan().profiles;
    if (!binding(inside, name, index).is_input)
      throw tn::Error(tn::ErrorCode::InvalidArgument, "'{}' is an output and has no bounds", name);
    if (profile < 0 || static_cast<size_t>(profile) >= profiles.size() || bound < 0 || bound > 2) {
      throw tn::Error(tn::ErrorCode::InvalidArgument, "bound {} of profile {}; the engine has {} profiles", bound,
                      profile, profiles.size());
    }
    const auto& range = *profiles[static_cast<size_t>(profile)]->inputs[static_cast<size_t>(index)];
    not_null(dims, "the place for the dimensions") = to_c(bound == 0 ? range.min : bound == 1 ? range.opt : range.max);
  });
}

tenon_status tenon_context_create(tenon_engine* engine, int32_t threads, tenon_context** context) {
  return c_guard([&] {
    not_null(context, "the place for the context") = nullptr;
    if (threads < 0) throw tn::Error(tn::ErrorCode::InvalidArgument, "{} threads", threads);
    auto made = std::make_unique<tenon_context>();
    made->engine = not_null(engine, "the engine").engine;
    if (made->engine->device())
      throw tn::Error(tn::ErrorCode::Unsupported, "the engine is for a GPU; the C interface runs those for the CPU");
    made->context = made->engine->create_context();
    made->stream = std::make_unique<tn::Stream>(threads > 0 ? threads : tn::cpu_info().usable_cores);
    *context = made.release();
  });
}

void tenon_context_free(tenon_context* context) {
  delete context;
}

tenon_status tenon_context_set_profile(tenon_context* context, int32_t profile) {
  return c_guard([&] { not_null(context, "the context").context->select_profile(profile); });
}

tenon_status tenon_context_set_shape(tenon_context* context, const char* name, const tenon_dims* dims) {
  return c_guard([&] {
    int index = 0;
    binding(*not_null(context, "the context").engine, name, index);
    const tenon_dims& given = not_null(dims, "the dimensions");
    if (given.rank < 0 || given.rank > TENON_MAX_DIMS)
      throw tn::Error(tn::ErrorCode::InvalidArgument, "input '{}': {} dimensions", name, given.rank);
    const tn::Shape shape(std::span(given.d, static_cast<size_t>(given.rank)));
    require(context->context->set_input_shape(index, shape));
  });
}

tenon_status tenon_context_tensor_shape(const tenon_context* context, const char* name, tenon_dims* dims) {
  return c_guard([&] {
    auto& inside = const_cast<tenon_context&>(not_null(context, "the context"));
    not_null(dims, "the place for the dimensions") = to_c(shape_of(inside, name).span());
  });
}

tenon_status tenon_context_tensor_bytes(const tenon_context* context, const char* name, size_t* bytes) {
  return c_guard([&] {
    auto& inside = const_cast<tenon_context&>(not_null(context, "the context"));
    int index = 0;
    const auto type = static_cast<tn::DataType>(binding(*inside.engine, name, index).type);
    not_null(bytes, "the place for the size") =
        static_cast<size_t>(shape_of(inside, name).elements()) * tn::size_of(type);
  });
}

tenon_status tenon_context_set_address(tenon_context* context, const char* name, void* data) {
  return c_guard([&] {
    int index = 0;
    const auto type = static_cast<tn::DataType>(binding(*not_null(context, "the context").engine, name, index).type);
    if (reinterpret_cast<uintptr_t>(data) % tn::size_of(type) != 0)
      throw tn::Error(tn::ErrorCode::InvalidArgument, "the address of '{}' is not aligned to its elements", name);
    require(context->context->set_address(index, data));
  });
}

tenon_status tenon_context_run(tenon_context* context) {
  return c_guard([&] {
    auto& inside = not_null(context, "the context");
    inside.status = tn::Status::failure(tn::ErrorCode::OutOfMemory, "the threads of the stream cannot be started");
    inside.stream->enqueue(run_context, &inside);
    inside.stream->synchronize();
    require(inside.status);
  });
}
