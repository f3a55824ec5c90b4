// SPDX-License-Identifier: Apache-2.0
#include "exec/segment.h"

#include <algorithm>

#include "device/kernel.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

// What a kernel reads of the host's memory while it is being enqueued, such as the number of an iteration, changes from
// run to run; constants and shapes do not, and a transfer is work of the device itself.
bool recordable(const plan::StepT& step, const plan::ProfileT& profile) {
  if (step.host || !step.lists.empty() || !step.defines.empty()) return false;
  if (step.kernel == kTransferKernel) return true;
  return std::ranges::none_of(step.inputs, [&](int32_t id) {
    if (id < 0) return false;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(id)];
    return tensor.host && tensor.storage != plan::Storage::Weights;
  });
}

}  // namespace

std::vector<Segment> segments_of(const plan::StepListT& list, const plan::ProfileT& profile, Device& device) {
  std::vector<Segment> segments;
  for (size_t i = 0; i < list.steps.size(); ++i) {
    if (!recordable(*list.steps[i], profile)) continue;
    if (segments.empty() || segments.back().last != i) segments.push_back({i, i, device.make_graph()});
    segments.back().last = i + 1;
  }
  return segments;
}

}  // namespace tn
