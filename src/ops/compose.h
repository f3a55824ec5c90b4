// SPDX-License-Identifier: Apache-2.0
// What importers and decompositions put graphs together with. Each adds one node (or constant) and returns its output.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// Any operator by name. Throws Error(Internal) if there is none.
TensorId compose(import::NodeView& node, std::string_view op, std::vector<TensorId> inputs,
                 const FieldMap& attributes = {});

/// Elements of a small integer tensor as expressions over extents. Throws Error(InvalidModel) saying `what` unless they
/// are computable from the shapes of the inputs.
const Dims& required_value(import::NodeView& node, TensorId x, std::string_view what);
/// The same for a tensor of one element.
Dim required_scalar(import::NodeView& node, TensorId x, std::string_view what);
/// A constant of rank 0 of the type of `like`.
TensorId scalar_like(import::NodeView& node, double value, TensorId like);
/// f16 and bf16 as f32, others as they are.
TensorId widen(import::NodeView& node, TensorId x);
/// An extent as an int64 scalar.
TensorId extent(import::NodeView& node, const Dim& dim);
/// Extents as an int64 vector.
TensorId extents(import::NodeView& node, const Dims& dims);
/// 0, 1, … below `count`, as int64.
TensorId counting(import::NodeView& node, const Dim& count);
/// A tensor of these extents that repeats `value` under broadcasting.
TensorId expand(import::NodeView& node, TensorId value, const Dims& dims);
TensorId cast_to(import::NodeView& node, TensorId x, DataType type);
TensorId concat(import::NodeView& node, std::vector<TensorId> parts, int64_t axis);
/// The indices [begin, end) of one axis; positions count from the end as in Slice.
TensorId slice(import::NodeView& node, TensorId x, int64_t axis, const Dim& begin, const Dim& end);
TensorId reshape(import::NodeView& node, TensorId x, const Dims& dims);
TensorId transpose(import::NodeView& node, TensorId x, std::vector<int64_t> permutation);
TensorId unsqueeze(import::NodeView& node, TensorId x, std::span<const int64_t> axes);
TensorId squeeze(import::NodeView& node, TensorId x, std::span<const int64_t> axes);
/// `mode` as in Reduce: "Sum", "Mean" …
TensorId reduce(import::NodeView& node, std::string_view mode, TensorId x, std::vector<int64_t> axes,
                bool keepdims = true);

/// A view of `graph` under which a Decomposed operator adds nodes.
import::NodeView decomposition_view(Graph& graph, std::string_view name);

}  // namespace tn::ops
