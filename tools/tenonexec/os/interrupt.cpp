// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/os/interrupt.h"

#include <atomic>
#include <csignal>

namespace tenonexec {
namespace {

// A signal handler has no other place. It may run on any thread.
std::atomic<bool> noted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void note(int) {
  noted = true;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  noted = false;
  std::signal(SIGINT, note);
}

InterruptWatch::~InterruptWatch() {
  std::signal(SIGINT, SIG_DFL);
}

bool InterruptWatch::interrupted() const noexcept {
  return noted;
}

}  // namespace tenonexec
