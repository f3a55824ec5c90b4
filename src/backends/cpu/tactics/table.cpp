// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/table.h"

#include "backends/cpu/device/kernel_table.h"
#include "tuning/tactics/common.h"

namespace tn::cpu {

const Backend& backend() {
#define TENON_TACTIC(name) &name(),
#define TENON_COMMON_TACTIC(name) &name(),
  static const Tactic* const kTactics[] = {
#include "backends/cpu/tactics/tactics.def"
  };
#undef TENON_TACTIC
#undef TENON_COMMON_TACTIC
  static const Backend kBackend = {"cpu", kTactics, find_kernel};
  return kBackend;
}

}  // namespace tn::cpu
