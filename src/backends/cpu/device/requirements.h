// SPDX-License-Identifier: Apache-2.0
// What adapters ask of a step, in one vocabulary. A plan is data from anywhere: its checksums may have been made right
// again. What cannot vary (parameters, number, types and ranks of operands, constants, workspace) is asked once, when
// the kernel is created, and throws; extents and strides are asked in every bind, which returns a Status. Whatever
// passes both touches nothing but its operands and its workspace.
#pragma once

#include <initializer_list>

#include "device/kernel.h"
#include "device/requirement.h"

namespace tn::cpu {

/// The step has these many operands, and all are there but those of the inputs named `optional`.
void require_operands(const KernelSpec& spec, size_t inputs, size_t outputs,
                      std::initializer_list<size_t> optional = {});
void require_type(const TensorView& view, DataType type, const char* operand);
/// F32, F16 or BF16.
void require_float(DataType type, const char* operand);
void require_rank(const TensorView& view, int least, int most, const char* operand);
/// A constant of `bytes` packed bytes.
void require_packed(const TensorView& view, size_t bytes);
void require_workspace(const KernelSpec& spec, size_t bytes);

/// Whether a product of factors, none of them negative, stays at or below `most`: no overflow on the way.
bool product_within(std::initializer_list<int64_t> factors, int64_t most) noexcept;
/// Whether elements along an axis follow each other without gaps.
inline bool is_contiguous(const TensorView& view, int axis) noexcept {
  return view.dims[axis] == 1 || view.strides[axis] == 1;
}
/// Whether the view is [count] without gaps.
bool is_vector(const TensorView& view, int64_t count) noexcept;
/// Whether two views share memory; needs their data.
bool overlap(const TensorView& a, const TensorView& b) noexcept;
/// What bind returns when extents or strides do not fit.
Status misfit(const char* what) noexcept;

}  // namespace tn::cpu
