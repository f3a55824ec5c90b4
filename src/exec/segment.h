// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "device/device.h"
#include "exec/step_runner.h"

namespace tn {

/// Steps [first, last) of a list that a device runs without the host between them: recorded once, run as a whole.
struct Segment {
  size_t first = 0, last = 0;
  std::unique_ptr<LaunchGraph> graph;
  bool stale = true;  ///< shapes or addresses changed since it was recorded
};

/// The segments of a list, in order. Steps outside of them run one by one.
std::vector<Segment> segments_of(const plan::StepListT& list, const plan::ProfileT& profile, Device& device);

}  // namespace tn
