// SPDX-License-Identifier: Apache-2.0
// What is known of CUDA architectures by their names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tn::cuda {

/// Shared memory that a block may have on an architecture ("sm_90"), in bytes.
uint32_t most_shared_bytes(const std::string& architecture);

/// Names in a list like "sm_80,sm_90", by their numbers, each once. Throws Error(InvalidArgument) if it holds something
/// else.
std::vector<std::string> architectures_in(const std::string& list);

/// Whether a device runs what was compiled for an architecture: its own, or an earlier one of the same generation.
bool runs_on(const std::string& compiled_for, const std::string& device);

/// 90 for "sm_90" and "sm_90a"; 0 for what is no architecture.
int capability_of(const std::string& architecture);

}  // namespace tn::cuda
