// SPDX-License-Identifier: Apache-2.0
#include "ops/index/sized.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> NonZero::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  return {{DataType::I64, {x.rank(), context.unknown(0, 1, product(x.dims))}}};
}

std::vector<TensorType> Compress::infer(const InferContext& context) const {
  TensorType x = context.type(0);
  check_rank(context, 1, 1);
  model_check(context.type(1).type == DataType::Bool, "the condition is {}", to_string(context.type(1)));
  const Dim& condition = context.type(1).dims[0];
  if (flat) return {{x.type, {context.unknown(0, 0, smaller(product(x.dims), condition))}}};
  const int along = normalize_axis(axis, x.rank());
  Dim& dim = x.dims[static_cast<size_t>(along)];
  dim = context.unknown(0, along, smaller(dim, condition));
  return {std::move(x)};
}

std::vector<TensorType> Unique::infer(const InferContext& context) const {
  TensorType x = context.type(0);
  const int along = flat ? 0 : normalize_axis(axis, x.rank());
  const Dim all = flat ? product(x.dims) : x.dims[static_cast<size_t>(along)];
  const Dim count = context.unknown(0, along, all);
  if (flat)
    x.dims = {count};
  else
    x.dims[static_cast<size_t>(along)] = count;
  return {x, {DataType::I64, {count}}, {DataType::I64, {all}}, {DataType::I64, {count}}};
}

std::vector<TensorType> NonMaxSuppression::infer(const InferContext& context) const {
  check_rank(context, 0, 3);
  check_rank(context, 1, 3);
  const TensorType &boxes = context.type(0), &scores = context.type(1);
  model_check(may_equal(boxes.dims[0], scores.dims[0]) && may_equal(boxes.dims[1], scores.dims[2]) &&
                  may_equal(boxes.dims[2], 4),
              "boxes are {}, scores {}", to_string(boxes), to_string(scores));
  Dim each = scores.dims[2];
  if (!context.has(2))
    each = 0;
  else if (const auto most = known_integers(context, 2); most && most->size() == 1)
    each = smaller(each, std::max<int64_t>((*most)[0], 0));
  return {{DataType::I64, {context.unknown(0, 0, scores.dims[0] * scores.dims[1] * each), 3}}};
}

namespace {

template <typename T>
std::vector<TensorId> import_flat_or_axis(NodeView& node) {
  auto op = std::make_shared<T>();
  op->flat = !node.has("axis");
  op->axis = node.integer("axis", 0);
  if constexpr (std::is_same_v<T, Unique>) op->sorted = node.integer("sorted", 1) != 0;
  return node.add_all(std::move(op), node.inputs);
}

constexpr OnnxImporter kCompress[] = {{"Compress", 9, import_flat_or_axis<Compress>}};
constexpr OnnxImporter kNonMaxSuppression[] = {{"NonMaxSuppression", 10, import_same<NonMaxSuppression>}};
constexpr OnnxImporter kNonZero[] = {{"NonZero", 9, import_same<NonZero>}};
constexpr OnnxImporter kUnique[] = {{"Unique", 11, import_flat_or_axis<Unique>}};
constexpr std::string_view kCompressCases[] = {"Compress(f32[3,2], bool[3]{0,1,1}) {flat=false}"};
constexpr std::string_view kNonMaxSuppressionCases[] = {
    "NonMaxSuppression(f32[1,6,4], f32[1,2,6], i64[1]{3}, f32[1]{0.5}, f32[1]{0})"};
constexpr std::string_view kNonZeroCases[] = {"NonZero(bool[2,3]{1,0,1,1,0,0})"};
constexpr std::string_view kUniqueCases[] = {"Unique(i32[6]{2,1,1,3,4,3})"};

}  // namespace

extern const OpEntry compress_entry = {Compress::kName, make_op<Compress>, kCompress, kCompressCases};
extern const OpEntry non_max_suppression_entry = {NonMaxSuppression::kName, make_op<NonMaxSuppression>,
                                                  kNonMaxSuppression, kNonMaxSuppressionCases};
extern const OpEntry non_zero_entry = {NonZero::kName, make_op<NonZero>, kNonZero, kNonZeroCases};
extern const OpEntry unique_entry = {Unique::kName, make_op<Unique>, kUnique, kUniqueCases};

}  // namespace tn::ops
