// SPDX-License-Identifier: Apache-2.0
#include "builder/cache_file.h"

#include "base/os/file.h"

namespace tn {

std::string side_car_path(const std::string& cache) {
  return cache + ".json";
}

std::string cache_text(const quant::Plan& plan, const std::string& calibrator) {
  quant::Cache cache = quant::cache_of(plan);
  if (calibrator == "minmax") cache.header = "TRT-8600-MinMaxCalibration";
  return to_text(cache);
}

void write_cache(const std::string& file, const quant::SideCar& side_car, Logger& logger) {
  write_file_atomically(side_car_path(file), to_text(side_car));
  write_file_atomically(file, cache_text(side_car.plan, side_car.calibrator));
  logger.info("Calibration cache saved to {}", file);
}

}  // namespace tn
