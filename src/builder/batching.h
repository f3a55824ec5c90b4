// SPDX-License-Identifier: Apache-2.0
// How samples become runs of a network.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "builder/builder.h"
#include "builder/calibration_data.h"

namespace tn {

class FixedRun;

/// How samples fill the inputs of a network.
struct Batching {
  bool is_free = false;  ///< the network takes any number of samples at a time
  int64_t size = 1;      ///< samples of one run
  std::vector<SampledInput> inputs;
  std::vector<Shape> shapes;    ///< of the inputs with `size` samples
  OptimizationProfile profile;  ///< that admits them, and fewer where the batch is free
};
/// Shapes are the optimal ones of `profile`; `batch` is the size where it is free. Throws Error(Unsupported) where an
/// input holds extents.
Batching batching_of(const Graph& graph, const OptimizationProfile& profile, int64_t batch);

/// Fills the inputs with samples: at least one, at most a batch. What is left of a batch is filled with them again.
void fill_inputs(FixedRun& run, const Batching& batching, std::span<const Sample> samples);

/// Reads all samples, `size` at a time; the last may be fewer.
void for_each_batch(SampleSource& samples, int64_t size, const std::function<void(std::span<const Sample>)>& batch);

}  // namespace tn
