// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/block.h"

#include <fmt/format.h>
#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "cuda/emulator/instructions.h"

namespace tn::test {
namespace {

constexpr size_t kMostShared = 228 * 1024, kSharedAlignment = 1024, kStack = 256 * 1024, kWarp = 32, kWarpgroup = 128;
constexpr int kPoison = 0xff;

enum class Waits : uint8_t { Not, ForOthers, AtBarrier, ForEarlierKernels, ForCluster, Ended };

}  // namespace

SharedMemory::SharedMemory() : memory_(std::make_unique<char[]>(kMostShared + kSharedAlignment)) {
  void* begin = memory_.get();
  size_t room = kMostShared + kSharedAlignment;
  data_ = static_cast<char*>(std::align(kSharedAlignment, kMostShared, begin, room));
}

void SharedMemory::begin(size_t bytes) {
  if (bytes > kMostShared) throw Fault(fmt::format("{} bytes of shared memory", bytes));
  bytes_ = bytes;
  std::memset(data_, kPoison, bytes);
}

char* SharedMemory::at(uint64_t address, size_t bytes) {
  if (address + bytes > bytes_ || address % bytes != 0)
    throw Fault(fmt::format("{} bytes at {} of {} bytes of shared memory", bytes, address, bytes_));
  return data_ + address;
}

void Copy::make() const {
  std::memcpy(to, from, present);
  std::memset(to + present, 0, bytes - present);
}

struct Emulator::Thread {
  ucontext_t context{};  ///< where it begins
  jmp_buf place;         ///< where it goes on: changing stacks by jumps asks nothing of the operating system
  bool begun = false;
  std::unique_ptr<char[]> stack;
  tn_emulator::Index index;
  unsigned rank = 0;  ///< of its block in the cluster
  Waits waits = Waits::Not;
  size_t arrivals = 0;   ///< at the barrier of the cluster
  bool arrived = false;  ///< and has not waited yet
  const Instruction* instruction = nullptr;
  Lane lane;
};

Emulator::Emulator() : scheduler_(std::make_unique<Thread>()) {
  instruction = take_instruction;
  barrier = take_barrier;
}
Emulator::~Emulator() = default;

void Emulator::take(Work work) {
  work_ = std::move(work);
  threads = work_.threads, blocks = work_.blocks;
  if (blocks.x % work_.cluster != 0) throw Fault(fmt::format("{} blocks in clusters of {}", blocks.x, work_.cluster));
  if (work_.cluster > 1 && work_.kernel->shared_begin != work_.kernel->shared_end)
    throw Fault("a cluster with shared memory of fixed size");
  count_ = size_t{threads.x} * threads.y * threads.z;
  clusters_begun_ = 0;
  in_cluster_ = earlier_have_ended_ = lets_next_start_ = false;
  blocks_.resize(work_.cluster);
  while (memories_.size() < work_.cluster) memories_.push_back(std::make_unique<SharedMemory>());
  while (all_.size() < count_ * work_.cluster) {
    all_.push_back(std::make_unique<Thread>());
    all_.back()->stack = std::make_unique_for_overwrite<char[]>(kStack);
  }
}

void Emulator::start() {
  begin_cluster();
  while (in_cluster_ && advance()) {
  }
}

void Emulator::finish() {
  earlier_have_ended_ = true;
  for (size_t i = 0; i < count_ * work_.cluster; ++i)
    if (all_[i]->waits == Waits::ForEarlierKernels) all_[i]->waits = Waits::Not;
  if (!in_cluster_) begin_cluster();
  for (; in_cluster_; begin_cluster())
    while (ended_ < work_.cluster)
      if (!advance()) throw Fault("threads wait for one another");
}

void Emulator::begin_cluster() {
  const uint64_t number = clusters_begun_++ * work_.cluster, plane = uint64_t{blocks.x} * blocks.y;
  in_cluster_ = number < plane * blocks.z;
  if (!in_cluster_) return;
  first_ = {static_cast<unsigned>(number % blocks.x), static_cast<unsigned>(number % plane / blocks.x),
            static_cast<unsigned>(number / plane)};
  work_.kernel->attach(this);
  if (work_.kernel->shared_begin)
    std::memset(work_.kernel->shared_begin, kPoison,
                static_cast<size_t>(work_.kernel->shared_end - work_.kernel->shared_begin));
  ended_ = 0;
  reversed_ = !reversed_;
  for (unsigned rank = 0; rank < work_.cluster; ++rank) {
    memories_[rank]->end();
    blocks_[rank] = {};
    for (size_t i = 0; i < count_; ++i) prepare(rank, static_cast<unsigned>(i));
  }
}

void Emulator::prepare(unsigned rank, unsigned place) {
  Thread& fresh = *all_[rank * count_ + place];
  fresh.index = {place % threads.x, place / threads.x % threads.y, place / threads.x / threads.y};
  fresh.rank = rank;
  fresh.waits = Waits::Not;
  fresh.begun = fresh.arrived = false;
  fresh.arrivals = 0;
  fresh.lane.shared = memories_[rank].get();
  fresh.lane.cluster = {memories_.data(), work_.cluster};
  fresh.lane.copies.clear();
  fresh.lane.groups.clear();
  fresh.lane.eager = place % 3 == 0;
  getcontext(&fresh.context);
  fresh.context.uc_stack.ss_sp = fresh.stack.get();
  fresh.context.uc_stack.ss_size = kStack;
  fresh.context.uc_link = nullptr;
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&fresh.context, reinterpret_cast<void (*)()>(&Emulator::enter), 2, static_cast<unsigned>(self),
              static_cast<unsigned>(self >> 32));
}

// Whether anything went on.
bool Emulator::advance() {
  bool moved = false;
  for (unsigned i = 0; i < work_.cluster; ++i) moved |= run_block(reversed_ ? work_.cluster - 1 - i : i);
  return moved || pass_cluster();
}

// As far as it comes without the others of its cluster.
bool Emulator::run_block(unsigned rank) {
  Block& running = blocks_[rank];
  if (running.ended == count_) return false;
  if (!std::exchange(running.begun, true)) memories_[rank]->begin(work_.shared_bytes);
  const size_t begin = rank * count_, end = begin + count_;
  bool moved = false, again = true;
  while (again && running.ended < count_) {
    again = false;
    for (size_t i = 0; i < count_; i += kWarpgroup) {
      const size_t first = begin + (reversed_ ? (count_ - 1 - i) / kWarpgroup * kWarpgroup : i);
      again |= run_warpgroup(first, std::min(end, first + kWarpgroup));
    }
    again = again || pass_barrier(begin, end);
    moved |= again;
  }
  if (running.ended == count_) {
    memories_[rank]->end();
    ++ended_;
  }
  return moved;
}

// Each warp goes as far as it can before the next begins.
bool Emulator::run_warpgroup(size_t first, size_t end) {
  bool moved = false, again = true;
  while (again) {
    again = false;
    for (size_t warp = first; warp < end; warp += kWarp)
      while (run_threads(warp, std::min(end, warp + kWarp)) | execute_together(warp, end, kWarp)) again = true;
    again = execute_together(first, end, kWarpgroup) || again;
    moved = moved || again;
  }
  return moved;
}

bool Emulator::run_threads(size_t first, size_t end) {
  bool moved = false;
  for (size_t i = first; i < end; ++i) {
    Thread& next = *all_[reversed_ ? first + end - 1 - i : i];
    if (next.waits != Waits::Not) continue;
    resume(next);
    moved = true;
  }
  return moved;
}

// An instruction of so many lanes, when all have come to it.
bool Emulator::execute_together(size_t first, size_t end, size_t lanes) {
  const Thread& leader = *all_[first];
  if (leader.waits != Waits::ForOthers || static_cast<size_t>(leader.instruction->lanes) != lanes) return false;
  end = std::min(end, first + lanes);
  std::vector<Lane*> group;
  for (size_t i = first; i < end; ++i) {
    Thread& member = *all_[i];
    if (member.waits != Waits::ForOthers) return false;
    if (member.instruction != leader.instruction)
      throw Fault(
          fmt::format("lanes execute '{}' and '{}' at once", leader.instruction->name, member.instruction->name));
    group.push_back(&member.lane);
  }
  leader.instruction->execute(group, reads_);
  for (size_t i = first; i < end; ++i) all_[i]->waits = Waits::Not;
  return true;
}

// Of threads that have not all ended.
bool Emulator::pass_barrier(size_t first, size_t end) {
  for (size_t i = first; i < end; ++i)
    if (all_[i]->waits != Waits::AtBarrier && all_[i]->waits != Waits::Ended) return false;
  for (size_t i = first; i < end; ++i)
    if (all_[i]->waits == Waits::AtBarrier) all_[i]->waits = Waits::Not;
  return true;
}

// Those go on whom all that have not ended have followed to the barrier.
bool Emulator::pass_cluster() {
  size_t arrivals = SIZE_MAX;
  for (size_t i = 0; i < count_ * work_.cluster; ++i)
    if (all_[i]->waits != Waits::Ended) arrivals = std::min(arrivals, all_[i]->arrivals);
  bool moved = false;
  for (size_t i = 0; i < count_ * work_.cluster; ++i) {
    Thread& next = *all_[i];
    if (next.waits != Waits::ForCluster || next.arrivals > arrivals) continue;
    next.waits = Waits::Not;
    next.arrived = false;
    moved = true;
  }
  return moved;
}

void Emulator::resume(Thread& next) {
  running_ = &next;
  thread = next.index;
  block = {first_.x + next.rank, first_.y, first_.z};
  shared = memories_[next.rank]->data();
  if (_setjmp(scheduler_->place) == 0) {
    if (next.begun) _longjmp(next.place, 1);
    next.begun = true;
    setcontext(&next.context);
  }
  if (!fault_.empty()) throw Fault(std::exchange(fault_, {}));
}

void Emulator::suspend() {
  if (_setjmp(running_->place) == 0) _longjmp(scheduler_->place, 1);
}

void Emulator::enter(unsigned low, unsigned high) {
  auto& self = *reinterpret_cast<Emulator*>(uintptr_t{low} | uintptr_t{high} << 32);
  self.work_.kernel->run(reinterpret_cast<const unsigned long long*>(self.work_.arguments.data()));
  // What is still under way arrives, whoever has that memory by then.
  for (const auto& group : self.running_->lane.groups)
    for (const Copy& copy : group) copy.make();
  self.running_->waits = Waits::Ended;
  ++self.blocks_[self.running_->rank].ended;
  self.suspend();
}

void Emulator::take_instruction(Host& host, const char* text, tn_emulator::Word* words, int count) {
  auto& self = static_cast<Emulator&>(host);
  Thread& running = *self.running_;
  try {
    const Instruction*& known = self.known_[text];
    if (!known) known = &find_instruction(text);
    running.instruction = known;
    running.lane.words = {words, static_cast<size_t>(count)};
    const Grid grid = running.instruction->grid;
    self.lets_next_start_ |= grid == Grid::LetsNextStart;
    if (grid == Grid::Waits && !self.earlier_have_ended_) {
      running.waits = Waits::ForEarlierKernels;
      return self.suspend();
    }
    if (known->cluster != Cluster::Nothing) return self.take_cluster(known->cluster);
    if (running.instruction->lanes == 1) {
      Lane* const lane = &running.lane;
      running.instruction->execute({&lane, 1}, self.reads_);
      return;
    }
    running.waits = Waits::ForOthers;
  } catch (const Fault& fault) {
    self.fault_ = fault.what();
  }
  self.suspend();
}

void Emulator::take_cluster(Cluster what) {
  const bool arrives = what == Cluster::Arrives;
  if (running_->arrived == arrives) throw Fault("arriving at a cluster's barrier and waiting for it take turns");
  if (arrives) {
    running_->arrived = true;
    ++running_->arrivals;
    return;
  }
  running_->waits = Waits::ForCluster;
  suspend();
}

void Emulator::take_barrier(Host& host) {
  auto& self = static_cast<Emulator&>(host);
  self.running_->waits = Waits::AtBarrier;
  self.suspend();
}

}  // namespace tn::test
