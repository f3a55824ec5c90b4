// SPDX-License-Identifier: Apache-2.0
#include "ops/pool/pool.h"

#include <cstdint>
#include <numeric>

#include "ops/compose.h"
#include "ops/conv/window.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

Dims pooled(const TensorType& x, const PoolAttributes& a) {
  const size_t spatial = a.kernel.size();
  model_check(spatial > 0 && x.dims.size() == spatial + 2, "X is {} under a kernel of {} axes", to_string(x), spatial);
  model_check(a.strides.size() == spatial && a.dilations.size() == spatial && a.pads.size() == 2 * spatial,
              "strides, dilations or pads do not fit {} spatial axes", spatial);
  Dims dims = {x.dims[0], x.dims[1]};
  const Window window{a.kernel, a.strides, a.dilations, a.pads};
  for (const Dim& dim : slide({x.dims.begin() + 2, x.dims.end()}, window, a.ceil)) dims.push_back(dim);
  return dims;
}

std::vector<TensorType> MaxPool::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(x.type != DataType::Bool, "{} is not a tensor of numbers", to_string(x));
  const Dims dims = pooled(x, *this);
  std::vector<TensorType> types = {{x.type, dims}};
  if (indices) types.push_back({DataType::I64, dims});
  return types;
}

bool MaxPool::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

std::vector<TensorType> AveragePool::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(is_float(x.type), "{} is not a tensor of floats", to_string(x));
  return {{x.type, pooled(x, *this)}};
}

bool AveragePool::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

std::vector<TensorType> LpPool::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(is_float(x.type), "{} is not a tensor of floats", to_string(x));
  return {{x.type, pooled(x, *this)}};
}

bool LpPool::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

namespace {

template <typename T>
std::shared_ptr<T> read_pool(const NodeView& node) {
  const Window window = import_window(node, node.type(node.input(0)), node.integers("kernel_shape"));
  auto op = std::make_shared<T>();
  op->kernel = window.kernel;
  op->strides = window.strides;
  op->dilations = window.dilations;
  op->pads = window.pads;
  op->ceil = node.integer("ceil_mode", 0) != 0;
  return op;
}

std::vector<TensorId> import_max_pool(NodeView& node) {
  auto op = read_pool<MaxPool>(node);
  op->indices = node.output_count > 1;
  op->column_major = op->indices && node.integer("storage_order", 0) != 0;
  return node.add_all(std::move(op), {node.input(0)});
}

std::vector<TensorId> import_average_pool(NodeView& node) {
  auto op = read_pool<AveragePool>(node);
  op->count_include_pad = node.integer("count_include_pad", 0) != 0;
  return node.add_all(std::move(op), {node.input(0)});
}

std::vector<TensorId> import_lp_pool(NodeView& node) {
  auto op = read_pool<LpPool>(node);
  if (node.has("p") && node.version < 2) {
    const double p = node.number("p", 2);
    model_check(p >= 1 && p <= INT32_MAX, "p is {}", p);
    op->p = static_cast<int64_t>(p);
  } else {
    op->p = node.integer("p", 2);
  }
  return node.add_all(std::move(op), {node.input(0)});
}

std::vector<int64_t> spatial_axes(const NodeView& node) {
  const int rank = node.type(node.input(0)).rank();
  model_check(rank >= 3, "X is {}; spatial axes are missing", to_string(node.type(node.input(0))));
  std::vector<int64_t> axes(static_cast<size_t>(rank) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

template <bool kMaximum>
std::vector<TensorId> import_global(NodeView& node) {
  const TensorType& x = node.type(node.input(0));
  model_check(x.type != DataType::Bool, "{} is not a tensor of numbers", to_string(x));
  return {reduce(node, kMaximum ? "Max" : "Mean", node.input(0), spatial_axes(node))};
}

std::vector<TensorId> import_global_lp_pool(NodeView& node) {
  const TensorId x = widen(node, node.input(0));
  const double p = node.version < 2 ? node.number("p", 2) : static_cast<double>(node.integer("p", 2));
  const TensorId powers = compose(node, "Pow", {compose(node, "Abs", {x}), scalar_like(node, p, x)});
  const TensorId y =
      compose(node, "Pow", {reduce(node, "Sum", powers, spatial_axes(node)), scalar_like(node, 1 / p, x)});
  return {cast_to(node, y, node.type(node.input(0)).type)};
}

constexpr OnnxImporter kMaxOnnx[] = {{"MaxPool", 1, import_max_pool}, {"GlobalMaxPool", 1, import_global<true>}};
constexpr OnnxImporter kAverageOnnx[] = {{"AveragePool", 1, import_average_pool},
                                         {"GlobalAveragePool", 1, import_global<false>}};
constexpr OnnxImporter kLpOnnx[] = {{"LpPool", 1, import_lp_pool}, {"GlobalLpPool", 1, import_global_lp_pool}};
constexpr std::string_view kMaxCases[] = {
    "MaxPool(f32[1,3,12,13]) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}",
    "MaxPool(f32[2,5,11,9]) {kernel=[3,3], strides=[2,2], dilations=[1,1], pads=[1,1,1,1], ceil=true}",
    "MaxPool(f32[1,2,9,9]) {kernel=[2,3], strides=[1,2], dilations=[2,1], pads=[0,1,1,0], indices=true}",
    "MaxPool(u8[1,2,10]) {kernel=[3], strides=[2], dilations=[1], pads=[0,0]}",
    "MaxPool(f32[1,2,5,6,7]) {kernel=[2,2,2], strides=[2,2,2], dilations=[1,1,1], pads=[0,0,0,0,0,0]}",
};
constexpr std::string_view kAverageCases[] = {
    "AveragePool(f32[1,3,12,13]) {kernel=[3,3], strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}",
    "AveragePool(f32[2,5,11,9]) {kernel=[3,2], strides=[2,2], dilations=[1,1], pads=[1,0,1,1], ceil=true, "
    "count_include_pad=true}",
    "AveragePool(f16[1,2,10]) {kernel=[3], strides=[2], dilations=[2], pads=[0,0]}",
    "AveragePool(f32[1,2,5,6,7]) {kernel=[2,2,2], strides=[2,2,2], dilations=[1,1,1], pads=[0,0,0,0,0,0]}",
};
constexpr std::string_view kLpCases[] = {
    "LpPool(f32[1,3,12,13]) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}",
    "LpPool(f32[1,3,12]) {kernel=[3], strides=[1], dilations=[1], pads=[1,1], p=3}",
};

}  // namespace

extern const OpEntry max_pool_entry = {MaxPool::kName, make_op<MaxPool>, kMaxOnnx, kMaxCases};
extern const OpEntry average_pool_entry = {AveragePool::kName, make_op<AveragePool>, kAverageOnnx, kAverageCases};
extern const OpEntry lp_pool_entry = {LpPool::kName, make_op<LpPool>, kLpOnnx, kLpCases};

}  // namespace tn::ops
