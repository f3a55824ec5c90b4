// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/device.h"

namespace tn {

/// Times replays of graphs by the clock of the device.
class DeviceStopwatch {
 public:
  explicit DeviceStopwatch(Device& device)
      : queue_(device.make_queue()), begin_(device.make_event()), end_(device.make_event()) {}

  Queue& queue() { return *queue_; }
  /// Microseconds of all replays together, one after another.
  Status time(LaunchGraph& graph, int replays, double& microseconds) noexcept;

 private:
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Event> begin_, end_;
};

}  // namespace tn
