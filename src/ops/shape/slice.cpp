// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/slice.h"

#include <algorithm>
#include <numeric>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// Exporters write "to the end" as a number near the limits of int32 or int64.
constexpr int64_t kFar = INT32_MAX;

// A position that may count from the end, as one in [low, extent + high].
Dim clamp_position(const Dim& position, const Dim& extent, int64_t low, int64_t high) {
  if (position.is_constant() && *position.constant() >= kFar) return extent + high;
  if (position.is_constant() && *position.constant() <= -kFar) return low;
  const bool from_end = position.is_constant() ? *position.constant() < 0 : never_negative(position * -1);
  return smaller(larger(from_end ? position + extent : position, low), extent + high);
}

SliceRange slice_range(int axis, const Dim& extent, const Dim& start, const Dim& end, int64_t step) {
  model_check(step != 0, "the step of axis {} is 0", axis);
  constexpr int64_t kWidest = int64_t{1} << 31;  // no extent is larger: more is one element, too
  step = std::clamp(step, -kWidest, kWidest);
  if (step > 0) {
    const Dim first = clamp_position(start, extent, 0, 0), last = clamp_position(end, extent, 0, 0);
    return {axis, first, larger(Dim(0), Dim::ceil_div(last - first, step)), step};
  }
  const Dim first = clamp_position(start, extent, 0, -1), last = clamp_position(end, extent, -1, -1);
  return {axis, first, larger(Dim(0), Dim::ceil_div(first - last, -step)), step};
}

std::vector<int> slice_axes(const InferContext& context) {
  const TensorType& x = context.type(0);
  if (context.has(3)) return normalize_axes(required_integers(context, 3, "axes"), x.rank());
  const auto count = context.type(1).dims.empty() ? std::nullopt : context.type(1).dims[0].constant();
  model_check(count.has_value() && *count <= x.rank(), "starts {} of {}", to_string(context.type(1)), to_string(x));
  std::vector<int> axes(static_cast<size_t>(*count));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace

std::optional<std::vector<SliceRange>> slice_ranges(const InferContext& context) {
  const std::vector<int> axes = slice_axes(context);
  const Dims *starts = context.value(1), *ends = context.value(2);
  auto steps = context.has(4) ? known_integers(context, 4) : std::vector<int64_t>(axes.size(), 1);
  if (!starts || !ends || !steps) return std::nullopt;
  model_check(starts->size() == axes.size() && ends->size() == axes.size() && steps->size() == axes.size(),
              "{} starts, {} ends, {} steps for {} axes", starts->size(), ends->size(), steps->size(), axes.size());
  std::vector<SliceRange> ranges;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Dim& extent = context.type(0).dims[static_cast<size_t>(axes[i])];
    ranges.push_back(slice_range(axes[i], extent, (*starts)[i], (*ends)[i], (*steps)[i]));
  }
  return ranges;
}

std::vector<TensorType> Slice::infer(const InferContext& context) const {
  TensorType result = context.type(0);
  if (const auto ranges = slice_ranges(context)) {
    for (const SliceRange& range : *ranges) result.dims[static_cast<size_t>(range.axis)] = range.extent;
  } else {
    for (const int axis : slice_axes(context)) {
      Dim& dim = result.dims[static_cast<size_t>(axis)];
      dim = context.unknown(0, axis, dim);
    }
  }
  return {std::move(result)};
}

bool Slice::splits_batch(const InferContext& context, const Dim& batch) const {
  const auto ranges = slice_ranges(context);
  return only_first_has_batch(context, batch) && ranges &&
         std::ranges::none_of(*ranges, [](const SliceRange& range) { return range.axis == 0; });
}

std::optional<Dims> Slice::value(const InferContext& context) const {
  const Dims* data = context.value(0);
  const auto dims = context.type(0).static_shape();
  const auto ranges = data && dims ? slice_ranges(context) : std::nullopt;
  if (!ranges) return std::nullopt;
  Shape extents = *dims, strides = dims->row_major_strides();
  int64_t first = 0;
  for (const SliceRange& range : *ranges) {
    const auto start = range.start.constant(), extent = range.extent.constant();
    if (!start || !extent) return std::nullopt;
    first += *start * strides[range.axis];
    extents[range.axis] = *extent;
    strides[range.axis] *= range.step;
  }
  Dims result;
  for (Walk walk(extents, {strides}); walk.more(); walk.next()) {
    result.push_back((*data)[static_cast<size_t>(first + walk.offset(0))]);
  }
  return result;
}

namespace {

std::vector<TensorId> import_slice_1(NodeView& node) {
  std::vector<TensorId> inputs = {node.input(0), node.add_integers(node.integers("starts")),
                                  node.add_integers(node.integers("ends"))};
  if (node.has("axes")) inputs.push_back(node.add_integers(node.integers("axes")));
  return node.add_all(std::make_shared<Slice>(), std::move(inputs));
}

constexpr OnnxImporter kOnnx[] = {{"Slice", 1, import_slice_1}, {"Slice", 10, import_same<Slice>}};
constexpr std::string_view kCases[] = {
    "Slice(f32[4,6], i64[1]{1}, i64[1]{-1}, i64[1]{1}, i64[1]{2})",
    "Slice(f32[4,6], i64[2]{-1,5}, i64[2]{-9223372036854775807,1}, i64[2]{0,1}, i64[2]{-1,-2})",
    "Slice(i32[5], i64[1]{2}, i64[1]{9223372036854775807})",
};

}  // namespace

extern const OpEntry slice_entry = {Slice::kName, make_op<Slice>, kOnnx, kCases};

}  // namespace tn::ops
