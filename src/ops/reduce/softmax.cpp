// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/softmax.h"

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> AlongAxis::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(is_float(x.type), "{} is not a tensor of floats", to_string(x));
  normalize_axis(axis, x.rank());
  return {x};
}

bool AlongAxis::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch) && normalize_axis(axis, context.type(0).rank()) != 0;
}

namespace {

TensorId along(NodeView& node, TensorId x, int64_t axis) {
  return compose(node, node.op_type, {x}, {{"axis", axis}});
}

// Before opset 13 everything from the axis on counted as one axis.
std::vector<TensorId> import_flattened(NodeView& node) {
  const TensorId x = node.input(0);
  const int rank = node.type(x).rank();
  const int axis = normalize_axis(node.integer("axis", 1), rank);
  if (axis == rank - 1) return {along(node, x, -1)};
  const Dims dims = node.type(x).dims;
  Dims flat(dims.begin(), dims.begin() + axis);
  flat.push_back(product({dims.begin() + axis, dims.end()}));
  return {reshape(node, along(node, reshape(node, x, flat), -1), dims)};
}

std::vector<TensorId> import_along_axis(NodeView& node) {
  return {along(node, node.input(0), node.integer("axis", -1))};
}

constexpr OnnxImporter kSoftmax[] = {{"Softmax", 1, import_flattened}, {"Softmax", 13, import_along_axis}};
constexpr OnnxImporter kLogSoftmax[] = {{"LogSoftmax", 1, import_flattened}, {"LogSoftmax", 13, import_along_axis}};
constexpr OnnxImporter kHardmax[] = {{"Hardmax", 1, import_flattened}, {"Hardmax", 13, import_along_axis}};
constexpr std::string_view kSoftmaxCases[] = {"Softmax(f32[2,3,50])", "Softmax(f16[3,8,4]) {axis=1}",
                                              "Softmax(f32[1,1000])"};
constexpr std::string_view kLogSoftmaxCases[] = {"LogSoftmax(f32[2,3,50])", "LogSoftmax(f32[3,8,4]) {axis=0}"};
constexpr std::string_view kHardmaxCases[] = {"Hardmax(f32[2,3,5])", "Hardmax(f32[3,8,4]) {axis=1}"};

}  // namespace

extern const OpEntry softmax_entry = {Softmax::kName, make_op<Softmax>, kSoftmax, kSoftmaxCases};
extern const OpEntry log_softmax_entry = {LogSoftmax::kName, make_op<LogSoftmax>, kLogSoftmax, kLogSoftmaxCases};
extern const OpEntry hardmax_entry = {Hardmax::kName, make_op<Hardmax>, kHardmax, kHardmaxCases};

}  // namespace tn::ops
