// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "backends/cuda/codegen/nvrtc.h"
#include "base/error.h"

namespace tn::cuda {

/// Needs the compiler of kernel texts; skipped where it is not installed.
class NvrtcTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      (void)Nvrtc::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

}  // namespace tn::cuda
