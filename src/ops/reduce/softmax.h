// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/reduce/reference/softmax.h"

namespace tn::ops {

/// Normalises along one axis; the type and shape stay.
struct AlongAxis : Referenced, SoftmaxAttributes {
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

struct Softmax final : OpBase<Softmax, AlongAxis> {
  static constexpr std::string_view kName = "Softmax";
  using SoftmaxAttributes::fields;
};
struct LogSoftmax final : OpBase<LogSoftmax, AlongAxis> {
  static constexpr std::string_view kName = "LogSoftmax";
  using SoftmaxAttributes::fields;
};
struct Hardmax final : OpBase<Hardmax, AlongAxis> {
  static constexpr std::string_view kName = "Hardmax";
  using SoftmaxAttributes::fields;
};

}  // namespace tn::ops
