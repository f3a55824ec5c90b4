// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tenonexec/console.h"
#include "tenonexec/os/interrupt.h"

namespace tenonexec {

/// "tuning  [##########----------]  50 %  10/20  ETA 0:12"
std::string format_bar(std::string_view phase, int done, int steps, double seconds);

/// Shows a build's progress: a bar with the time left on a terminal, else a line per phase and every tenth of a long
/// one. Ctrl-C stops the build at its next step.
class Progress final : public tenon::IProgressMonitor {
 public:
  explicit Progress(Console& console) : console_(console) {}
  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override;
  bool stepComplete(const char* phase, int32_t step) noexcept override;
  void phaseFinish(const char* phase) noexcept override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Phase {
    std::string name;
    int steps = 0, tenths = 0;
    Clock::time_point start, last_line;
  };
  void show(Phase& phase, int done);

  Console& console_;
  InterruptWatch interrupt_;
  std::vector<Phase> phases_;  ///< nested, innermost last
};

}  // namespace tenonexec
