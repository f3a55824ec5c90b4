// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reduce.h"

#include <algorithm>
#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Reduce::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  const bool order = mode == ReduceMode::Max || mode == ReduceMode::Min;
  model_check(order || x.type != DataType::Bool, "only maximum and minimum are defined for {}", to_string(x));
  const std::vector<int> reduced = normalize_axes(axes, x.rank());
  TensorType y{x.type, {}};
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool gone = std::find(reduced.begin(), reduced.end(), axis) != reduced.end();
    if (!gone || keepdims) y.dims.push_back(gone ? Dim(1) : x.dims[static_cast<size_t>(axis)]);
  }
  return {y};
}

bool Reduce::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

std::optional<Dims> Reduce::value(const InferContext& context) const {
  const Dims* x = context.value(0);
  if (!x || mode == ReduceMode::Mean || x->empty() || context.type(0).rank() > 1) return std::nullopt;
  if (axes.empty()) return *x;
  Dim result = (*x)[0];
  for (size_t i = 1; i < x->size(); ++i) {
    const Dim& next = (*x)[i];
    if (mode == ReduceMode::Sum) result = result + next;
    if (mode == ReduceMode::Prod) result = result * next;
    if (mode == ReduceMode::Max) result = Dim::max(result, next);
    if (mode == ReduceMode::Min) result = Dim::min(result, next);
  }
  return Dims{result};
}

namespace {

struct Request {
  TensorId x;
  std::vector<int64_t> axes;
  bool keepdims;
};

// Axes are an attribute in old opsets and an input in new ones; none mean all of them, or with noop_with_empty_axes
// none.
Request read_request(NodeView& node) {
  Request request{node.input(0), node.integers("axes"), node.integer("keepdims", 1) != 0};
  if (node.has_input(1)) {
    const auto axes = node.known_integers(node.input(1));
    if (!axes) throw Error(ErrorCode::Unsupported, "the axes of a reduction must be constants");
    request.axes = *axes;
  }
  const int rank = node.type(request.x).rank();
  const bool none_means_all = node.integer("noop_with_empty_axes", 0) == 0;
  if (request.axes.empty() && none_means_all) {
    request.axes.resize(static_cast<size_t>(rank));
    std::iota(request.axes.begin(), request.axes.end(), 0);
  }
  for (int64_t& axis : request.axes) axis = normalize_axis(axis, rank);
  std::sort(request.axes.begin(), request.axes.end());
  return request;
}

TensorId reduce(NodeView& node, std::string_view mode, const Request& request, TensorId x) {
  return ops::reduce(node, mode, x, request.axes, request.keepdims);
}

template <ReduceMode kMode>
std::vector<TensorId> import_reduce(NodeView& node) {
  const Request request = read_request(node);
  return {reduce(node, enum_names(kMode)[static_cast<size_t>(kMode)], request, request.x)};
}

// Composites are computed in a float type that holds what they make on the way: squares leave the range of f16, and
// integers go through f64.
template <TensorId (*kCompose)(NodeView&, const Request&, TensorId)>
std::vector<TensorId> import_composite(NodeView& node) {
  const Request request = read_request(node);
  const DataType type = node.type(request.x).type;
  const TensorId x = is_float(type) ? widen(node, request.x) : cast_to(node, request.x, DataType::F64);
  return {cast_to(node, kCompose(node, request, x), type)};
}

TensorId l1(NodeView& node, const Request& request, TensorId x) {
  return reduce(node, "Sum", request, compose(node, "Abs", {x}));
}
TensorId sum_square(NodeView& node, const Request& request, TensorId x) {
  return reduce(node, "Sum", request, compose(node, "Mul", {x, x}));
}
TensorId l2(NodeView& node, const Request& request, TensorId x) {
  return compose(node, "Sqrt", {sum_square(node, request, x)});
}
TensorId log_sum(NodeView& node, const Request& request, TensorId x) {
  return compose(node, "Log", {reduce(node, "Sum", request, x)});
}
// m + log Σ exp(x − m) with the maximum m where that is finite, so that nothing overflows.
TensorId log_sum_exp(NodeView& node, const Request& request, TensorId x) {
  const TensorId largest = ops::reduce(node, "Max", x, request.axes);
  const TensorId zero = scalar_like(node, 0, x);
  const TensorId shift = compose(node, "Where", {compose(node, "IsInf", {largest}), zero, largest});
  const TensorId sum = ops::reduce(node, "Sum", compose(node, "Exp", {compose(node, "Sub", {x, shift})}), request.axes);
  const TensorId result = compose(node, "Add", {compose(node, "Log", {sum}), shift});
  return request.keepdims || request.axes.empty() ? result : squeeze(node, result, request.axes);
}

constexpr OnnxImporter kOnnx[] = {
    {"ReduceSum", 1, import_reduce<ReduceMode::Sum>},
    {"ReduceMean", 1, import_reduce<ReduceMode::Mean>},
    {"ReduceMax", 1, import_reduce<ReduceMode::Max>},
    {"ReduceMin", 1, import_reduce<ReduceMode::Min>},
    {"ReduceProd", 1, import_reduce<ReduceMode::Prod>},
    {"ReduceL1", 1, import_composite<l1>},
    {"ReduceL2", 1, import_composite<l2>},
    {"ReduceSumSquare", 1, import_composite<sum_square>},
    {"ReduceLogSum", 1, import_composite<log_sum>},
    {"ReduceLogSumExp", 1, import_composite<log_sum_exp>},
};
constexpr std::string_view kCases[] = {
    "Reduce(f32[2,3,5]) {mode=\"Sum\", axes=[1]}",
    "Reduce(f32[2,3,5]) {mode=\"Mean\", axes=[0,2], keepdims=false}",
    "Reduce(f16[4,37]) {mode=\"Max\", axes=[-1], keepdims=false}",
    "Reduce(f32[3,4,5,6]) {mode=\"Mean\", axes=[2,3]}",
    "Reduce(f32[2,3,5]) {mode=\"Min\", axes=[0,1,2], keepdims=false}",
    "Reduce(f32[2,3,5]) {mode=\"Prod\", axes=[2]}",
    "Reduce(i32[2,3,5]) {mode=\"Sum\", axes=[0]}",
    "Reduce(u8[2,7]) {mode=\"Max\", axes=[1]}",
    "Reduce(f32[2,7]) {mode=\"Sum\", axes=[]}",
};

}  // namespace

extern const OpEntry reduce_entry = {Reduce::kName, make_op<Reduce>, kOnnx, kCases};

}  // namespace tn::ops
