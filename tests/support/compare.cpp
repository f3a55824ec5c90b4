// SPDX-License-Identifier: Apache-2.0
#include "support/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tn::test {

Tolerance tolerance_for(DataType type) {
  switch (type) {
    case DataType::F64:
      return {1e-7, 1e-6};
    case DataType::F32:
      return {1e-5, 1e-3};
    case DataType::F16:
      return {2e-3, 5e-3};
    case DataType::BF16:
      return {1e-2, 2e-2};
    default:
      return {0, 0};
  }
}

namespace {

// The most products that one element of a result sums.
int64_t terms_of_products(const Graph& graph) {
  int64_t most = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool conv = node.op->name() == "Conv";
    if (!conv && node.op->name() != "MatMul") continue;
    const auto dims = graph.tensor(node.inputs[conv ? 1 : 0]).type.static_shape();
    if (!dims || dims->elements() == 0) continue;
    most = std::max(most, conv ? dims->elements() / (*dims)[0] : (*dims)[dims->rank() - 1]);
  }
  return most;
}

}  // namespace

Tolerance tolerance_for(DataType type, const Graph& graph) {
  Tolerance tolerance = tolerance_for(type);
  if (type == DataType::F16) tolerance.absolute += std::ldexp(static_cast<double>(terms_of_products(graph)), -12);
  return tolerance;
}

std::string difference(const TensorView& result, const TensorView& expected, const Tolerance& tolerance) {
  if (!(result.dims == expected.dims)) {
    return fmt::format("shape {} instead of {}", to_string(result.dims), to_string(expected.dims));
  }
  double worst = 0;
  std::string text;
  for (Walk walk(result.dims, {result.strides, expected.strides}); walk.more(); walk.next()) {
    const double a = load_double(result, walk.offset(0)), b = load_double(expected, walk.offset(1));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double excess = std::fabs(a - b) / (tolerance.absolute + tolerance.relative * std::fabs(b));
    if (excess <= worst && !std::isnan(excess)) continue;
    if (excess <= 1) continue;
    worst = excess;
    text = fmt::format("at {}: {} instead of {}", to_string(walk.index()), a, b);
    if (std::isnan(excess)) break;
  }
  return text;
}

}  // namespace tn::test
