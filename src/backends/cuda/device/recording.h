// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "device/device.h"

namespace tn::cuda {

using MemoryRange = std::span<const std::byte>;

/// A queue that only remembers what it is told, in order. Memory that it has taken is kept for the next recording.
///
/// It also finds the calls that may read an input before they wait for earlier ones. A call starts when the one before
/// it has let it: behind its own wait, so that all calls before that one have ended; or, if that one reads early, when
/// that one itself may start. What has ended has waited for all before it.
class Recording final : public Queue {
 public:
  enum class Kind : uint8_t { Launch, Copy, Library };
  struct Call {
    Kind kind = Kind::Launch;
    // Of a launch or a library; arguments are told by arguments().
    void* function = nullptr;
    const LibraryCall* library = nullptr;
    std::array<uint32_t, 3> grid{}, block{};
    uint32_t shared_bytes = 0, cluster = 1;
    bool overlaps = false;
    bool reads_early = false;  ///< before it waits, see above
    size_t first_argument = 0, argument_count = 0;
    bool writes_anywhere = false;
    size_t first_write = 0, write_count = 0;
    // Of a copy.
    void* to = nullptr;
    const void* from = nullptr;
    size_t bytes = 0;
  };

  /// Of a call that may write anywhere.
  Status launch(const Launch& launch) noexcept override { return record(launch, true, {}, {}); }
  /// Of one that writes nowhere else. If `reads_early` is not empty and no call that may still run writes there, the
  /// last argument becomes 1.
  Status launch(const Launch& launch, std::span<const MemoryRange> writes, MemoryRange reads_early) noexcept {
    return record(launch, false, writes, reads_early);
  }
  Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept override;
  Status copy(void* to, const void* from, size_t bytes) noexcept override;
  /// These fail: a graph has launches and copies only, and nothing has run.
  Status wait(const Event& event) noexcept override;
  Status call_host(void (*function)(void*), void* argument) noexcept override;
  Status synchronize() noexcept override;
  void set_spin(bool) noexcept override {}
  bool idle() noexcept override { return true; }

  void clear() noexcept;
  const std::vector<Call>& calls() const { return calls_; }
  std::span<const uint64_t> arguments(const Call& call) const {
    return std::span(arguments_).subspan(call.first_argument, call.argument_count);
  }
  /// Whether the calls differ in nothing but grids, arguments, addresses and sizes.
  bool same_sequence(const Recording& other) const noexcept;
  /// Whether call `i` of both is alike in everything.
  bool same_call(const Recording& other, size_t i) const noexcept;

 private:
  Status record(const Launch& launch, bool writes_anywhere, std::span<const MemoryRange> writes,
                MemoryRange reads_early) noexcept;
  Status add(Call call, std::span<const uint64_t> arguments, std::span<const MemoryRange> writes = {},
             MemoryRange reads_early = {}) noexcept;
  /// Of the first calls, so many have ended when `next` starts.
  size_t ended_before(const Call& next) const;
  bool is_written(MemoryRange range, size_t first_call) const;

  std::vector<Call> calls_;
  std::vector<uint64_t> arguments_;
  std::vector<MemoryRange> writes_;
  size_t ended_ = 0;  ///< first calls that have ended when the latest starts
};

}  // namespace tn::cuda
