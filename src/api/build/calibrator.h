// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/builder.h"
#include "tenon/calibrator.h"

namespace tn::api {

/// A calibrator of the program as the inside sees it.
class PublicCalibration final : public CalibrationProgram {
 public:
  explicit PublicCalibration(tenon::IInt8Calibrator& calibrator) : calibrator_(calibrator) {}
  int64_t batch() override;
  std::string calibrator() override;
  std::string read_cache() override;
  void write_cache(const std::string& text) override;
  bool next_batch(std::span<const std::string> inputs, std::span<const std::byte*> addresses) override;

 private:
  tenon::IInt8Calibrator& calibrator_;
};

}  // namespace tn::api
