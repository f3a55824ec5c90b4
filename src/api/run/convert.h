// SPDX-License-Identifier: Apache-2.0
// Public values from and to those of the inside.
#pragma once

#include <optional>
#include <span>

#include "base/data_type.h"
#include "base/shape.h"
#include "tenon/types.h"

namespace tn::api {

inline tenon::Dims unknown_dims() {
  tenon::Dims dims;
  dims.nbDims = -1;
  return dims;
}
tenon::Dims to_public(std::span<const int64_t> dims);
inline tenon::Dims to_public(const Shape& shape) {
  return to_public(shape.span());
}
/// Throws Error(InvalidArgument) for a rank out of range.
Shape to_shape(const tenon::Dims& dims);

tenon::DataType to_public(DataType type);
/// Throws Error(Unsupported) for types that no network can use yet.
DataType to_data_type(tenon::DataType type);

}  // namespace tn::api
