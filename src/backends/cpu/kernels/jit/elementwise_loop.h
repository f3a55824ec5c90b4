// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "backends/cpu/kernels/jit/compiled_elementwise.h"
#include "base/lane.h"
#include "base/shape.h"
#include "base/status.h"

namespace tn {

/// A scalar program over strided tensors. Everything is compiled when it is made; bind() takes the shapes of a run and
/// neither compiles nor allocates. One object serves one lane at a time.
class ElementwiseLoop {
 public:
  /// `threads`: the largest lane that will run it. `patterns`: sets of operands (bit k: operand k) that will stand
  /// still along the innermost axis; code is made for each of them, for none, and, up to two operands, for every set.
  /// Other sets work through a buffer. Throws as CompiledElementwise does.
  ElementwiseLoop(const ScalarProgram& program, std::span<const DataType> operands, std::span<const DataType> results,
                  int threads, std::span<const uint64_t> patterns = {}, ElementwiseIsa isa = best_elementwise_isa());

  /// Strides in elements, one Shape of the rank of `dims` per operand and result; operands broadcast by stride 0 and
  /// may have any other strides. Results must not have a stride of 0 where the dimension is not 1.
  Status bind(const Shape& dims, std::span<const Shape> operand_strides,
              std::span<const Shape> result_strides) noexcept;

  /// Pointers to the elements with all indices zero. A result may be an operand with the same strides and element size.
  void run(Lane& lane, const void* const* operands, void* const* results) noexcept;

  ElementwiseIsa isa() const noexcept { return variants_.front().code.isa(); }

 private:
  struct Variant {
    uint64_t pattern;
    CompiledElementwise code;
  };
  /// How an operand or result reaches the compiled code.
  enum class Access : uint8_t { Direct, Gather, Fill };
  struct Memory {
    DataType type;
    int64_t bytes = 1;  ///< per element
    int64_t inner = 1;  ///< stride along the innermost axis
    Access access = Access::Direct;
    std::array<int64_t, kMaxRank> strides{};  ///< of the other axes
  };
  struct Cursor;

  void set_axes(const Shape& dims, std::span<const Shape> operand_strides,
                std::span<const Shape> result_strides) noexcept;
  void choose_variant() noexcept;
  void run_units(int thread, int64_t begin, int64_t end, const void* const* operands, void* const* results) noexcept;
  /// Short rows go through buffers many at a time; the units are rows then.
  void run_short_rows(int thread, int64_t begin, int64_t end, const void* const* operands,
                      void* const* results) noexcept;
  void run_piece(int thread, Cursor& cursor, int64_t begin, int64_t count) noexcept;
  std::byte* buffer(int thread, size_t memory) noexcept;

  std::vector<Variant> variants_;
  std::vector<Memory> memory_;  ///< operands, then results
  size_t operands_;
  int threads_;
  std::vector<std::byte> buffers_;

  const CompiledElementwise* code_ = nullptr;
  bool short_rows_ = false;
  int rank_ = 0;  ///< of the axes outside the innermost
  std::array<int64_t, kMaxRank> dims_{};
  int64_t rows_ = 0, inner_ = 0, piece_ = 1, pieces_ = 0;
};

}  // namespace tn
