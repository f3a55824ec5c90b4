// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "cuda/emulator/block.h"

namespace tn::test {

/// PTX that the texts of the backend use, as the PTX manual defines it.
struct Instruction {
  const char* name;  ///< what its text begins with
  int lanes;         ///< that execute it together: 1, 32, 128
  void (*execute)(std::span<Lane* const> lanes, SharedReads& reads);
};

/// Throws Fault for what is not known.
const Instruction& find_instruction(const char* text);

}  // namespace tn::test
