// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "tuning/tactic.h"

namespace tn {

/// Strides, in elements, of a tensor without gaps.
Dims row_major_strides(const Dims& dims);
/// N, spatial axes, C from the outside in. Falls back to row-major below rank 3.
Dims channels_last_strides(const Dims& dims);
Dims strides_in(Order order, const Dims& dims);

/// Whether memory is row-major without gaps; axes of extent one do not matter.
bool is_row_major(const Dims& dims, const Dims& strides);
bool satisfies(Need need, const Dims& dims, const Dims& strides);
/// The order that a copy made to satisfy `need` should have.
Order order_for(Need need);

/// Strides under which a strided tensor can be seen with other extents of the same product, if there are any.
std::optional<Dims> reshaped_strides(const Dims& dims, const Dims& strides, const Dims& to);

}  // namespace tn
