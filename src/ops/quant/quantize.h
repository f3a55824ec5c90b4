// SPDX-License-Identifier: Apache-2.0
// Conversion between numbers and their quantized form, elementwise: scales and zero points are given shapes that
// broadcast to the data.
#pragma once

#include "import/node_view.h"
#include "ops/definition.h"

namespace tn::ops {

/// saturate(round(x / scale) + zero_point), halves to even; to small floats x / scale + zero_point is rounded. Inputs:
/// x, scale, optional zero point of type `to`.
struct Quantize final : OpBase<Quantize, Elementwise> {
  static constexpr std::string_view kName = "Quantize";
  DataType to = DataType::U8;
  bool saturate = true;  ///< to small floats
  bool implicit =
      false;  ///< a range permits it, the network does not ask for it: what is faster without may leave it out
  template <typename V>
  void fields(V& v) {
    v("to", to);
    v("saturate", saturate);
    v("implicit", implicit);
  }
  int arity() const override { return -1; }
  DataType result_type(std::span<const DataType> inputs) const override;
  Expr expression(std::span<const Expr> inputs) const override;
};

/// (x − zero_point) · scale. Inputs: x, scale, optional zero point of the type of x.
struct Dequantize final : OpBase<Dequantize, Elementwise> {
  static constexpr std::string_view kName = "Dequantize";
  DataType to = DataType::F32;
  bool implicit = false;  ///< as in Quantize
  template <typename V>
  void fields(V& v) {
    v("to", to);
    v("implicit", implicit);
  }
  int arity() const override { return -1; }
  DataType result_type(std::span<const DataType> inputs) const override;
  Expr expression(std::span<const Expr> inputs) const override;
};

/// How a tensor is quantized; `zero_point` may be kNone. A scale of more than one element lies along `axis`, or has the
/// rank of the data and stands for blocks of `block_size` along it.
struct Quantization {
  TensorId scale, zero_point = kNone;
  int64_t axis = 1, block_size = 0;
  bool saturate = true;
};

TensorId quantize(import::NodeView& node, TensorId x, Quantization quantization, DataType to);
TensorId dequantize(import::NodeView& node, TensorId x, Quantization quantization, DataType to = DataType::F32);

}  // namespace tn::ops
