// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/recording.h"

#include <algorithm>
#include <functional>

namespace tn::cuda {
namespace {

bool same_kind(const Recording::Call& a, const Recording::Call& b) {
  return a.kind == b.kind && a.function == b.function && a.library == b.library && a.block == b.block &&
         a.shared_bytes == b.shared_bytes && a.cluster == b.cluster && a.overlaps == b.overlaps &&
         a.argument_count == b.argument_count;
}

bool overlap(MemoryRange a, MemoryRange b) {
  const std::less<> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

}  // namespace

size_t Recording::ended_before(const Call& next) const {
  if (calls_.empty() || !next.overlaps || calls_.back().kind != Kind::Launch) return calls_.size();
  return calls_.back().reads_early ? ended_ : calls_.size() - 1;
}

bool Recording::is_written(MemoryRange range, size_t first_call) const {
  return std::any_of(calls_.begin() + static_cast<std::ptrdiff_t>(first_call), calls_.end(), [&](const Call& call) {
    const auto writes = std::span(writes_).subspan(call.first_write, call.write_count);
    return call.writes_anywhere ||
           std::ranges::any_of(writes, [&](MemoryRange written) { return overlap(written, range); });
  });
}

Status Recording::record(const Launch& launch, bool writes_anywhere, std::span<const MemoryRange> writes,
                         MemoryRange reads_early) noexcept {
  if (std::find(launch.grid.begin(), launch.grid.end(), 0u) != launch.grid.end()) return {};
  Call call;
  call.function = launch.function;
  call.grid = launch.grid;
  call.block = launch.block;
  call.shared_bytes = launch.shared_bytes;
  call.cluster = launch.cluster;
  call.overlaps = launch.overlaps;
  call.writes_anywhere = writes_anywhere;
  return add(call, launch.arguments, writes, reads_early);
}

Status Recording::call(const LibraryCall& library, std::span<const uint64_t> arguments) noexcept {
  Call call;
  call.kind = Kind::Library;
  call.library = &library;
  call.writes_anywhere = true;
  return add(call, arguments);
}

Status Recording::copy(void* to, const void* from, size_t bytes) noexcept {
  if (bytes == 0) return {};
  Call call;
  call.kind = Kind::Copy;
  call.to = to;
  call.from = from;
  call.bytes = bytes;
  return add(call, {});
}

Status Recording::add(Call call, std::span<const uint64_t> arguments, std::span<const MemoryRange> writes,
                      MemoryRange reads_early) noexcept {
  try {
    call.first_argument = arguments_.size();
    call.argument_count = arguments.size();
    call.first_write = writes_.size();
    call.write_count = writes.size();
    const size_t ended = ended_before(call);
    call.reads_early = call.overlaps && !reads_early.empty() && !is_written(reads_early, ended);
    arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
    if (call.reads_early) arguments_.back() = 1;
    writes_.insert(writes_.end(), writes.begin(), writes.end());
    calls_.push_back(call);
    ended_ = ended;
  } catch (const std::bad_alloc&) {
    return Status::failure(ErrorCode::OutOfMemory, "no memory to record a graph");
  }
  return {};
}

Status Recording::wait(const Event&) noexcept {
  return Status::failure(ErrorCode::Internal, "internal error: an event in a recording");
}

Status Recording::call_host(void (*)(void*), void*) noexcept {
  return Status::failure(ErrorCode::Internal, "internal error: a function of the host in a recording");
}

Status Recording::synchronize() noexcept {
  return Status::failure(ErrorCode::Internal, "internal error: waiting for a queue that only records");
}

void Recording::clear() noexcept {
  calls_.clear();
  arguments_.clear();
  writes_.clear();
}

bool Recording::same_sequence(const Recording& other) const noexcept {
  return std::equal(calls_.begin(), calls_.end(), other.calls_.begin(), other.calls_.end(), same_kind);
}

bool Recording::same_call(const Recording& other, size_t i) const noexcept {
  const Call &a = calls_[i], &b = other.calls_[i];
  return same_kind(a, b) && a.grid == b.grid && a.to == b.to && a.from == b.from && a.bytes == b.bytes &&
         std::ranges::equal(arguments(a), other.arguments(b));
}

}  // namespace tn::cuda
