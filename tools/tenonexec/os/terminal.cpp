// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/os/terminal.h"

#include <unistd.h>

namespace tenonexec {

bool output_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

}  // namespace tenonexec
