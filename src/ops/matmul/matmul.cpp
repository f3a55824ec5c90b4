// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul/matmul.h"

#include <array>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> MatMul::infer(const InferContext& context) const {
  const TensorType &a = context.type(0), &b = context.type(1);
  model_check(a.rank() >= 2 && b.rank() >= 2, "A is {} and B is {}; both need rank 2 or more", to_string(a),
              to_string(b));
  check_same_type(context, 0, 1);
  const auto extent = [](const TensorType& type, bool last) { return type.dims[type.dims.size() - (last ? 1 : 2)]; };
  model_check(may_equal(extent(a, !transpose_a), extent(b, transpose_b)), "inner dimensions differ; A is {}, B is {}",
              to_string(a), to_string(b));
  Dims dims = broadcast({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
  dims.push_back(extent(a, transpose_a));
  dims.push_back(extent(b, !transpose_b));
  return {{a.type, std::move(dims)}};
}

bool MatMul::splits_batch(const InferContext& context, const Dim& batch) const {
  const bool stacks = context.type(0).rank() > 2 || context.type(1).rank() > 2;
  return stacks ? batches_align(context, batch) : only_first_has_batch(context, batch);
}

TensorId matmul(NodeView& node, TensorId a, TensorId b, MatMulAttributes attributes) {
  constexpr std::array<int64_t, 1> kFirst = {0}, kLast = {-1}, kSecondLast = {-2};
  const bool row = node.type(a).rank() == 1, column = node.type(b).rank() == 1;
  if (row) a = unsqueeze(node, a, kFirst), attributes.transpose_a = false;
  if (column) b = unsqueeze(node, b, kLast), attributes.transpose_b = false;
  TensorId y = node.add(std::make_shared<MatMul>(attributes), {a, b});
  if (column) y = squeeze(node, y, kLast);
  if (row) y = squeeze(node, y, column ? kLast : kSecondLast);
  return y;
}

namespace {

std::vector<TensorId> import_matmul(NodeView& node) {
  return {matmul(node, node.input(0), node.input(1))};
}

TensorId scaled(NodeView& node, TensorId x, double factor) {
  return factor == 1 ? x : compose(node, "Mul", {x, scalar_like(node, factor, x)});
}

// alpha · A · B + beta · C
std::vector<TensorId> import_gemm(NodeView& node) {
  model_check(node.type(node.input(0)).rank() == 2 && node.type(node.input(1)).rank() == 2,
              "A is {} and B is {}; both need rank 2", to_string(node.type(node.input(0))),
              to_string(node.type(node.input(1))));
  const TensorId product =
      matmul(node, node.input(0), node.input(1), {node.integer("transA", 0) != 0, node.integer("transB", 0) != 0});
  const TensorId left = scaled(node, product, node.number("alpha", 1));
  const double beta = node.number("beta", 1);
  if (!node.has_input(2) || beta == 0) return {left};
  return {compose(node, "Add", {left, scaled(node, node.input(2), beta)})};
}

constexpr OnnxImporter kOnnx[] = {{"MatMul", 1, import_matmul}, {"Gemm", 1, import_gemm}};
constexpr std::string_view kCases[] = {
    "MatMul(f32[5,7], f32[7,3])",
    "MatMul(f32[2,3,17,33], f32[3,33,9])",
    "MatMul(f32[2,1,5,7], f32[2,4,3,7]) {transpose_b=true}",
    "MatMul(f32[7,5], f32[7,3]) {transpose_a=true}",
    "MatMul(f16[8,64], f16[64,16])",
    "MatMul(i32[4,5], i32[5,6])",
};

}  // namespace

extern const OpEntry matmul_entry = {MatMul::kName, make_op<MatMul>, kOnnx, kCases};

}  // namespace tn::ops
