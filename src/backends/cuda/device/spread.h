// SPDX-License-Identifier: Apache-2.0
// How the blocks of a launch are kept from crowding on some of a device's multiprocessors.
#pragma once

#include <cstdint>

namespace tn::cuda {

/// The multiprocessors of a device.
struct Multiprocessors {
  int count = 1;
  uint32_t shared_bytes = 0;    ///< shared memory of each
  uint32_t reserved_bytes = 0;  ///< of it, what each block takes besides what it asks for
};

/// The dynamic shared memory to launch `blocks` with that ask for `shared_bytes`: so much that no multiprocessor has
/// room for more of them than its even share. A kernel that starts while the one ahead of it still runs finds few
/// multiprocessors free; its blocks would crowd there, and wait for one another when all are free.
uint32_t spread_blocks(const Multiprocessors& device, uint64_t blocks, uint32_t shared_bytes);

/// The most that spread_blocks adds memory up to.
uint32_t most_to_spread(const Multiprocessors& device);

}  // namespace tn::cuda
