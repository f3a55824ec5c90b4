// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tenonexec/console.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// --validate: says what is in the model and whether it can be imported. Throws Failure where it cannot, and Reported
/// where it cannot be read.
void validate_model(const Options& options, Console& console);

}  // namespace tenonexec
