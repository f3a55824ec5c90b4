// SPDX-License-Identifier: Apache-2.0
// Copies of a model, each with another part changed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hostile/broken_models.h"

namespace tn::test {

/// More than any node of the good models has operands or attributes.
inline constexpr int64_t kLeast = INT64_MIN, kMost = INT64_MAX;
inline constexpr int kMostOperands = 10;

// Each gives `take` one copy for every part of the kind, in the graph and those in it, changed by `change`, which says
// what it did, or nothing where the part cannot be changed so.
void each_node(const onnx::ModelProto& good, const TakeModel& take,
               const std::function<std::string(onnx::NodeProto&, onnx::GraphProto&)>& change);
void each_initializer(const onnx::ModelProto& good, const TakeModel& take,
                      const std::function<std::string(onnx::TensorProto&, onnx::GraphProto&)>& change);
void each_graph_input(const onnx::ModelProto& good, const TakeModel& take,
                      const std::function<std::string(onnx::ValueInfoProto&, onnx::GraphProto&)>& change);
void each_graph_output(const onnx::ModelProto& good, const TakeModel& take,
                       const std::function<std::string(onnx::ValueInfoProto&, onnx::GraphProto&)>& change);
/// Inputs of the whole model: those of inner graphs get their types from outside.
void each_input(const onnx::ModelProto& good, const TakeModel& take,
                const std::function<std::string(onnx::TypeProto::Tensor&)>& change);

}  // namespace tn::test
