// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/os/memory.h"

#include <unistd.h>

#include <fstream>

namespace tenonexec {

size_t resident_bytes() {
  size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  const long page = sysconf(_SC_PAGESIZE);
  return page > 0 ? resident * static_cast<size_t>(page) : 0;
}

}  // namespace tenonexec
