// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/int8/look_up.h"

namespace tn {

void look_up_generic(const uint8_t* table, uint8_t* bytes, int64_t blocks) {
  for (int64_t i = 0; i < blocks * kLookUpBlock; ++i) bytes[i] = table[bytes[i]];
}

}  // namespace tn
