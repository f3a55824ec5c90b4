// SPDX-License-Identifier: Apache-2.0
// The tables of conformance_test on a CUDA device that the host plays: what kernel texts compute, without a GPU.
#include <gtest/gtest.h>

#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "support/session.h"

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  tn::test::EmulatedDevice device;
  tn::test::HostCompiler compiler(device.architecture());
  tn::test::Place place{tn::BuildBackend::Cuda};
  place.device = &device;
  place.compiler = &compiler;
  tn::test::set_place(place);
  return RUN_ALL_TESTS();
}
