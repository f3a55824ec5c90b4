// SPDX-License-Identifier: Apache-2.0
#include "device/buffer.h"

#include "base/error.h"

namespace tn {

HostBuffer::HostBuffer(size_t bytes, const char* purpose) : size_(bytes) {
  if (bytes == 0) return;
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  data_.reset(rounded < bytes ? nullptr : static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
  if (!data_) throw Error(ErrorCode::OutOfMemory, "cannot allocate {} bytes for {}", bytes, purpose);
}

}  // namespace tn
