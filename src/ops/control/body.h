// SPDX-License-Identifier: Apache-2.0
// What operators that own graphs share.
#pragma once

#include "ops/entry.h"

namespace tn::ops {

/// Types of the outputs of a body whose inputs are these.
std::vector<TensorType> body_outputs(const Graph& body, std::span<const BodyInput> inputs);

/// An input of a node, with its value, as the input of a body.
BodyInput as_body_input(const InferContext& context, int input);

/// An extent of a body's output seen from outside: what only running the body tells becomes unknown outside, too.
Dim outside_extent(const InferContext& context, const Graph& body, int output, int axis, const Dim& dim);
/// An upper bound of it.
Dim upper_bound(const Graph& body, const Dim& dim);

/// Gives all bodies the same captures, behind their formal inputs: returns the tensors captured.
std::vector<TensorId> join_captures(std::span<import::Body> bodies);

/// Adds the nodes of a body to the graph under construction, its formal inputs being `inputs`; returns its outputs.
std::vector<TensorId> inline_body(NodeView& node, const import::Body& body, std::vector<TensorId> inputs);

}  // namespace tn::ops
