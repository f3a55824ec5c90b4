// SPDX-License-Identifier: Apache-2.0
// Tactics that need no kernel of a device: windows on memory, copies, references, control flow.
#pragma once

#include "tuning/tactic.h"

namespace tn {

/// Reshape, Squeeze, Unsqueeze, Flatten, Identity: the same memory under other extents (after a copy if it has gaps).
const Tactic& reshape_view();
/// Transpose, Slice with positive steps, Split, Expand: the same memory under other strides.
const Tactic& stride_view();
/// Concat: parts that could not be produced in place are copied.
const Tactic& concat_copy();
/// Values computed from extents: written by the shape program.
const Tactic& shape_value();
/// If.
const Tactic& branch();
/// Loop and Scan.
const Tactic& repetition();
/// BatchLoop.
const Tactic& image_by_image();
/// Any operator with a reference function: the kernel of last resort.
const Tactic& reference();

/// Kernel of reference(): parameters are the operator's name and its attributes.
inline constexpr std::string_view kReferenceKernel = "reference";
/// Kernel that runs before it where values decide the shapes of its outputs.
inline constexpr std::string_view kExtentsKernel = "extents";

}  // namespace tn
