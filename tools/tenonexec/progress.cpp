// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/progress.h"

#include <algorithm>

namespace tenonexec {
namespace {

constexpr int kBarWidth = 30;
constexpr double kSecondsBetweenLines = 2;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::string format_bar(std::string_view phase, int done, int steps, double seconds) {
  const int filled = steps > 0 ? std::clamp(static_cast<int>(int64_t{kBarWidth} * done / steps), 0, kBarWidth) : 0;
  std::string text = fmt::format("{}  [{:#<{}}{:-<{}}]  {:3} %  {}/{}", phase, "", filled, "", kBarWidth - filled,
                                 steps > 0 ? 100 * int64_t{done} / steps : 0, done, steps);
  if (done > 0) {
    const int left = static_cast<int>(seconds / done * (steps - done) + 0.5);
    text += fmt::format("  ETA {}:{:02}", left / 60, left % 60);
  }
  return text;
}

void Progress::phaseStart(const char* phase, const char*, int32_t steps) noexcept {
  try {
    phases_.push_back({phase, steps, 0, Clock::now(), Clock::now()});
    console_.write(Console::Severity::kVERBOSE, fmt::format("{}: {} steps", phase, steps));
    show(phases_.back(), 0);
  } catch (...) {  // out of memory: this phase is not shown
  }
}

bool Progress::stepComplete(const char* phase, int32_t step) noexcept {
  try {
    if (!phases_.empty() && phases_.back().name == phase) show(phases_.back(), step + 1);
  } catch (...) {
  }
  return !interrupt_.interrupted();
}

void Progress::phaseFinish(const char* phase) noexcept {
  try {
    if (phases_.empty() || phases_.back().name != phase) return;
    const double seconds = seconds_since(phases_.back().start);
    const int steps = phases_.back().steps;
    phases_.pop_back();
    console_.bar("");
    if (phases_.empty() || seconds >= kSecondsBetweenLines)
      console_.info("{}: {} steps in {:.2f} s", phase, steps, seconds);
  } catch (...) {
  }
}

void Progress::show(Phase& phase, int done) {
  if (phase.steps <= 1) return;
  const double seconds = seconds_since(phase.start);
  if (console_.on_terminal()) {
    console_.bar(format_bar(phase.name, done, phase.steps, seconds));
    return;
  }
  const int tenths = static_cast<int>(int64_t{10} * done / phase.steps);
  if (tenths == phase.tenths || done == phase.steps || seconds_since(phase.last_line) < kSecondsBetweenLines) return;
  phase.tenths = tenths;
  phase.last_line = Clock::now();
  console_.info("{}: {} of {} steps, {:.0f} s so far, about {:.0f} s left", phase.name, done, phase.steps, seconds,
                seconds / done * (phase.steps - done));
}

}  // namespace tenonexec
