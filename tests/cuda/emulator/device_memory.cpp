// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace tn::test {

class DeviceMemory::Pages final : public DeviceBuffer {
 public:
  Pages(DeviceMemory& memory, size_t bytes) : memory_(memory), reserved_(std::max<size_t>(bytes, 1)) {
    const std::lock_guard lock(memory_.mutex_);
    void* const pages = mmap(nullptr, reserved_, memory_.accesses_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    memory_.pages_.emplace(pages, reserved_);
    data_ = static_cast<std::byte*>(pages);
    size_ = bytes;
  }
  ~Pages() override {
    const std::lock_guard lock(memory_.mutex_);
    memory_.pages_.erase(data_);
    munmap(data_, reserved_);
  }

 private:
  DeviceMemory& memory_;
  const size_t reserved_;
};

std::unique_ptr<DeviceBuffer> DeviceMemory::allocate(size_t bytes) {
  return std::make_unique<Pages>(*this, bytes);
}

void DeviceMemory::protect(int protection) {
  for (const auto& [address, bytes] : pages_) mprotect(address, bytes, protection);
}

DeviceMemory::Access::Access(DeviceMemory& memory) : memory_(memory) {
  const std::lock_guard lock(memory_.mutex_);
  if (memory_.accesses_++ == 0) memory_.protect(PROT_READ | PROT_WRITE);
}

DeviceMemory::Access::~Access() {
  const std::lock_guard lock(memory_.mutex_);
  if (--memory_.accesses_ == 0) memory_.protect(PROT_NONE);
}

}  // namespace tn::test
