// SPDX-License-Identifier: Apache-2.0
#include "ops/index/select.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// A count given as a tensor of one element, of any number type.
std::optional<Dim> count_of(const InferContext& context, int input) {
  if (const Dims* value = context.value(input)) return value->size() == 1 ? std::optional((*value)[0]) : std::nullopt;
  const Constant* constant = context.constant(input);
  return constant && constant->elements() == 1 ? std::optional(Dim(constant->integer(0))) : std::nullopt;
}

}  // namespace

std::vector<TensorType> OneHot::infer(const InferContext& context) const {
  Dims dims = context.type(0).dims;
  const auto depth = count_of(context, 1);
  model_check(depth.has_value(), "the depth must be computable from the shapes of the inputs");
  model_check(context.type(2).dims == Dims{2}, "the values are {}, two are needed", to_string(context.type(2)));
  dims.insert(dims.begin() + normalize_axis(axis, static_cast<int>(dims.size()) + 1), *depth);
  return {{context.type(2).type, std::move(dims)}};
}

std::vector<TensorType> TopK::infer(const InferContext& context) const {
  TensorType values = context.type(0);
  model_check(values.rank() > 0, "a scalar has no axis");
  model_check(values.type != DataType::Bool, "{} is not a tensor of numbers", to_string(values));
  const int along = normalize_axis(axis, values.rank());
  Dim& dim = values.dims[static_cast<size_t>(along)];
  const auto count = count_of(context, 1);
  model_check(count.has_value(), "k must be computable from the shapes of the inputs");
  const bool fits = !count->is_constant() || !dim.is_constant() || *count->constant() <= *dim.constant();
  model_check(fits, "k is {}, axis {} of {} is shorter", count->to_string(), along, to_string(context.type(0)));
  dim = *count;
  return {values, {DataType::I64, values.dims}};
}

std::vector<TensorType> Trilu::infer(const InferContext& context) const {
  model_check(context.type(0).rank() >= 2, "{} is no matrix", to_string(context.type(0)));
  return {context.type(0)};
}

std::vector<TensorType> EyeLike::infer(const InferContext& context) const {
  check_rank(context, 0, 2);
  return {{dtype, context.type(0).dims}};
}

std::vector<TensorType> ReverseSequence::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  const int batch = normalize_axis(batch_axis, x.rank()), time = normalize_axis(time_axis, x.rank());
  model_check(batch != time, "batch and time are both axis {}", batch);
  check_rank(context, 1, 1);
  unify(x.dims[static_cast<size_t>(batch)], context.type(1).dims[0], "batch extents");
  return {x};
}

namespace {

// The first opset has k as an attribute.
std::vector<TensorId> import_top_k_1(NodeView& node) {
  auto op = std::make_shared<TopK>();
  op->axis = node.integer("axis", -1);
  model_check(node.has("k"), "attribute 'k' is missing");
  return node.add_all(std::move(op), {node.input(0), node.add_integers(std::vector<int64_t>{node.integer("k", 0)})});
}

std::vector<TensorId> import_eye_like(NodeView& node) {
  auto op = std::make_shared<EyeLike>();
  op->k = node.integer("k", 0);
  op->dtype = node.data_type("dtype", node.type(node.input(0)).type);
  return node.add_all(std::move(op), {node.input(0)});
}

constexpr OnnxImporter kOneHot[] = {{"OneHot", 9, import_same<OneHot>}};
constexpr OnnxImporter kTopK[] = {{"TopK", 1, import_top_k_1}, {"TopK", 10, import_same<TopK>}};
template <typename Cumulate>
std::vector<TensorId> import_cumulate(NodeView& node) {
  const TensorType& x = node.type(node.input(0));
  model_check(x.type != DataType::Bool, "{} is not a tensor of numbers", to_string(x));
  return import_same<Cumulate>(node);
}

constexpr OnnxImporter kCumSum[] = {{"CumSum", 11, import_cumulate<CumSum>}};
constexpr OnnxImporter kCumProd[] = {{"CumProd", 26, import_cumulate<CumProd>}};
constexpr OnnxImporter kTrilu[] = {{"Trilu", 14, import_same<Trilu>}};
constexpr OnnxImporter kEyeLike[] = {{"EyeLike", 9, import_eye_like}};
constexpr OnnxImporter kReverseSequence[] = {{"ReverseSequence", 10, import_same<ReverseSequence>}};
constexpr std::string_view kOneHotCases[] = {"OneHot(i64[2,2]{0,-1,7,2}, i64[]{3}, f32[2]{0,1}) {axis=1}"};
constexpr std::string_view kTopKCases[] = {"TopK(f32[3,5], i64[1]{2})",
                                           "TopK(i32[4,3], i64[1]{3}) {axis=0, largest=false}"};
constexpr std::string_view kCumSumCases[] = {"CumSum(f32[2,3], i64[]{1})",
                                             "CumSum(i32[2,3], i64[]{0}) {exclusive=true, reverse=true}"};
constexpr std::string_view kCumProdCases[] = {"CumProd(f32[2,3], i64[]{1}) {exclusive=true}",
                                              "CumProd(i32[2,3], i32[]{-2}) {reverse=true}"};
constexpr std::string_view kTriluCases[] = {"Trilu(f32[2,4,5], i64[]{1})", "Trilu(i64[4,3]) {upper=false}"};
constexpr std::string_view kEyeLikeCases[] = {"EyeLike(f32[3,4]) {k=1}"};
constexpr std::string_view kReverseSequenceCases[] = {"ReverseSequence(f32[4,3,2], i64[3]{4,1,2})"};

}  // namespace

extern const OpEntry cum_prod_entry = {CumProd::kName, make_op<CumProd>, kCumProd, kCumProdCases};
extern const OpEntry cum_sum_entry = {CumSum::kName, make_op<CumSum>, kCumSum, kCumSumCases};
extern const OpEntry eye_like_entry = {EyeLike::kName, make_op<EyeLike>, kEyeLike, kEyeLikeCases};
extern const OpEntry one_hot_entry = {OneHot::kName, make_op<OneHot>, kOneHot, kOneHotCases};
extern const OpEntry reverse_sequence_entry = {ReverseSequence::kName, make_op<ReverseSequence>, kReverseSequence,
                                               kReverseSequenceCases};
extern const OpEntry top_k_entry = {TopK::kName, make_op<TopK>, kTopK, kTopKCases};
extern const OpEntry trilu_entry = {Trilu::kName, make_op<Trilu>, kTrilu, kTriluCases};

}  // namespace tn::ops
