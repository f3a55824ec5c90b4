// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <type_traits>

#include "backends/cuda/device/libraries/cudnn_types.h"
#include "base/os/library.h"
#include "device/device.h"

namespace tn::cuda {

/// NVIDIA's library of neural networks, opened while running; nothing of it is needed to build Tenon. Thread-safe.
class Cudnn {
 public:
  static constexpr const char* kName = "cuDNN";

  /// Opened on first use. Throws Error(NotFound) naming what is missing.
  static const Cudnn& get();
  /// The first of `names` that opens.
  explicit Cudnn(std::span<const char* const> names);

  /// "9.14.0"
  const std::string& version() const { return version_; }
  /// Made on a device's first use, kept. The device takes libraries.
  cudnn::Handle handle(Device& device) const;
  /// Has a plan enqueue its work. One call at a time, since a handle knows one stream.
  cudnn::Result execute(cudnn::Handle handle, void* stream, cudnn::Descriptor plan,
                        cudnn::Descriptor pack) const noexcept;
  const char* describe(cudnn::Result result) const noexcept { return error_text_(result); }
  /// Throws Error(Internal).
  void check(cudnn::Result result, const char* doing) const;

  cudnn::Result (*create)(cudnn::Kind, cudnn::Descriptor*);
  cudnn::Result (*destroy)(cudnn::Descriptor);
  cudnn::Result (*set)(cudnn::Descriptor, cudnn::Attribute, cudnn::Type, int64_t count, const void*);
  cudnn::Result (*read)(cudnn::Descriptor, cudnn::Attribute, cudnn::Type, int64_t room, int64_t* count, void*);
  cudnn::Result (*finalize)(cudnn::Descriptor);

 private:
  SharedLibrary library_;
  std::string version_;
  const char* (*error_text_)(cudnn::Result);
  cudnn::Result (*create_handle_)(cudnn::Handle*);
  cudnn::Result (*set_stream_)(cudnn::Handle, void* stream);
  cudnn::Result (*execute_)(cudnn::Handle, cudnn::Descriptor plan, cudnn::Descriptor pack);
  mutable std::mutex mutex_;
  mutable std::map<Device*, cudnn::Handle> handles_;
};

/// A descriptor of the library, under construction until finish(). All throw Error(Internal).
class CudnnObject {
 public:
  CudnnObject(const Cudnn& library, cudnn::Kind kind);
  cudnn::Descriptor get() const { return owned_.get(); }

  template <typename T>
  CudnnObject& set(cudnn::Attribute attribute, cudnn::Type type, const T& value) {
    return set(attribute, type, 1, &value);
  }
  CudnnObject& set(cudnn::Attribute attribute, std::span<const int64_t> values) {
    return set(attribute, cudnn::Type::Int64, std::ssize(values), values.data());
  }
  CudnnObject& set(cudnn::Attribute attribute, const CudnnObject& object) {
    return set(attribute, cudnn::Type::Descriptor, object.get());
  }
  CudnnObject& set(cudnn::Attribute attribute, cudnn::Type type, int64_t count, const void* values);
  CudnnObject& finish();

  template <typename T>
  T read(cudnn::Attribute attribute, cudnn::Type type) const {
    T value{};
    int64_t count = 0;
    library_->check(library_->read(get(), attribute, type, 1, &count, &value), "reading an attribute");
    return value;
  }

 private:
  const Cudnn* library_;
  std::unique_ptr<void, cudnn::Result (*)(cudnn::Descriptor)> owned_;
};

}  // namespace tn::cuda
