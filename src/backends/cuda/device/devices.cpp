// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/devices.h"

#include <map>
#include <mutex>

#include "backends/cuda/device/cuda_device.h"
#include "base/error.h"

namespace tn::cuda {

int device_count() noexcept {
  try {
    return Driver::get().device_count();
  } catch (const Error&) {
    return 0;
  }
}

Device& open_device(int index) {
  const Driver& driver = Driver::get();
  static std::mutex mutex;
  static std::map<int, CudaDevice> opened;
  const std::lock_guard lock(mutex);
  const auto found = opened.find(index);
  return found != opened.end() ? found->second : opened.try_emplace(index, driver, index).first->second;
}

}  // namespace tn::cuda
