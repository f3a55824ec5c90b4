// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "builder/builder.h"
#include "builder/calibration_data.h"
#include "quant/histogram.h"

namespace tn {

using Histograms = std::map<std::string, quant::Histogram, std::less<>>;

/// How samples fill the inputs of a network.
struct Batching {
  bool is_free = false;  ///< the network takes any number of samples at a time
  int64_t size = 1;      ///< samples of one run
  std::vector<SampledInput> inputs;
  std::vector<Shape> shapes;    ///< of the inputs with `size` samples
  OptimizationProfile profile;  ///< that admits them, and fewer where the batch is free
};
/// Shapes are the optimal ones of `profile`; `batch` is the size where it is free.
Batching batching_of(const Graph& graph, const OptimizationProfile& profile, int64_t batch);

/// Runs the network on all samples and counts what its activations in f32 were, inputs included. Where the batch is
/// fixed, the last one is filled up with its own samples again, which do not count. Throws Error naming the tensor and
/// the sample that made it NaN or infinite.
Histograms observe(const Graph& graph, const Batching& batching, SampleSource& samples, int threads,
                   const std::function<void()>& sample_done);

/// What looks wrong about numbers that a network gets; empty if nothing does.
std::string implausible(const quant::Histogram& input);

}  // namespace tn
