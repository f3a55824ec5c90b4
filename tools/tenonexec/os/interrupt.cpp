// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/os/interrupt.h"

#include <csignal>

namespace tenonexec {
namespace {

volatile std::sig_atomic_t noted = 0;  // a signal handler has no other place

void note(int) {
  noted = 1;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  noted = 0;
  std::signal(SIGINT, note);
}

InterruptWatch::~InterruptWatch() {
  std::signal(SIGINT, SIG_DFL);
}

bool InterruptWatch::interrupted() const noexcept {
  return noted != 0;
}

}  // namespace tenonexec
