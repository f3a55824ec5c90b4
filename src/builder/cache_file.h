// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/log.h"
#include "quant/cache.h"

namespace tn {

/// What stands beside a calibration cache.
std::string side_car_path(const std::string& cache);
/// The text of a cache of this plan.
std::string cache_text(const quant::Plan& plan, const std::string& calibrator);
void write_cache(const std::string& file, const quant::SideCar& side_car, Logger& logger);

}  // namespace tn
