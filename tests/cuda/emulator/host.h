// SPDX-License-Identifier: Apache-2.0
// What the emulator and a kernel that was compiled for the host know of one another. Includes nothing: kernel texts
// declare their own types.
#pragma once

namespace tn_emulator {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

/// An operand of an instruction: up to 8 bytes.
struct Word {
  void* to;  ///< where a result goes; null of an operand that is only read
  unsigned long long bits;
  int bytes;
};

/// What the running thread sees, and what it asks for.
struct Host {
  Index thread, threads, block, blocks;
  char* shared;  ///< dynamic shared memory
  /// Executes PTX; results are left in the words.
  void (*instruction)(Host& host, const char* text, Word* words, int count);
  /// Of the block.
  void (*barrier)(Host& host);
};

/// What a compiled kernel exports, as "tn_kernel".
struct Kernel {
  void (*attach)(Host* host);
  void (*run)(const unsigned long long* arguments);
  char *shared_begin, *shared_end;  ///< shared memory of fixed size
};

}  // namespace tn_emulator
