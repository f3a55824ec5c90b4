// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/assign.h"

namespace tn {

/// What regions cost where nothing can be measured: the bytes they move, at a terabyte a second, and for every step a
/// microsecond. Narrow types then win wherever a kernel takes them and conversions do not eat it up.
class StaticCosts final : public RegionCosts {
 public:
  explicit StaticCosts(std::map<std::string, int64_t> opt) : opt_(std::move(opt)) {}
  double microseconds(const Region& region) override;

 private:
  std::map<std::string, int64_t> opt_;
};

}  // namespace tn
