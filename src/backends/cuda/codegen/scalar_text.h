// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "program/scalar_program.h"

namespace tn::cuda {

/// A computation per element as CUDA text behind the prelude.
struct ScalarText {
  std::string statements;            ///< "const float t2 = expf(t1);" a line; names begin with the prefix
  std::vector<std::string> results;  ///< names or literals of the results, in their scalar types
};

/// The statements of a verified program. inputs[k] is an expression of the scalar type of input k (see to_compute); it
/// is used once. Accuracy is that of scalar_function.h.
ScalarText scalar_text(const ScalarProgram& program, std::span<const std::string> inputs,
                       std::string_view prefix = "t");

/// A literal of the type, exact: "0.5f", "3", "__uint_as_float(0x7f800000u)".
std::string literal(ScalarType type, ScalarValue value);

}  // namespace tn::cuda
