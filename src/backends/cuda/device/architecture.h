// SPDX-License-Identifier: Apache-2.0
// What is known of CUDA architectures by their names.
#pragma once

#include <cstdint>
#include <string>

namespace tn::cuda {

/// Shared memory that a block may have on an architecture ("sm_90"), in bytes.
uint32_t most_shared_bytes(const std::string& architecture);

}  // namespace tn::cuda
