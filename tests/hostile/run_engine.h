// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hostile/damage.h"

namespace tn::test {

/// Loads an engine and runs each profile at its smallest and largest shapes, in buffers of exactly the size that the
/// context asks for. Returns the number of runs that succeeded. Any failure but Error and Status is one of the test.
int load_and_run(Bytes bytes, const std::string& what);

}  // namespace tn::test
