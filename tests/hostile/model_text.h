// SPDX-License-Identifier: Apache-2.0
// ONNX models written as a few lines, for tests that damage them.
#pragma once

#include <string_view>

#include "import/onnx/proto.h"

namespace tn::test {

namespace onnx = import::onnx;

/// One node a line, "y, z = Op(a, b) name=value …" (without "y =" the result is the line's number), of the newest opset
/// or of "Op:13". An operand is a name, "-" (absent), or what becomes an input, or an initializer, of its own:
///   f32[2,3]      an input
///   f32[2,3]!     an initializer of small numbers
///   i64[2]{1,-1}  an initializer with these values
/// Attributes are 3, 0.5, 'text', [1,2], [0.5,1.0], or <lines> for a graph, whose lines end with ';'. A line "inputs
/// a:f32[2] b:bool[]" gives names to inputs, and "outputs y z" to outputs; without it they are those of the last node.
onnx::ModelProto parse_model(std::string_view text);

}  // namespace tn::test
