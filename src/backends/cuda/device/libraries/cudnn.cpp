// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/libraries/cudnn.h"

#include <array>

#include "backends/cuda/device/libraries/opened.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr std::array kNames = {"libcudnn.so.9", "/usr/local/cuda/lib64/libcudnn.so.9"};

}  // namespace

const Cudnn& Cudnn::get() {
  static const Opened<Cudnn> opened(kNames);
  return opened.get();
}

Cudnn::Cudnn(std::span<const char* const> names)
    : library_(names),
      error_text_(library_.function<decltype(error_text_)>("cudnnGetErrorString")),
      create_handle_(library_.function<decltype(create_handle_)>("cudnnCreate")),
      set_stream_(library_.function<decltype(set_stream_)>("cudnnSetStream")),
      execute_(library_.function<decltype(execute_)>("cudnnBackendExecute")) {
  create = library_.function<decltype(create)>("cudnnBackendCreateDescriptor");
  destroy = library_.function<decltype(destroy)>("cudnnBackendDestroyDescriptor");
  set = library_.function<decltype(set)>("cudnnBackendSetAttribute");
  read = library_.function<decltype(read)>("cudnnBackendGetAttribute");
  finalize = library_.function<decltype(finalize)>("cudnnBackendFinalize");
  const size_t number = library_.function<size_t (*)()>("cudnnGetVersion")();
  version_ = fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

cudnn::Handle Cudnn::handle(Device& device) const {
  device.enter_for_libraries();
  const std::lock_guard lock(mutex_);
  cudnn::Handle& handle = handles_[&device];
  if (!handle) check(create_handle_(&handle), "starting it");
  return handle;
}

cudnn::Result Cudnn::execute(cudnn::Handle handle, void* stream, cudnn::Descriptor plan,
                             cudnn::Descriptor pack) const noexcept {
  const std::lock_guard lock(mutex_);
  const cudnn::Result result = set_stream_(handle, stream);
  return result == cudnn::kSuccess ? execute_(handle, plan, pack) : result;
}

void Cudnn::check(cudnn::Result result, const char* doing) const {
  if (result == cudnn::kSuccess) return;
  throw Error(ErrorCode::Internal, "{} {}: {}: {}", kName, version_, doing, describe(result));
}

CudnnObject::CudnnObject(const Cudnn& library, cudnn::Kind kind)
    : library_(&library), owned_(nullptr, library.destroy) {
  cudnn::Descriptor made = nullptr;
  library.check(library.create(kind, &made), "making a descriptor");
  owned_.reset(made);
}

CudnnObject& CudnnObject::set(cudnn::Attribute attribute, cudnn::Type type, int64_t count, const void* values) {
  library_->check(library_->set(get(), attribute, type, count, values), "setting an attribute");
  return *this;
}

CudnnObject& CudnnObject::finish() {
  library_->check(library_->finalize(get()), "finishing a descriptor");
  return *this;
}

}  // namespace tn::cuda
