// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tn {

/// Physical memory of the machine; 0 where unknown.
int64_t physical_memory_bytes() noexcept;
/// Of it, what nothing uses; 0 where unknown.
int64_t free_memory_bytes() noexcept;
/// Hardware threads that the process may use.
int usable_hardware_threads() noexcept;

/// Memory aligned to 64 bytes (a cache line, the widest vector), to be given to std::free; null if there is none. Much
/// of it lies in huge pages where the system gives them: fewer misses of the address translation.
std::byte* allocate_aligned(size_t bytes) noexcept;

}  // namespace tn
