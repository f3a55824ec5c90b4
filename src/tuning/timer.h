// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/lane.h"
#include "tuning/region_plan.h"
#include "tuning/region_timer.h"
#include "tuning/timing_inputs.h"

namespace tn {

/// Measures ways of running a region on the lane that the engine will run on, with random data, hot inputs and cold
/// weights (several copies in turn). The ways take turns, so that what disturbs one disturbs all.
class Timer final : public RegionTimer {
 public:
  /// `opt`: values of the symbols; `repeats`: measurements of each way at least, unless runs are long.
  Timer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats);
  /// Microseconds of one run in each of the ways. Those that two looks tell to be hopeless are not measured further;
  /// the others get the lower quartile of their measurements.
  std::vector<Timing> measure(const Region& region, std::span<const Choice> ways) override;

 private:
  class Bench;
  const Backend& backend_;
  const Target& target_;
  std::map<std::string, int64_t> opt_;
  size_t repeats_;
  Lane lane_;
  TimingInputs inputs_;
  HostBuffer weights_;
};

}  // namespace tn
