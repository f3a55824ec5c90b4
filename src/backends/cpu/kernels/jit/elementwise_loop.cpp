// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/elementwise_loop.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace tn {

namespace {

constexpr int64_t kBufferElements = 512;
constexpr int64_t kBufferBytes = kBufferElements * 8;
constexpr int64_t kMaxPiece = 16384;  ///< elements of a row that one thread takes at a time
constexpr int64_t kMinPiece = 2048;
constexpr int64_t kShortRow = 48;        ///< up to so many elements a call of the compiled code costs more than a copy
constexpr int64_t kShortDenseRow = 128;  ///< and up to so many where the elements of every operand's row adjoin
constexpr int64_t kParallel = 8192;      ///< fewer elements than this stay on the calling thread
constexpr size_t kAllPatternsUpTo = 2;   ///< operands
constexpr size_t kMaxMemory = ScalarProgram::kMaxInputs + ScalarProgram::kMaxResults;

template <typename T>
void gather(const std::byte* from, int64_t stride, std::byte* to, int64_t count) {
  const auto* source = reinterpret_cast<const T*>(from);
  auto* target = reinterpret_cast<T*>(to);
  if (stride == 1) {
    std::copy_n(source, count, target);
    return;
  }
  for (int64_t i = 0; i < count; ++i) target[i] = source[i * stride];
}

template <typename T>
void scatter(const std::byte* from, std::byte* to, int64_t stride, int64_t count) {
  const auto* source = reinterpret_cast<const T*>(from);
  auto* target = reinterpret_cast<T*>(to);
  if (stride == 1) {
    std::copy_n(source, count, target);
    return;
  }
  for (int64_t i = 0; i < count; ++i) target[i * stride] = source[i];
}

template <typename Function>
void with_word(int64_t bytes, Function&& function) {
  switch (bytes) {
    case 1:
      return function(uint8_t{});
    case 2:
      return function(uint16_t{});
    case 4:
      return function(uint32_t{});
    default:
      return function(uint64_t{});
  }
}

}  // namespace

/// Position outside the innermost axis, with the address of every operand and result there.
struct ElementwiseLoop::Cursor {
  std::array<int64_t, kMaxRank> index{};
  std::array<std::byte*, kMaxMemory> at;
  std::array<const std::byte*, kMaxMemory> filled;  ///< the element that a Fill buffer repeats now

  Cursor(const ElementwiseLoop& loop, int64_t row, const void* const* operands, void* const* results) {
    for (size_t m = 0; m < loop.memory_.size(); ++m) {
      const void* base = m < loop.operands_ ? operands[m] : results[m - loop.operands_];
      at[m] = static_cast<std::byte*>(const_cast<void*>(base));
      filled[m] = nullptr;
    }
    for (int axis = loop.rank_ - 1; axis >= 0; --axis) {
      const auto a = static_cast<size_t>(axis);
      index[a] = row % loop.dims_[a];
      row /= loop.dims_[a];
      for (size_t m = 0; m < loop.memory_.size(); ++m)
        at[m] += index[a] * loop.memory_[m].strides[a] * loop.memory_[m].bytes;
    }
  }

  void next(const ElementwiseLoop& loop) {
    for (int axis = loop.rank_ - 1; axis >= 0; --axis) {
      const auto a = static_cast<size_t>(axis);
      const int64_t steps = ++index[a] < loop.dims_[a] ? 1 : 1 - loop.dims_[a];
      for (size_t m = 0; m < loop.memory_.size(); ++m)
        at[m] += steps * loop.memory_[m].strides[a] * loop.memory_[m].bytes;
      if (steps == 1) return;
      index[a] = 0;
    }
  }

  /// next() for `count` rows that lie on the last axis.
  void skip(const ElementwiseLoop& loop, int64_t count) {
    const auto a = static_cast<size_t>(loop.rank_ - 1);
    index[a] += count - 1;
    for (size_t m = 0; m < loop.memory_.size(); ++m)
      at[m] += (count - 1) * loop.memory_[m].strides[a] * loop.memory_[m].bytes;
    next(loop);
  }
};

ElementwiseLoop::ElementwiseLoop(const ScalarProgram& program, std::span<const DataType> operands,
                                 std::span<const DataType> results, int threads, std::span<const uint64_t> patterns,
                                 ElementwiseIsa isa)
    : operands_(operands.size()), threads_(threads) {
  for (const DataType type : operands) memory_.push_back({type, static_cast<int64_t>(size_of(type))});
  for (const DataType type : results) memory_.push_back({type, static_cast<int64_t>(size_of(type))});
  std::vector<uint64_t> wanted = {0};
  wanted.insert(wanted.end(), patterns.begin(), patterns.end());
  if (operands.size() <= kAllPatternsUpTo)
    for (uint64_t pattern = 1; pattern < uint64_t{1} << operands.size(); ++pattern) wanted.push_back(pattern);
  for (const uint64_t pattern : wanted) {
    if (std::any_of(variants_.begin(), variants_.end(), [&](const Variant& v) { return v.pattern == pattern; }))
      continue;
    std::vector<CompiledElementwise::Operand> kinds;
    for (size_t k = 0; k < operands.size(); ++k)
      kinds.push_back({operands[k], (pattern >> k & 1) != 0 ? InnerStride::Broadcast : InnerStride::Contiguous});
    variants_.push_back({pattern, CompiledElementwise(program, kinds, results, isa)});
  }
  // A set that is contained in another comes after it, so that the first that fits leaves least to buffers.
  std::stable_sort(variants_.begin(), variants_.end(), [](const Variant& a, const Variant& b) {
    return std::popcount(a.pattern) > std::popcount(b.pattern);
  });
  buffers_.resize(static_cast<size_t>(threads) * memory_.size() * kBufferBytes);
}

std::byte* ElementwiseLoop::buffer(int thread, size_t memory) noexcept {
  return buffers_.data() + (static_cast<size_t>(thread) * memory_.size() + memory) * kBufferBytes;
}

Status ElementwiseLoop::bind(const Shape& dims, std::span<const Shape> operand_strides,
                             std::span<const Shape> result_strides) noexcept {
  if (operand_strides.size() != operands_ || result_strides.size() != memory_.size() - operands_)
    return Status::failure(ErrorCode::Internal,
                           "elementwise loop: {} operands and {} results bound, but it has {} and {}",
                           operand_strides.size(), result_strides.size(), operands_, memory_.size() - operands_);
  const auto same_rank = [&](const Shape& strides) { return strides.rank() == dims.rank(); };
  if (!std::all_of(operand_strides.begin(), operand_strides.end(), same_rank) ||
      !std::all_of(result_strides.begin(), result_strides.end(), same_rank))
    return Status::failure(ErrorCode::Internal, "elementwise loop: strides and dimensions differ in rank");
  set_axes(dims, operand_strides, result_strides);
  choose_variant();
  return {};
}

/// Sorts the axes by the strides of the first result, joins neighbours and splits off the innermost.
void ElementwiseLoop::set_axes(const Shape& dims, std::span<const Shape> operand_strides,
                               std::span<const Shape> result_strides) noexcept {
  const auto stride = [&](size_t m, int axis) {
    return m < operands_ ? operand_strides[m][axis] : result_strides[m - operands_][axis];
  };
  std::array<int, kMaxRank> order{};
  int rank = 0;
  for (int axis = 0; axis < dims.rank(); ++axis)
    if (dims[axis] != 1) order[static_cast<size_t>(rank++)] = axis;
  const size_t lead = memory_.size() > operands_ ? operands_ : 0;
  for (int i = 1; i < rank; ++i)  // insertion: stable and without allocation
    for (int k = i; k > 0; --k) {
      int &outer = order[static_cast<size_t>(k - 1)], &next = order[static_cast<size_t>(k)];
      if (std::abs(stride(lead, outer)) >= std::abs(stride(lead, next))) break;
      std::swap(outer, next);
    }

  rank_ = 0;
  std::array<int64_t, kMaxRank + 1> merged{};
  int axes = 0;
  std::array<std::array<int64_t, kMaxMemory>, kMaxRank> strides;
  for (int i = 0; i < rank; ++i) {
    const int axis = order[static_cast<size_t>(i)];
    bool joins = axes > 0;
    for (size_t m = 0; m < memory_.size() && joins; ++m)
      joins = strides[static_cast<size_t>(axes - 1)][m] == stride(m, axis) * dims[axis];
    if (!joins) merged[static_cast<size_t>(axes++)] = 1;
    const auto last = static_cast<size_t>(axes - 1);
    merged[last] *= dims[axis];
    for (size_t m = 0; m < memory_.size(); ++m) strides[last][m] = stride(m, axis);
  }
  inner_ = axes > 0 ? merged[static_cast<size_t>(axes - 1)] : 1;
  rows_ = 1;
  for (rank_ = 0; rank_ < axes - 1; ++rank_) {
    const auto a = static_cast<size_t>(rank_);
    dims_[a] = merged[a];
    rows_ *= merged[a];
    for (size_t m = 0; m < memory_.size(); ++m) memory_[m].strides[a] = strides[a][m];
  }
  for (size_t m = 0; m < memory_.size(); ++m)
    memory_[m].inner = axes > 0 ? strides[static_cast<size_t>(axes - 1)][m] : 1;
}

void ElementwiseLoop::choose_variant() noexcept {
  const bool dense =
      std::all_of(memory_.begin(), memory_.end(), [](const Memory& memory) { return memory.inner == 1; });
  short_rows_ = rows_ > 1 && inner_ > 0 && inner_ <= (dense ? kShortDenseRow : kShortRow);
  if (short_rows_) {
    code_ = &variants_.back().code;  // the one for contiguous operands
    pieces_ = rows_;
    for (Memory& memory : memory_) {
      const int64_t step = memory.strides[static_cast<size_t>(rank_ - 1)];
      memory.access = step == inner_ && memory.inner == 1 ? Access::Direct : step == 0 ? Access::Fill : Access::Gather;
    }
    return;
  }
  uint64_t still = 0;
  for (size_t k = 0; k < operands_; ++k)
    if (memory_[k].inner == 0) still |= uint64_t{1} << k;
  const auto variant =
      std::find_if(variants_.begin(), variants_.end(), [&](const Variant& v) { return (v.pattern & ~still) == 0; });
  code_ = &variant->code;
  bool buffered = false;
  for (size_t m = 0; m < memory_.size(); ++m) {
    Memory& memory = memory_[m];
    const bool stands = m < operands_ && memory.inner == 0;
    if (stands)
      memory.access = (variant->pattern >> m & 1) != 0 ? Access::Direct : Access::Fill;
    else
      memory.access = memory.inner == 1 ? Access::Direct : Access::Gather;
    buffered = buffered || memory.access != Access::Direct;
  }
  const int64_t share = (rows_ * inner_ / threads_ + 63) / 64 * 64;
  const int64_t piece = buffered ? kBufferElements : std::clamp(share, kMinPiece, kMaxPiece);
  piece_ = std::max<int64_t>(1, std::min(inner_, piece));
  pieces_ = rows_ * ((inner_ + piece_ - 1) / piece_);
}

void ElementwiseLoop::run(Lane& lane, const void* const* operands, void* const* results) noexcept {
  if (rows_ * inner_ < kParallel) return run_units(0, 0, pieces_, operands, results);
  lane.run([&](int thread) {
    const int64_t size = lane.size();
    run_units(thread, pieces_ * thread / size, pieces_ * (thread + 1) / size, operands, results);
  });
}

void ElementwiseLoop::run_units(int thread, int64_t begin, int64_t end, const void* const* operands,
                                void* const* results) noexcept {
  if (begin >= end) return;
  if (short_rows_) return run_short_rows(thread, begin, end, operands, results);
  const int64_t per_row = (inner_ + piece_ - 1) / piece_;
  Cursor cursor(*this, begin / per_row, operands, results);
  int64_t piece = begin % per_row;
  for (int64_t unit = begin; unit < end; ++unit) {
    const int64_t first = piece * piece_;
    run_piece(thread, cursor, first, std::min(piece_, inner_ - first));
    if (++piece < per_row) continue;
    piece = 0;
    cursor.next(*this);
  }
}

void ElementwiseLoop::run_short_rows(int thread, int64_t begin, int64_t end, const void* const* operands,
                                     void* const* results) noexcept {
  std::array<void*, kMaxMemory> pointers;
  const int64_t group = kBufferElements / inner_;
  const auto last = static_cast<size_t>(rank_ - 1);
  Cursor cursor(*this, begin, operands, results);
  for (int64_t row = begin, rows = 0; row < end; row += rows, cursor.skip(*this, rows)) {
    rows = std::min({group, end - row, dims_[last] - cursor.index[last]});
    const auto each_row = [&](size_t m, int64_t count, auto&& body) {
      const Memory& memory = memory_[m];
      for (int64_t r = 0; r < count; ++r)
        body(cursor.at[m] + r * memory.strides[last] * memory.bytes, buffer(thread, m) + r * inner_ * memory.bytes);
    };
    for (size_t m = 0; m < memory_.size(); ++m) {
      const Memory& memory = memory_[m];
      pointers[m] = memory.access == Access::Direct ? cursor.at[m] : buffer(thread, m);
      if (memory.access == Access::Direct || m >= operands_) continue;
      if (memory.access == Access::Fill && cursor.filled[m] == cursor.at[m]) continue;
      cursor.filled[m] = cursor.at[m];
      // A filled buffer serves all rows of the last axis.
      each_row(m, memory.access == Access::Fill ? group : rows, [&](const std::byte* from, std::byte* to) {
        with_word(memory.bytes, [&](auto word) { gather<decltype(word)>(from, memory.inner, to, inner_); });
      });
    }
    (*code_)(const_cast<const void* const*>(pointers.data()), pointers.data() + operands_, rows * inner_);
    for (size_t m = operands_; m < memory_.size(); ++m) {
      const Memory& memory = memory_[m];
      if (memory.access == Access::Direct) continue;
      each_row(m, rows, [&](std::byte* to, const std::byte* from) {
        with_word(memory.bytes, [&](auto word) { scatter<decltype(word)>(from, to, memory.inner, inner_); });
      });
    }
  }
}

void ElementwiseLoop::run_piece(int thread, Cursor& cursor, int64_t begin, int64_t count) noexcept {
  std::array<const void*, kMaxMemory> pointers;
  for (size_t m = 0; m < memory_.size(); ++m) {
    const Memory& memory = memory_[m];
    std::byte* at = cursor.at[m] + begin * memory.inner * memory.bytes;
    pointers[m] = memory.access == Access::Direct ? at : buffer(thread, m);
    if (memory.access == Access::Direct || m >= operands_) continue;
    if (memory.access == Access::Fill && cursor.filled[m] == at) continue;
    // A filled buffer serves every piece of its row.
    const int64_t elements = memory.access == Access::Fill ? piece_ : count;
    cursor.filled[m] = at;
    with_word(memory.bytes, [&](auto word) { gather<decltype(word)>(at, memory.inner, buffer(thread, m), elements); });
  }
  (*code_)(pointers.data(), const_cast<void* const*>(pointers.data() + operands_), count);
  for (size_t m = operands_; m < memory_.size(); ++m) {
    const Memory& memory = memory_[m];
    if (memory.access == Access::Direct) continue;
    std::byte* at = cursor.at[m] + begin * memory.inner * memory.bytes;
    with_word(memory.bytes, [&](auto word) { scatter<decltype(word)>(buffer(thread, m), at, memory.inner, count); });
  }
}

}  // namespace tn
