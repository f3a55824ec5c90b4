// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/data_type.h"

namespace tn {

/// Copies `count` elements, strides in elements, converting as tn::store_double and tn::store_int64 do: floats round to
/// nearest even, a float outside an integer's range saturates, NaN becomes 0, integers wrap, Bool stores value != 0.
using ConvertRow = void (*)(const void* from, int64_t from_stride, void* to, int64_t to_stride, int64_t count) noexcept;

/// The routine for this pair on this machine. Equal types copy bits.
ConvertRow convert_row(DataType from, DataType to) noexcept;

}  // namespace tn
