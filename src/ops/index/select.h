// SPDX-License-Identifier: Apache-2.0
// Operators that pick, order or mask elements by position.
#pragma once

#include "ops/definition.h"
#include "ops/index/reference/select.h"

namespace tn::ops {

/// Inputs: indices, depth, values [off, on].
struct OneHot final : OpBase<OneHot, Referenced>, OneHotAttributes {
  static constexpr std::string_view kName = "OneHot";
  using OneHotAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: data, k. Outputs: values, indices (i64). Equal values come in the order of their indices.
struct TopK final : OpBase<TopK, Referenced>, TopKAttributes {
  static constexpr std::string_view kName = "TopK";
  using TopKAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: data, axis.
struct CumSum final : OpBase<CumSum, Referenced>, CumulateAttributes {
  static constexpr std::string_view kName = "CumSum";
  using CumulateAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override { return {context.type(0)}; }
};

/// Inputs: data, axis.
struct CumProd final : OpBase<CumProd, Referenced>, CumulateAttributes {
  static constexpr std::string_view kName = "CumProd";
  using CumulateAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override { return {context.type(0)}; }
};

/// Inputs: matrices, k (optional): keeps what lies on and above (or below) the k-th diagonal.
struct Trilu final : OpBase<Trilu, Referenced>, TriluAttributes {
  static constexpr std::string_view kName = "Trilu";
  using TriluAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

struct EyeLike final : OpBase<EyeLike, Referenced>, EyeLikeAttributes {
  static constexpr std::string_view kName = "EyeLike";
  using EyeLikeAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: data, lengths [batch]: the first `length` steps of each sequence are reversed.
struct ReverseSequence final : OpBase<ReverseSequence, Referenced>, ReverseSequenceAttributes {
  static constexpr std::string_view kName = "ReverseSequence";
  using ReverseSequenceAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

}  // namespace tn::ops
