// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "device/device.h"

namespace tn::test {

/// Memory of a device, which faults where the host touches it: only while an Access exists it is there. Thread-safe.
class DeviceMemory {
 public:
  std::unique_ptr<DeviceBuffer> allocate(size_t bytes);

  class Access {
   public:
    explicit Access(DeviceMemory& memory);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    DeviceMemory& memory_;
  };

 private:
  class Pages;
  void protect(int protection);

  std::mutex mutex_;
  int accesses_ = 0;
  std::map<void*, size_t> pages_;
};

}  // namespace tn::test
