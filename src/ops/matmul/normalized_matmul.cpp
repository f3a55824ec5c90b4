// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul/normalized_matmul.h"

#include <algorithm>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> NormalizedMatMul::infer(const InferContext& context) const {
  const TensorType &a = context.type(0), &b = context.type(1);
  model_check(is_float(a.type) && a.rank() >= 2, "A is {}", to_string(a));
  check_rank(context, 1, 2);
  const Dim depth = unify(a.dims.back(), b.dims[transpose_b ? 1 : 0], "inner dimensions of A and B");
  for (int i = 1; i < std::min(context.inputs(), kMoments); ++i) {
    if (!context.has(i)) continue;
    check_same_type(context, 0, i);
    if (i == 1) continue;
    check_rank(context, i, 1);
    unify(context.type(i).dims[0], depth, "columns of A");
  }
  if (context.has(kMoments)) check_rank(context, kMoments, a.rank() + 1);
  Dims dims = a.dims;
  dims.back() = b.dims[transpose_b ? 0 : 1];
  std::vector<TensorType> results = {{a.type, std::move(dims)}};
  if (gives_rows) {
    TensorType of_rows = a;
    of_rows.dims.back() = 1;
    results.insert(results.end(), 2, of_rows);
  }
  return results;
}

bool NormalizedMatMul::splits_batch(const InferContext& context, const Dim& batch) const {
  return !context.has(kMoments) && only_first_has_batch(context, batch);
}

std::vector<int32_t> NormalizedMatMul::decompose(Graph& graph, std::string_view name,
                                                 std::span<const int32_t> inputs) const {
  NodeView node = decomposition_view(graph, name);
  std::vector<TensorId> rows = {inputs[0], inputs[2]};
  if (inputs.size() > 3 && inputs[3] != kNone) rows.push_back(inputs[3]);
  const TensorId normalized =
      compose(node, "LayerNormalization", std::move(rows), {{"axis", int64_t{-1}}, {"epsilon", epsilon}});
  std::vector<TensorId> results = {matmul(node, normalized, inputs[1], *this)};
  if (gives_rows) {
    const TensorId mean = reduce(node, "Mean", inputs[0], {-1}), centered = compose(node, "Sub", {inputs[0], mean});
    const TensorId variance = reduce(node, "Mean", compose(node, "Mul", {centered, centered}), {-1});
    const TensorId room = compose(node, "Add", {variance, scalar_like(node, epsilon, variance)});
    const TensorId factor = compose(node, "Reciprocal", {compose(node, "Sqrt", {room})});
    results.push_back(factor);
    results.push_back(compose(node, "Neg", {compose(node, "Mul", {mean, factor})}));
  }
  return results;
}

namespace {

constexpr std::string_view kCases[] = {
    "NormalizedMatMul(f32[2,3,40], f32[40,9], f32[40], f32[40])",
    "NormalizedMatMul(f32[5,33], f32[7,33], f32[33]) {transpose_b=true, epsilon=0.01}",
    "NormalizedMatMul(f16[4,64], f16[64,24], f16[64], f16[64])",
    "NormalizedMatMul(f32[2,3,40], f32[40,9], f32[40], f32[40]) {gives_rows=true}",
};

}  // namespace

extern const OpEntry normalized_matmul_entry = {NormalizedMatMul::kName, make_op<NormalizedMatMul>, {}, kCases};

}  // namespace tn::ops
