// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tn {

/// Physical memory of the machine; 0 where unknown.
int64_t physical_memory_bytes() noexcept;
/// Hardware threads that the process may use.
int usable_hardware_threads() noexcept;

}  // namespace tn
