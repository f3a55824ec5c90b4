// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/recording.h"

#include <algorithm>

namespace tn::cuda {
namespace {

bool same_kind(const Recording::Call& a, const Recording::Call& b) {
  return a.kind == b.kind && a.function == b.function && a.library == b.library && a.block == b.block &&
         a.shared_bytes == b.shared_bytes && a.cluster == b.cluster && a.overlaps == b.overlaps &&
         a.argument_count == b.argument_count;
}

}  // namespace

Status Recording::launch(const Launch& launch) noexcept {
  if (std::find(launch.grid.begin(), launch.grid.end(), 0u) != launch.grid.end()) return {};
  Call call;
  call.function = launch.function;
  call.grid = launch.grid;
  call.block = launch.block;
  call.shared_bytes = launch.shared_bytes;
  call.cluster = launch.cluster;
  call.overlaps = launch.overlaps;
  return add(call, launch.arguments);
}

Status Recording::call(const LibraryCall& library, std::span<const uint64_t> arguments) noexcept {
  Call call;
  call.kind = Kind::Library;
  call.library = &library;
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

Status Recording::add(Call call, std::span<const uint64_t> arguments) noexcept {
  try {
    call.first_argument = arguments_.size();
    call.argument_count = arguments.size();
    arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
    calls_.push_back(call);
  } catch (const std::bad_alloc&) {
    return Status::failure(ErrorCode::OutOfMemory, "no memory to record a graph");
  }
  return {};
}

Status Recording::synchronize() noexcept {
  return Status::failure(ErrorCode::Internal, "internal error: waiting for a queue that only records");
}

void Recording::clear() noexcept {
  calls_.clear();
  arguments_.clear();
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
