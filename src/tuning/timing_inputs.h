// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/data_type.h"
#include "device/buffer.h"

namespace tn {

/// Room for `elements` and what kernels may read behind them, filled with numbers between -1 and 1, the same in every
/// run; integers are 0, so that indices are valid.
HostBuffer timing_input(DataType type, int64_t elements);

}  // namespace tn
