// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/tensor_view.h"

namespace tn::test {

/// How far a result may be from what is expected: |result - expected| ≤ absolute + relative · |expected|.
struct Tolerance {
  double absolute = 0, relative = 0;
};

/// The one table of tolerances. `type` is the result's element type.
Tolerance tolerance_for(DataType type);

/// Empty if the tensors agree (NaN equals NaN, infinities must match); else the shape or the worst element.
std::string difference(const TensorView& result, const TensorView& expected, const Tolerance& tolerance);

}  // namespace tn::test
