// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/model.h"

namespace tn::import {

/// Computes what follows from constants while a graph is being read: conditions, trip counts, shapes and positions,
/// which decide what the graph becomes.
class Folder {
 public:
  explicit Folder(const OnnxOperators& operators) : operators_(operators) {}

  /// The tensor, or a new constant instead of it if it holds small integers or booleans that follow from constants.
  TensorId folded(Graph& graph, TensorId id);

 private:
  ConstantPtr value_of(const Graph& graph, TensorId id, int depth);
  ConstantPtr compute(const Graph& graph, TensorId id, int depth);

  const OnnxOperators& operators_;
  std::map<TensorId, ConstantPtr> known_;  ///< results, null included
};

}  // namespace tn::import
