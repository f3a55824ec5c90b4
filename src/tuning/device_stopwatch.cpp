// SPDX-License-Identifier: Apache-2.0
#include "tuning/device_stopwatch.h"

namespace tn {

Status DeviceStopwatch::time(LaunchGraph& graph, int replays, double& microseconds) noexcept {
  Status status = begin_->record(*queue_);
  for (int i = 0; status && i < replays; ++i) status = graph.run(*queue_);
  if (status) status = end_->record(*queue_);
  if (status) status = queue_->synchronize();
  double milliseconds = 0;
  if (status) status = end_->since(*begin_, milliseconds);
  microseconds = 1000 * milliseconds;
  return status;
}

}  // namespace tn
