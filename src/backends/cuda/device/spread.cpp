// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/spread.h"

#include <algorithm>

namespace tn::cuda {
namespace {

constexpr uint64_t kMostShare = 4;      // larger shares are even enough by themselves
constexpr uint32_t kGranularity = 128;  // in which shared memory is given

// Memory with which `share` blocks fit into a multiprocessor, and not one more.
uint32_t bytes_for(const Multiprocessors& device, uint64_t share) {
  const auto too_many = static_cast<uint32_t>(device.shared_bytes / (share + 1));
  if (too_many <= device.reserved_bytes) return 0;
  return (too_many - device.reserved_bytes) / kGranularity * kGranularity + kGranularity;
}

}  // namespace

uint32_t spread_blocks(const Multiprocessors& device, uint64_t blocks, uint32_t shared_bytes) {
  const auto count = static_cast<uint64_t>(device.count);
  const uint64_t share = (blocks + count - 1) / count;
  if (share == 0 || share > kMostShare) return shared_bytes;
  return std::max(shared_bytes, bytes_for(device, share));
}

uint32_t most_to_spread(const Multiprocessors& device) {
  return bytes_for(device, 1);
}

}  // namespace tn::cuda
