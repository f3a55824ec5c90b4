// SPDX-License-Identifier: Apache-2.0
#include "device/buffer.h"

#include "base/error.h"
#include "base/os/memory.h"

namespace tn {

HostBuffer::HostBuffer(size_t bytes, const char* purpose) : size_(bytes) {
  if (bytes == 0) return;
  data_.reset(allocate_aligned(bytes));
  if (!data_) throw Error(ErrorCode::OutOfMemory, "cannot allocate {} bytes for {}", bytes, purpose);
}

}  // namespace tn
