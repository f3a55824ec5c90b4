// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/plan.h"

namespace tn {

/// Told after every step of a profiled run.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void step_done(const plan::StepT& step, double milliseconds) noexcept = 0;
};

}  // namespace tn
