// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/run/logger.h"
#include "builder/builder.h"
#include "tenon/builder.h"

namespace tn::api {

class PublicProfile final : public tenon::IOptimizationProfile {
 public:
  explicit PublicProfile(tenon::ILogger& logger) : logger_(logger) {}
  bool setDimensions(char const* input, tenon::OptProfileSelector select, tenon::Dims const& dims) noexcept override;
  tenon::Dims getDimensions(char const* input, tenon::OptProfileSelector select) const noexcept override;
  bool setShapeValuesV2(char const* input, tenon::OptProfileSelector select, int64_t const* values,
                        int32_t count) noexcept override;
  int64_t const* getShapeValuesV2(char const* input, tenon::OptProfileSelector select) const noexcept override;
  int32_t getNbShapeValues(char const* input) const noexcept override;
  bool isValid() const noexcept override;

  /// Throws Error(InvalidArgument) naming an input that lacks one of min, opt and max.
  OptimizationProfile inside() const;

 private:
  template <typename T>
  using Bounds = std::array<std::optional<T>, 3>;  // by OptProfileSelector
  PublicLogger logger_;
  std::map<std::string, Bounds<Shape>, std::less<>> dims_;
  std::map<std::string, Bounds<std::vector<int64_t>>, std::less<>> values_;
};

}  // namespace tn::api
