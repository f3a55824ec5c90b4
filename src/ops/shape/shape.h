// SPDX-License-Identifier: Apache-2.0
// Operators whose results are extents.
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/shape.h"

namespace tn::ops {

/// "Shape": the extents of axes [start, end) as int64.
struct ShapeOf final : OpBase<ShapeOf, Referenced>, ShapeAttributes {
  static constexpr std::string_view kName = "Shape";
  using ShapeAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// The product of the extents of axes [start, end) as an int64 scalar.
struct Size final : OpBase<Size, Referenced>, ShapeAttributes {
  static constexpr std::string_view kName = "Size";
  using ShapeAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// A tensor whose elements are expressions over extents: what passes put where shape arithmetic is needed as data.
struct ShapeValue final : OpBase<ShapeValue, Symbolic> {
  static constexpr std::string_view kName = "ShapeValue";
  std::vector<std::string> dims;  ///< text of the expressions (Dim::to_string)
  bool scalar = false;            ///< one element, rank 0
  DataType type = DataType::I64;
  ShapeValue() = default;
  ShapeValue(const Dims& elements, bool is_scalar, DataType element_type = DataType::I64);
  template <typename V>
  void fields(V& v) {
    v("dims", dims);
    v("scalar", scalar);
    v("type", type);
  }
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

}  // namespace tn::ops
