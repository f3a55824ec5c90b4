// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tenon/types.h"

namespace tenonexec {

/// Where the elements of a tensor lie in memory.
struct Placement {
  tenon::Dims dims, strides;  ///< strides in groups of components
  int vectored = -1;          ///< the dimension that has components; −1: none
  int components = 1;
};
/// Elements that the memory has room for, padding included.
int64_t room_of(const Placement& placement);
bool is_linear(const Placement& placement);
/// From dense, row-major elements of so many bytes to where they lie, and back.
void place(std::span<const std::byte> linear, std::span<std::byte> placed, const Placement& placement, size_t size);
std::vector<std::byte> linear_from(std::span<const std::byte> placed, const Placement& placement, size_t size);

}  // namespace tenonexec
