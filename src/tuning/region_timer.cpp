// SPDX-License-Identifier: Apache-2.0
#include "tuning/region_timer.h"

#include <fmt/format.h>

#include "tuning/device_timer.h"
#include "tuning/tactic.h"
#include "tuning/timer.h"

namespace tn {

std::string name_of(const Choice& choice) {
  return fmt::format("{}{}{}", choice.tactic->name(), choice.config.empty() ? "" : " ", choice.config);
}

std::unique_ptr<RegionTimer> make_region_timer(const Backend& backend, const Target& target,
                                               std::map<std::string, int64_t> opt, int repeats) {
  if (target.device) return std::make_unique<DeviceTimer>(backend, target, std::move(opt), repeats);
  return std::make_unique<Timer>(backend, target, std::move(opt), repeats);
}

}  // namespace tn
