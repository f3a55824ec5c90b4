// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/tensor_view.h"
#include "ir/graph.h"

namespace tn::test {

/// How far a result may be from what is expected: |result - expected| ≤ absolute + relative · |expected|.
struct Tolerance {
  double absolute = 0, relative = 0;
};

/// The one table of tolerances. `type` is the result's element type.
Tolerance tolerance_for(DataType type);

/// For a result of a graph with convolutions or matrix products, which kernels may sum in f16 where the type is f16:
/// half an ulp after every addition is at most 2^-12 of the number of terms, for terms around 1 (Higham, Accuracy and
/// Stability of Numerical Algorithms, 3.1).
Tolerance tolerance_for(DataType type, const Graph& graph);

/// Empty if the tensors agree (NaN equals NaN, infinities must match); else the shape or the worst element.
std::string difference(const TensorView& result, const TensorView& expected, const Tolerance& tolerance);

}  // namespace tn::test
