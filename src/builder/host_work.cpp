// SPDX-License-Identifier: Apache-2.0
#include "builder/host_work.h"

#include "base/error.h"
#include "device/kernel.h"
#include "engine/plan_generated.h"

namespace tn {

std::string describe_host_work(const plan::ProfileT& profile) {
  std::string steps, transfers;
  for (const auto& list : profile.lists) {
    for (const auto& step : list->steps) {
      if (step->host) {
        steps +=
            fmt::format("  {} ({}{}{})\n", step->name, step->kernel, step->detail.empty() ? "" : ": ", step->detail);
      } else if (step->kernel == kTransferKernel) {
        const plan::TensorT& to = *profile.tensors[static_cast<size_t>(step->outputs[0])];
        transfers +=
            fmt::format("  {} to the {}, at most {} bytes\n", step->name, to.host ? "host" : "device", to.bytes);
      }
    }
  }
  if (steps.empty() && transfers.empty()) return "the host runs no step, and nothing is copied to it or from it\n";
  return fmt::format("steps that run on the host:\n{}copies between the memories of host and device:\n{}",
                     steps.empty() ? "  none\n" : steps, transfers.empty() ? "  none\n" : transfers);
}

}  // namespace tn
