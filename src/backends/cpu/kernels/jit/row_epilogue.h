// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "backends/cpu/kernels/jit/compiled_elementwise.h"

namespace tn {

/// What an operand of a row program follows, beside operand 0, which is the row itself.
enum class RowOperandKind : uint8_t {
  Channel,  ///< one element per channel
  Pixel,    ///< a tensor of rows like the output: a residual
  Scalar,
};

/// A scalar program applied in place to the rows that a product kernel has just written. Input 0 is the row, the only
/// result replaces it.
class RowEpilogue {
 public:
  static constexpr size_t kMaxOperands = 16;
  struct Operand {
    RowOperandKind kind = RowOperandKind::Channel;
    DataType type = DataType::F32;
  };
  /// `row` is the type of the rows; `operands` are inputs 1, 2 … of the program. Throws as CompiledElementwise does.
  RowEpilogue(const ScalarProgram& program, DataType row, std::span<const Operand> operands,
              ElementwiseIsa isa = best_elementwise_isa());

  /// The operands of one run. Keep it alive and in place while rows are written; threads share it.
  class Call {
   public:
    /// data[k] points at channel 0 (Channel), at pixel 0, channel 0 (Pixel) or at the value (Scalar);
    /// pixel_strides[k] is the distance of two pixels in elements (Pixel only).
    Call(const RowEpilogue& epilogue, std::span<const void* const> data,
         std::span<const int64_t> pixel_strides) noexcept;
    /// A RowFunction (kernels/epilogue.h); `context` is the Call.
    static void apply(void* context, void* row, int64_t pixel, int64_t first_channel, int64_t count) noexcept;

   private:
    const RowEpilogue* epilogue_;
    std::array<const std::byte*, kMaxOperands> data_{};
    std::array<int64_t, kMaxOperands> pixel_bytes_{}, channel_bytes_{};
  };

 private:
  std::vector<Operand> operands_;
  CompiledElementwise code_;
};

}  // namespace tn
