// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "cuda/emulator/block.h"

namespace tn::test {

/// What an instruction has to do with other kernels.
enum class Grid : uint8_t { Nothing, Waits, LetsNextStart };

/// What an instruction has to do with the barrier of a cluster.
enum class Cluster : uint8_t { Nothing, Arrives, Waits };

/// PTX that the texts of the backend use, as the PTX manual defines it.
struct Instruction {
  const char* name;  ///< what its text begins with
  int lanes;         ///< that execute it together: 1, 32, 128
  void (*execute)(std::span<Lane* const> lanes, SharedReads& reads);
  Grid grid = Grid::Nothing;
  Cluster cluster = Cluster::Nothing;
};

/// Throws Fault for what is not known.
const Instruction& find_instruction(const char* text);

}  // namespace tn::test
