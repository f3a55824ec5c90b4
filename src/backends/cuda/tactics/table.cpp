// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/table.h"

#include "backends/cuda/device/kernel_table.h"
#include "tuning/tactics/common.h"

namespace tn::cuda {

const Backend& backend() {
#define TENON_TACTIC(name) &name(),
#define TENON_COMMON_TACTIC(name) &name(),
  static const Tactic* const kTactics[] = {
#include "backends/cuda/tactics/tactics.def"
  };
#undef TENON_TACTIC
#undef TENON_COMMON_TACTIC
  static const Backend kBackend = {"cuda", kTactics, find_kernel};
  return kBackend;
}

}  // namespace tn::cuda
