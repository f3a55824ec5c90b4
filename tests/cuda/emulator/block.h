// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "cuda/emulator/host.h"

namespace tn::test {

/// What a kernel does that no GPU would do for it.
class Fault : public std::runtime_error {
  using runtime_error::runtime_error;
};

/// Of one block: there while it runs, full of NaN when it begins.
class SharedMemory {
 public:
  SharedMemory();
  void begin(size_t bytes);
  void end() { bytes_ = 0; }
  char* data() { return data_; }
  /// Throws Fault beyond the end, or if the address is no multiple of `bytes`.
  char* at(uint64_t address, size_t bytes);

 private:
  std::unique_ptr<char[]> memory_;
  char* data_;
  size_t bytes_ = 0;
};

/// A copy to shared memory that may be under way for a while.
struct Copy {
  char* to;
  const char* from;
  size_t bytes, present;  ///< what is not present is zero
  void make() const;
};

/// One thread at an instruction.
struct Lane {
  SharedMemory* shared;
  std::span<const std::unique_ptr<SharedMemory>> cluster;  ///< of its blocks
  std::span<tn_emulator::Word> words;
  std::vector<Copy> copies;               ///< since the last group was closed
  std::vector<std::vector<Copy>> groups;  ///< under way
  bool eager = false;                     ///< makes copies at once; else as late as it may
};

struct Instruction;
enum class Cluster : uint8_t;

/// How shared memory was read by ldmatrix.
struct SharedReads {
  int64_t phases = 0;     ///< eight lanes at a time, 16 bytes each
  int64_t conflicts = 0;  ///< cycles more than one for each
};

/// Runs the clusters of a grid, one after another, and in a cluster each block as far as it comes without the others.
/// Each warp of a block runs until it has to wait for others; the last block and warp go first in every other cluster,
/// and half of the copies are made as late as a kernel allows: what a barrier or a wait is missing for comes out wrong.
class Emulator final : private tn_emulator::Host {
 public:
  Emulator();
  ~Emulator();
  struct Work {
    const tn_emulator::Kernel* kernel;
    tn_emulator::Index blocks, threads;
    size_t shared_bytes;
    std::vector<uint64_t> arguments;
    unsigned cluster = 1;  ///< blocks along x
  };
  /// Throws Fault.
  void take(Work work);
  /// Begins with the first cluster, up to where it waits for earlier kernels. Throws Fault.
  void start();
  /// Whether that has let the next kernel start.
  bool lets_next_start() const { return lets_next_start_; }
  /// Runs what is left. Throws Fault.
  void finish();
  const SharedReads& reads() const { return reads_; }

 private:
  struct Thread;
  struct Block {
    bool begun = false;
    size_t ended = 0;  ///< threads
  };
  static void take_instruction(Host& host, const char* text, tn_emulator::Word* words, int count);
  static void take_barrier(Host& host);
  static void enter(unsigned low, unsigned high);
  void begin_cluster();
  void prepare(unsigned rank, unsigned place);
  bool advance();
  // Whether any thread went on.
  bool run_block(unsigned rank);
  bool run_warpgroup(size_t first, size_t end);
  bool run_threads(size_t first, size_t end);
  bool execute_together(size_t first, size_t end, size_t lanes);
  bool pass_barrier(size_t first, size_t end);
  bool pass_cluster();
  void take_cluster(Cluster what);
  void resume(Thread& thread);
  void suspend();

  Work work_{};
  uint64_t clusters_begun_ = 0;
  bool in_cluster_ = false, earlier_have_ended_ = false, lets_next_start_ = false;
  SharedReads reads_;
  std::vector<std::unique_ptr<SharedMemory>> memories_;        ///< of a cluster's blocks; kept
  std::vector<std::unique_ptr<Thread>> all_;                   ///< of a cluster, block by block; kept
  std::unordered_map<const char*, const Instruction*> known_;  ///< by the address of a text, which no library frees
  tn_emulator::Index first_;                                   ///< block of the cluster that runs
  std::vector<Block> blocks_;                                  ///< of it
  size_t count_ = 0;                                           ///< threads of a block
  size_t ended_ = 0;                                           ///< blocks
  Thread* running_ = nullptr;
  std::unique_ptr<Thread> scheduler_;
  bool reversed_ = false;
  std::string fault_;
};

}  // namespace tn::test
