// SPDX-License-Identifier: Apache-2.0
// Reference kernels: the definitions of operators that have no expression, as plain functions over tensor views, linked
// into the runtime as the kernels of last resort. This and ops/**/reference/ see base, program, device and dataset.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/fields.h"
#include "base/tensor_view.h"

namespace tn::ops {

/// A reference kernel with its attributes bound. Views may be strided; an absent optional operand has data == nullptr.
/// Output views have their final shapes. Computes in double (int64 for integers). May throw Error on bad values
/// (an index out of range). Shapes and attributes that do not fit each other give Error or other numbers, no more, if
/// the operands are bounded and as many as ReferenceEntry::operands says.
using ReferenceKernel = std::function<void(std::span<const TensorView> inputs, std::span<const TensorView> outputs)>;

/// Shapes of the outputs where values of the inputs decide them (InferContext::unknown).
using ExtentFunction = std::function<void(std::span<const TensorView> inputs, std::span<Shape> outputs)>;

/// The fewest operands that a reference takes.
struct OperandCount {
  size_t inputs = 1, outputs = 1;
};

struct ReferenceEntry {
  std::string_view name;  ///< the operator's name
  OperandCount operands;
  /// Decodes the attributes a plan stores. Throws Error(InvalidEngine).
  ReferenceKernel (*make)(std::span<const std::byte> attributes);
  /// Null where the type rule always tells the shapes.
  ExtentFunction (*make_extents)(std::span<const std::byte> attributes) = nullptr;
};

/// Entry for `void function(const Attributes&, inputs, outputs)`.
template <typename Attributes,
          void (*function)(const Attributes&, std::span<const TensorView>, std::span<const TensorView>)>
constexpr ReferenceEntry make_reference(std::string_view name, OperandCount operands = {}) {
  return {name, operands, [](std::span<const std::byte> bytes) -> ReferenceKernel {
            return [attributes = decode_fields<Attributes>(bytes)](std::span<const TensorView> inputs,
                                                                   std::span<const TensorView> outputs) {
              function(attributes, inputs, outputs);
            };
          }};
}

/// The same with `void extents(const Attributes&, inputs, shapes of the outputs)`.
template <typename Attributes,
          void (*function)(const Attributes&, std::span<const TensorView>, std::span<const TensorView>),
          void (*extents)(const Attributes&, std::span<const TensorView>, std::span<Shape>)>
constexpr ReferenceEntry make_reference_with_extents(std::string_view name, OperandCount operands = {}) {
  ReferenceEntry entry = make_reference<Attributes, function>(name, operands);
  entry.make_extents = [](std::span<const std::byte> bytes) -> ExtentFunction {
    return [attributes = decode_fields<Attributes>(bytes)](
               std::span<const TensorView> inputs, std::span<Shape> outputs) { extents(attributes, inputs, outputs); };
  };
  return entry;
}

/// Throws Error(InvalidArgument) when operands or attributes do not fit.
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::InvalidArgument, format, std::forward<Args>(args)...);
}

/// Attributes of an operator without any.
struct NoAttributes {
  template <typename V>
  void fields(V&) {}
};

/// The reference kernel of an operator, or null.
const ReferenceEntry* find_reference(std::string_view name);

}  // namespace tn::ops
