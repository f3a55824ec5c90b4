// SPDX-License-Identifier: Apache-2.0
// The analytic functions on vectors of F32. Errors: info_of(function).max_ulp, held by the tests.
#pragma once

#include <optional>

#include "backends/cpu/kernels/jit/vector_builder.h"

namespace tn::jit {

/// Writes `function` of F32 operands; nothing if it has no vector form and must be called lane by lane.
/// `site` is what to call where lanes leave the range of the vector form.
std::optional<Value> analytic(ScalarFunction function, Value x, Value y, const CallSite& site);

Value absolute(Value x);
/// |magnitude| with the sign of `sign`.
Value with_sign(Value magnitude, Value sign);

}  // namespace tn::jit
