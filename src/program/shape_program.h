// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic that a plan stores: integer expressions over the symbols of dynamic dimensions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace tn {

enum class ShapeFunction : uint8_t {
  Constant,  ///< value
  Symbol,    ///< a = symbol index
  Add,
  Sub,
  Mul,
  FloorDiv,  ///< rounds towards minus infinity
  CeilDiv,   ///< rounds towards plus infinity
  Mod,       ///< sign of the divisor: a - b * FloorDiv(a, b)
  Min,
  Max,
};
inline constexpr int kShapeFunctionCount = static_cast<int>(ShapeFunction::Max) + 1;

struct ShapeInstruction {
  ShapeFunction function = ShapeFunction::Constant;
  uint32_t a = 0, b = 0;  ///< indices of earlier instructions (Symbol: a = symbol)
  int64_t value = 0;      ///< of a Constant
  bool operator==(const ShapeInstruction&) const = default;
};

struct ShapeProgram {
  static constexpr size_t kMaxInstructions = 1u << 20;

  uint32_t symbols = 0;
  std::vector<ShapeInstruction> instructions;
  std::vector<uint32_t> results;

  bool operator==(const ShapeProgram&) const = default;

  /// Throws Error(InvalidEngine) when an index is wrong.
  void verify() const;
  void encode(ByteWriter& out) const;
  /// Reads and verifies; throws Error(InvalidEngine).
  static ShapeProgram decode(ByteReader& in);

  /// Runs a verified program. `values` is scratch of instructions.size(). Fails on overflow, division by zero and sizes
  /// that do not match; `out` is unspecified then. Does not allocate.
  Status evaluate(std::span<const int64_t> symbol_values, std::span<int64_t> out,
                  std::span<int64_t> values) const noexcept;
};

/// One function on two numbers; false on overflow and division by zero.
bool apply(ShapeFunction function, int64_t a, int64_t b, int64_t& result) noexcept;

}  // namespace tn
