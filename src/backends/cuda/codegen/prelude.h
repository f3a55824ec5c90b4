// SPDX-License-Identifier: Apache-2.0
// What every kernel text begins with: storage types, conversions, vectors, and the scalar functions that CUDA lacks.
#pragma once

#include <string_view>

#include "program/scalar_function.h"

namespace tn::cuda {

/// Text. Declares
///   int8_t … uint64_t, f16_t, bf16_t      storage types, beside float, double and bool
///   to_compute(x)                         a stored value in the type that it is computed in (compute_type)
///   to_f32(x), load_f32(p)                any stored value as float
///   convert<T>(x)                         any value as T: floats round to nearest even, integers wrap, from float to
///                                         integer it truncates and saturates, NaN becomes 0
///   store(p, x)                           *p = convert<T>(x)
///   vec<T, N>, load_vec<N>(p), store_vec(p, v)
///                                         N elements (v[j]) moved by accesses of up to 16 bytes, to which p is aligned
std::string_view prelude();

/// Name of a stored type in texts: "f16_t", "float", "uint8_t".
std::string_view text_of(DataType type);
/// Name of a computed type: "float", "int64_t", "bool".
std::string_view text_of(ScalarType type);

}  // namespace tn::cuda
