// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/runtime.h"
#include "tenonexec/console.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// Counts how often the right class is the first, or among the first five.
class Accuracy {
 public:
  /// `scores` are of one image. Of equal scores the lower class comes first; NaN comes last.
  void add(std::span<const double> scores, int32_t label);
  int64_t images() const { return images_; }
  /// "Top-1: 89.18 % (4459 of 5000)" and the same for top-5, which is left out for five classes or fewer.
  std::vector<std::string> format() const;

 private:
  int64_t images_ = 0, first_ = 0, among_five_ = 0;
  size_t classes_ = 0;
};

/// --classify: runs every image below the folder through the engine and logs the accuracy and images per second.
/// Throws Failure or Reported.
void classify(tenon::ICudaEngine& engine, const Options& options, Console& console);

}  // namespace tenonexec
