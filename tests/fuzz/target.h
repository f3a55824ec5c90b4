// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share. docs/fuzzing.md says how they are run, and what a finding is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tn::test {

/// Each target defines it: reads bytes as its kind of file. Throws Error where they are refused; any other exception,
/// and any Error that blames us, is a finding.
void read_input(std::span<const std::byte> bytes);

}  // namespace tn::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
