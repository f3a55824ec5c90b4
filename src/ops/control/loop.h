// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Inputs: trip count (optional), condition (optional), `carried` initial values, captures. The body takes the
/// iteration number (i64 scalar), the condition, the carried values and the captures, and gives the next condition, the
/// next carried values and elements that are stacked along a new first axis. Outputs: final carried values, stacks.
struct Loop final : OpBase<Loop, Structured> {
  static constexpr std::string_view kName = "Loop";
  int64_t carried = 0;
  template <typename V>
  void fields(V& v) {
    v("carried", carried);
  }
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const override;
};

/// Inputs: `states` initial states, `scanned` tensors, captures. The body takes the states, one slice of each scanned
/// tensor along its axis, and the captures, and gives the next states and elements that are stacked along an axis.
/// Outputs: final states, stacks. A direction of 1 goes backwards.
struct Scan final : OpBase<Scan, Structured> {
  static constexpr std::string_view kName = "Scan";
  int64_t states = 0, scanned = 1;
  std::vector<int64_t> input_axes, input_directions, output_axes, output_directions;  ///< empty: zeros
  template <typename V>
  void fields(V& v) {
    v("states", states);
    v("scanned", scanned);
    v("input_axes", input_axes);
    v("input_directions", input_directions);
    v("output_axes", output_axes);
    v("output_directions", output_directions);
  }
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const override;
};

}  // namespace tn::ops
