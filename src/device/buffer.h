// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

namespace tn {

/// Host memory of allocate_aligned (base/os/memory.h).
class HostBuffer {
 public:
  HostBuffer() = default;
  /// Throws Error(OutOfMemory) naming the size and what it was for.
  HostBuffer(size_t bytes, const char* purpose);
  std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<std::byte> span() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace tn
