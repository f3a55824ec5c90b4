// SPDX-License-Identifier: Apache-2.0
// Times of single layers: --dumpProfile and --exportProfile.
#pragma once

#include <string>
#include <vector>

#include "tenon/interfaces.h"

namespace tenonexec {

/// Gathers what an execution context reports. Used by one context.
class LayerProfile final : public tenon::IProfiler {
 public:
  void reportLayerTime(const char* name, float ms) noexcept override;
  /// Number of complete runs.
  size_t runs() const;
  /// "=== Profile (N iterations ) ===" and the table; layers that took no time are left out.
  std::vector<std::string> format() const;
  std::string to_json() const;

 private:
  struct Layer {
    std::string name;
    std::vector<float> times;
    double total() const;
    double median() const;
  };
  double total() const;

  std::vector<Layer> layers_;
  size_t next_ = 0;
};

}  // namespace tenonexec
