// SPDX-License-Identifier: Apache-2.0
#include "ops/norm/row_moments.h"

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> RowMoments::infer(const InferContext& context) const {
  TensorType moments = context.type(0);
  model_check(is_float(moments.type) && moments.rank() >= 1, "X is {}", to_string(moments));
  const auto columns = moments.dims.back().constant();
  model_check(group > 0 && columns && *columns % group == 0, "the rows of {} are not groups of {}", to_string(moments),
              group);
  moments.dims.back() = *columns / group;
  moments.dims.emplace_back(2);
  return {std::move(moments)};
}

std::vector<int32_t> RowMoments::decompose(Graph& graph, std::string_view name, std::span<const int32_t> inputs) const {
  NodeView node = decomposition_view(graph, name);
  Dims dims = node.type(inputs[0]).dims;
  dims.back() = *dims.back().constant() / group;
  dims.emplace_back(group);
  const TensorId groups = reshape(node, inputs[0], dims);
  const TensorId squares = compose(node, "Mul", {groups, groups});
  return {concat(node, {reduce(node, "Sum", groups, {-1}), reduce(node, "Sum", squares, {-1})}, -1)};
}

namespace {

constexpr std::string_view kCases[] = {"RowMoments(f32[2,3,64])", "RowMoments(f32[5,36]) {group=12}"};

}  // namespace

extern const OpEntry row_moments_entry = {RowMoments::kName, make_op<RowMoments>, {}, kCases};

}  // namespace tn::ops
