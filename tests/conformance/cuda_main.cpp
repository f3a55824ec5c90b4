// SPDX-License-Identifier: Apache-2.0
// The tables of conformance_test on the first CUDA device; skipped where there is none. With --tactic=NAME, tactics
// whose names begin so run whatever they can.
#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include "backends/cuda/device/devices.h"
#include "support/session.h"

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (tn::cuda::device_count() == 0) return 0;
  tn::test::Place place{tn::BuildBackend::Cuda};
  for (const std::string_view argument : std::span(arguments, static_cast<size_t>(count)).subspan(1)) {
    constexpr std::string_view kTactic = "--tactic=";
    if (argument.starts_with(kTactic)) place.preferred_tactic = argument.substr(kTactic.size());
  }
  tn::test::set_place(place);
  return RUN_ALL_TESTS();
}
