// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "device/device.h"

namespace tn::cuda {

/// A queue that only remembers what it is told, in order. Memory that it has taken is kept for the next recording.
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
    size_t first_argument = 0, argument_count = 0;
    // Of a copy.
    void* to = nullptr;
    const void* from = nullptr;
    size_t bytes = 0;
  };

  Status launch(const Launch& launch) noexcept override;
  Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept override;
  Status copy(void* to, const void* from, size_t bytes) noexcept override;
  /// Fails: nothing has run.
  Status synchronize() noexcept override;
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
  Status add(Call call, std::span<const uint64_t> arguments) noexcept;

  std::vector<Call> calls_;
  std::vector<uint64_t> arguments_;
};

}  // namespace tn::cuda
