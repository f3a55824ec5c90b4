// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/lane.h"
#include "tuning/region_plan.h"
#include "tuning/region_timer.h"
#include "tuning/timing_inputs.h"

namespace tn {

/// Measures on a device with memory of its own: each way many times in one graph that is replayed, by the device's own
/// clock, with random data. The ways take turns.
class DeviceTimer final : public RegionTimer {
 public:
  DeviceTimer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats);
  /// Has the texts of all ways compiled by other threads.
  void expect(const Region& region, std::span<const Choice> ways) override;
  /// Ways that two looks tell to be hopeless are not measured further. Those for which there is not memory enough at
  /// once are measured in parts.
  std::vector<Timing> measure(const Region& region, std::span<const Choice> ways) override;

 private:
  class Bench;
  /// Throws Error(OutOfMemory), too.
  std::vector<Timing> measure_at_once(const Region& region, std::span<const Choice> ways);
  const Backend& backend_;
  const Target& target_;
  std::map<std::string, int64_t> opt_;
  int repeats_;
  Lane lane_;
  TimingInputs inputs_;
};

}  // namespace tn
