// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/matmul/reference/matmul.h"

namespace tn::ops {

/// LayerNormalization of the rows of A, then a product: norm(A; scale, bias) · B. Made while building for kernels that
/// take the normalization into the product. Inputs: A […,M,K], B [K,N], scale [K], optional bias [K], optional moments
/// of A (RowMoments, f32), which say nothing new but spare their making; A is not transposed. With `gives_rows` there
/// are two more results, both […,M,1]: of each row 1 / √(variance + epsilon), and −mean times that, so that norm(A) is
/// (A · first + second) · scale + bias.
struct NormalizedMatMul final : OpBase<NormalizedMatMul, Decomposed>, MatMulAttributes {
  static constexpr std::string_view kName = "NormalizedMatMul";
  double epsilon = 1e-5;
  bool gives_rows = false;
  static constexpr int kMoments = 4;  ///< the input
  template <typename V>
  void fields(V& v) {
    v("transpose_b", transpose_b);
    v("epsilon", epsilon);
    v("gives_rows", gives_rows);
  }
  NormalizedMatMul() = default;
  NormalizedMatMul(bool transposes_b, double eps, bool rows)
      : MatMulAttributes{false, transposes_b}, epsilon(eps), gives_rows(rows) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::vector<int32_t> decompose(Graph& graph, std::string_view name, std::span<const int32_t> inputs) const override;
};

}  // namespace tn::ops
