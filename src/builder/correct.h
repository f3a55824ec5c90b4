// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "builder/held_out.h"

namespace tn {

/// What corrections of a network that is to be rounded go by.
struct CorrectionData {
  const Batching& batching;
  const HeldOut& held_out;
  std::function<std::unique_ptr<SampleSource>()> samples;  ///< some that ranges were found on, from the first on
  std::function<quant::Plan(bool allow_unsigned)> ranges;  ///< of the network as it is
  std::function<quant::Plan(const Graph&, bool allow_unsigned)> calibrate;  ///< the ranges of a changed network
  int threads = 1;
};

/// Changes weights and biases in f32 so that rounding them loses less, each change only where the outputs on held-out
/// samples come closer to the exact ones.
///   level 1   what is never negative becomes u8; cross-layer equalization; what rounding shifts the mean of a channel
///   by goes into its bias level 2   weights are rounded by what they are multiplied with (quant/gram.h), too
/// `plan` becomes the ranges of the changed network. Returns in words what was gained.
std::string correct(Graph& graph, quant::Plan& plan, int level, const CorrectionData& data);

}  // namespace tn
