// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tenonexec/console.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// Everything behind the command line: build or load, run, report. Throws Failure or Reported.
void run_session(const Options& options, Console& console);

}  // namespace tenonexec
