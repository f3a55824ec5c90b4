// SPDX-License-Identifier: Apache-2.0
// What programs implement to calibrate BuilderFlag::kINT8 on their own data. Only in libtenon.
#pragma once

#include <cstddef>

#include "tenon/types.h"

namespace tenon {

/// How ranges follow from what was seen.
enum class CalibrationAlgoType : int32_t {
  kLEGACY_CALIBRATION = 0,     ///< a quantile, and a line through the counts
  kENTROPY_CALIBRATION = 1,    ///< the same as the next: networks are always seen before their layers are fused
  kENTROPY_CALIBRATION_2 = 2,  ///< least KL divergence
  kMINMAX_CALIBRATION = 3,     ///< the largest magnitude
};

/// Gives batches of inputs during a build. Calls come from the thread that builds: getBatchSize() once, then
/// readCalibrationCache(), and if that gives nothing getBatch() until it returns false, then writeCalibrationCache().
/// Programs derive from one of the classes below.
class IInt8Calibrator {
 public:
  virtual int32_t getBatchSize() const noexcept = 0;
  /// Sets bindings[i] to the address of a batch of the input names[i]: dense, of its type, in the memory of the host
  /// (also where the engine is for a GPU), valid until the next call. False when there are no more.
  virtual bool getBatch(void* bindings[], char const* names[], int32_t nbBindings) noexcept = 0;
  /// A cache of an earlier calibration, valid until the next call; nullptr if there is none. Caches of TensorRT are
  /// read as well.
  virtual void const* readCalibrationCache(std::size_t& length) noexcept = 0;
  virtual void writeCalibrationCache(void const* ptr, std::size_t length) noexcept = 0;
  virtual CalibrationAlgoType getAlgorithm() noexcept = 0;
  virtual ~IInt8Calibrator() noexcept = default;
};

class IInt8EntropyCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() noexcept override { return CalibrationAlgoType::kENTROPY_CALIBRATION; }
};

class IInt8EntropyCalibrator2 : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() noexcept override { return CalibrationAlgoType::kENTROPY_CALIBRATION_2; }
};

class IInt8MinMaxCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() noexcept override { return CalibrationAlgoType::kMINMAX_CALIBRATION; }
};

class IInt8LegacyCalibrator : public IInt8Calibrator {
 public:
  CalibrationAlgoType getAlgorithm() noexcept override { return CalibrationAlgoType::kLEGACY_CALIBRATION; }
  /// The share of the numbers that the range holds, and that of the largest magnitude up to which counts are looked at
  /// for the line; both from 0 to 1.
  virtual double getQuantile() const noexcept = 0;
  virtual double getRegressionCutoff() const noexcept = 0;
};

}  // namespace tenon
