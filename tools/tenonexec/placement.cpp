// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/placement.h"

#include <algorithm>
#include <cstring>

#include "tenonexec/values.h"

namespace tenonexec {
namespace {

/// Calls `visit` with the number of each element and where it lies.
void each_place(const Placement& placement, auto&& visit) {
  const tenon::Dims& dims = placement.dims;
  const int64_t count = count_elements("a tensor", dims);
  for (int64_t number = 0; number < count; ++number) {
    int64_t rest = number, at = 0, component = 0;
    for (int i = dims.nbDims; i-- > 0;) {
      int64_t index = rest % dims.d[i];
      rest /= dims.d[i];
      if (i == placement.vectored) {
        component = index % placement.components;
        index /= placement.components;
      }
      at += index * placement.strides.d[i];
    }
    visit(number, at * placement.components + component);
  }
}

}  // namespace

int64_t room_of(const Placement& placement) {
  int64_t room = 1;
  for (int i = 0; i < placement.dims.nbDims; ++i) {
    const int64_t size = i == placement.vectored ? placement.components : 1;
    room = std::max(room, (placement.dims.d[i] + size - 1) / size * placement.strides.d[i]);
    if (placement.dims.d[i] == 0) return 0;
  }
  return room * placement.components;
}

bool is_linear(const Placement& placement) {
  int64_t step = 1;
  for (int i = placement.dims.nbDims; i-- > 0;) {
    if (placement.strides.d[i] != step) return false;
    step *= placement.dims.d[i];
  }
  return placement.vectored < 0;
}

void place(std::span<const std::byte> linear, std::span<std::byte> placed, const Placement& placement, size_t size) {
  each_place(placement, [&](int64_t number, int64_t at) {
    std::memcpy(placed.data() + static_cast<size_t>(at) * size, linear.data() + static_cast<size_t>(number) * size,
                size);
  });
}

std::vector<std::byte> linear_from(std::span<const std::byte> placed, const Placement& placement, size_t size) {
  std::vector<std::byte> linear(static_cast<size_t>(count_elements("a tensor", placement.dims)) * size);
  each_place(placement, [&](int64_t number, int64_t at) {
    std::memcpy(linear.data() + static_cast<size_t>(number) * size, placed.data() + static_cast<size_t>(at) * size,
                size);
  });
  return linear;
}

}  // namespace tenonexec
