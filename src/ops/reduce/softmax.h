// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/reduce/reference/softmax.h"

namespace tn::ops {

/// Normalises along one axis; the type and shape stay.
struct AlongAxis : Referenced, AxisAttributes {
  std::vector<TensorType> infer(const InferContext& context) const override;
};

struct Softmax final : OpBase<Softmax, AlongAxis> {
  static constexpr std::string_view kName = "Softmax";
  using AxisAttributes::fields;
};
struct LogSoftmax final : OpBase<LogSoftmax, AlongAxis> {
  static constexpr std::string_view kName = "LogSoftmax";
  using AxisAttributes::fields;
};
struct Hardmax final : OpBase<Hardmax, AlongAxis> {
  static constexpr std::string_view kName = "Hardmax";
  using AxisAttributes::fields;
};

}  // namespace tn::ops
