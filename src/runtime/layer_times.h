// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "runtime/engine.h"

namespace tn {

/// Sums the times of the layers of one run. Adding allocates nothing.
class LayerTimes final : public StepObserver {
 public:
  explicit LayerTimes(const std::vector<Layer>& layers);
  void clear() noexcept;
  void step_done(const plan::StepT& step, double milliseconds) noexcept override;
  /// Milliseconds of a layer, without those of the layers it owns.
  double of(size_t layer) const noexcept { return times_[layer]; }
  const std::vector<Layer>& layers() const noexcept { return layers_; }

 private:
  const std::vector<Layer>& layers_;
  std::vector<std::pair<const plan::StepT*, size_t>> index_;  // sorted by address
  std::vector<double> times_;
};

}  // namespace tn
