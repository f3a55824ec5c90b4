// SPDX-License-Identifier: Apache-2.0
#include "runtime/layer_times.h"

#include <algorithm>

#include "engine/plan_generated.h"

namespace tn {

LayerTimes::LayerTimes(const std::vector<Layer>& layers) : layers_(layers), times_(layers.size()) {
  for (size_t i = 0; i < layers.size(); ++i) index_.emplace_back(layers[i].step, i);
  std::sort(index_.begin(), index_.end());
}

void LayerTimes::clear() noexcept {
  std::fill(times_.begin(), times_.end(), 0.0);
}

void LayerTimes::step_done(const plan::StepT& step, double milliseconds) noexcept {
  const auto found = std::lower_bound(index_.begin(), index_.end(), std::pair(&step, size_t{0}));
  if (found == index_.end() || found->first != &step) return;
  times_[found->second] += milliseconds;
  const int owner = layers_[found->second].owner;
  if (owner >= 0) times_[static_cast<size_t>(owner)] -= milliseconds;
}

}  // namespace tn
