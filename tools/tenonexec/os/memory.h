// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tenonexec {

/// Bytes of the process that lie in the machine's memory, mapped files included; 0 where unknown.
size_t resident_bytes();

}  // namespace tenonexec
