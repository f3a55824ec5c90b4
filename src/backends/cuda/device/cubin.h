// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace tn::cuda {

/// Whether the bytes are a whole ELF file: the driver, which is not told how many there are, reads nothing beyond them.
bool is_whole_elf(std::span<const std::byte> image);

}  // namespace tn::cuda
