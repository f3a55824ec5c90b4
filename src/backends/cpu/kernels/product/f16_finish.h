// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/epilogue.h"
#include "base/half.h"

namespace tn {

/// What is left of an epilogue for halves that already have their bias. In place where `in` is `out`, and the residual
/// may be `out` too.
struct F16FinishArgs : RowsEpilogue {
  const Half* in = nullptr;
  int64_t in_stride = 0, rows = 0, channels = 0;
  Half* out = nullptr;
  int64_t out_stride = 0;
};
using F16FinishFunction = void (*)(const F16FinishArgs&);

}  // namespace tn
