// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/tensor_view.h"

namespace tn::ops {

/// The strings of a tensor in row-major order, read as if it had the shape `dims` (without the bytes' axis), to which
/// its own must broadcast.
std::vector<std::string> read_strings(const TensorView& x, const Shape& dims);
std::vector<std::string> read_strings(const TensorView& x);
/// Pads with zeros. Throws Error(InvalidArgument) if a string does not fit or their number is another.
void write_strings(const std::vector<std::string>& strings, const TensorView& y);
/// The shape without the bytes' axis.
Shape shape_of_strings(const TensorView& x);

}  // namespace tn::ops
