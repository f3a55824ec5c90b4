// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hostile/damage.h"

namespace tn::test {

/// try_engine() within the limits of memory. Returns the number of runs that succeeded. Any failure but Error and
/// Status is one of the test.
int load_and_run(const Bytes& bytes, const std::string& what);

}  // namespace tn::test
