// SPDX-License-Identifier: Apache-2.0
// The least that a user of the installed library writes.
#include <tenon/tenon_c.h>

#include <cstdio>

int main() {
  std::printf("tenon %d\n", tenon_version());
  return tenon_version() > 0 ? 0 : 1;
}
