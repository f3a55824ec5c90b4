// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>

#include "base/data_type.h"
#include "device/buffer.h"

namespace tn {

/// Room for `elements` and what kernels may read behind them, filled with numbers between -1 and 1, the same in every
/// run; integers are 0, so that indices are valid.
HostBuffer timing_input(DataType type, int64_t elements);

/// Keeps such inputs for the next region that has one of the same number and type.
class TimingInputs {
 public:
  /// Valid until a larger one is asked for.
  std::byte* get(size_t input, DataType type, int64_t elements);

 private:
  struct Kept {
    int64_t elements = -1;
    HostBuffer buffer;
  };
  std::map<std::pair<size_t, DataType>, Kept> kept_;
};

}  // namespace tn
