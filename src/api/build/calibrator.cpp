// SPDX-License-Identifier: Apache-2.0
#include "api/build/calibrator.h"

#include "base/error.h"

namespace tn::api {

int64_t PublicCalibration::batch() {
  const int32_t batch = calibrator_.getBatchSize();
  if (batch < 1)
    throw Error(ErrorCode::InvalidArgument, "the calibrator's batch size is {}; it must be 1 at least", batch);
  return batch;
}

std::string PublicCalibration::calibrator() {
  switch (calibrator_.getAlgorithm()) {
    case tenon::CalibrationAlgoType::kENTROPY_CALIBRATION:
      return "entropy";
    case tenon::CalibrationAlgoType::kENTROPY_CALIBRATION_2:
      return "entropy2";
    case tenon::CalibrationAlgoType::kMINMAX_CALIBRATION:
      return "minmax";
    case tenon::CalibrationAlgoType::kLEGACY_CALIBRATION:
      break;
  }
  const auto* legacy = dynamic_cast<tenon::IInt8LegacyCalibrator*>(&calibrator_);
  if (!legacy)
    throw Error(ErrorCode::InvalidArgument, "a calibrator of the legacy kind must be an IInt8LegacyCalibrator");
  return fmt::format("legacy={:g}:{:g}", legacy->getQuantile(), legacy->getRegressionCutoff());
}

std::string PublicCalibration::read_cache() {
  size_t length = 0;
  const void* text = calibrator_.readCalibrationCache(length);
  return text ? std::string(static_cast<const char*>(text), length) : std::string();
}

void PublicCalibration::write_cache(const std::string& text) {
  calibrator_.writeCalibrationCache(text.data(), text.size());
}

bool PublicCalibration::next_batch(std::span<const std::string> inputs, std::span<const std::byte*> addresses) {
  std::vector<const char*> names;
  for (const std::string& input : inputs) names.push_back(input.c_str());
  std::vector<void*> bindings(inputs.size());
  if (!calibrator_.getBatch(bindings.data(), names.data(), static_cast<int32_t>(names.size()))) return false;
  for (size_t i = 0; i < bindings.size(); ++i) addresses[i] = static_cast<const std::byte*>(bindings[i]);
  return true;
}

}  // namespace tn::api
