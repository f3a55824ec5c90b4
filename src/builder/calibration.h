// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "builder/batching.h"
#include "quant/histogram.h"

namespace tn {

using Histograms = std::map<std::string, quant::Histogram, std::less<>>;

/// Runs the network on all samples and counts what its activations in f32 were, inputs included. Where the batch is
/// fixed, the last one is filled up with its own samples again, which do not count. Throws Error naming the tensor and
/// the sample that made it NaN or infinite.
Histograms observe(const Graph& graph, const Batching& batching, SampleSource& samples, int threads,
                   const std::function<void()>& sample_done);

/// What looks wrong about numbers that a network gets; empty if nothing does.
std::string implausible(const quant::Histogram& input);

}  // namespace tn
