// SPDX-License-Identifier: Apache-2.0
// The tables of conformance_test on the first CUDA device; skipped where there is none.
#include <gtest/gtest.h>

#include "backends/cuda/device/devices.h"
#include "support/session.h"

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (tn::cuda::device_count() == 0) return 0;
  tn::test::set_place({tn::BuildBackend::Cuda});
  return RUN_ALL_TESTS();
}
