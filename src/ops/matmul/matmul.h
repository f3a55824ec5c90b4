// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/node_view.h"
#include "ops/definition.h"
#include "ops/matmul/reference/matmul.h"

namespace tn::ops {

/// Matrix product over the last two axes; batch axes broadcast. Gemm, Einsum and the like decompose into it.
struct MatMul final : OpBase<MatMul, Referenced>, MatMulAttributes {
  static constexpr std::string_view kName = "MatMul";
  using MatMulAttributes::fields;
  MatMul() = default;
  explicit MatMul(MatMulAttributes attributes) : MatMulAttributes(attributes) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

/// NumPy's matmul, vectors included: a vector is a row on the left and a column on the right.
TensorId matmul(import::NodeView& node, TensorId a, TensorId b, MatMulAttributes attributes = {});

}  // namespace tn::ops
