// SPDX-License-Identifier: Apache-2.0
// What operators on quantized tensors are made of. In their inputs a tensor, its scale and its zero point follow each
// other; zero points may be absent.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// The tensor at `index` as f32. A scale per row or channel lies along `axis`.
TensorId dequantized_input(import::NodeView& node, size_t index, int64_t axis = 1);
/// y with the scale and zero point at `index` and `index` + 1; without a zero point of type `fallback`.
std::vector<TensorId> quantized_result(import::NodeView& node, TensorId y, size_t index, DataType fallback);
/// A bias of int32 that counts in steps of x_scale · w_scale, which are inputs, · `factor`.
TensorId dequantized_bias(import::NodeView& node, size_t bias, size_t x_scale, size_t w_scale, double factor = 1);

/// The integers at `index` less the zero point at `zero_point`, as i32. A zero point per row or channel lies along
/// `axis`.
TensorId centered_input(import::NodeView& node, size_t index, size_t zero_point, int64_t axis);

/// The axes along which scales of the operands of A · B lie: rows of A, columns of B.
int64_t row_axis(const import::NodeView& node, size_t index);
int64_t column_axis(const import::NodeView& node, size_t index);

}  // namespace tn::ops
