// SPDX-License-Identifier: Apache-2.0
// What importers and decompositions put graphs together with. Each adds one node (or constant) and returns its output.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// Any operator by name. Throws Error(Internal) if there is none.
TensorId compose(import::NodeView& node, std::string_view op, std::vector<TensorId> inputs,
                 const FieldMap& attributes = {});

/// A constant of rank 0 of the type of `like`.
TensorId scalar_like(import::NodeView& node, double value, TensorId like);
/// f16 and bf16 as f32, others as they are.
TensorId widen(import::NodeView& node, TensorId x);
/// An extent as an int64 scalar.
TensorId extent(import::NodeView& node, const Dim& dim);
TensorId cast_to(import::NodeView& node, TensorId x, DataType type);
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
