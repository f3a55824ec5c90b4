// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/shape.h"

#include <algorithm>
#include <climits>
#include <numeric>

#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

std::vector<int64_t> list_of(const tenon::Dims& dims) {
  return {dims.d, dims.d + std::max(dims.nbDims, 0)};
}

TensorId permute(Lowering& lowering, TensorId input, const tenon::Permutation& permutation) {
  const int rank = lowering.rank(input);
  std::vector<int64_t> order(permutation.order, permutation.order + rank);
  if (std::is_sorted(order.begin(), order.end())) return input;
  return lowering.transpose(input, std::move(order));
}

}  // namespace

std::vector<TensorId> ConcatenationLayer::lower(Lowering& lowering) const {
  std::vector<TensorId> parts;
  for (size_t i = 0; i < inputs.size(); ++i) parts.push_back(id(lowering, i));
  return {lowering.add("Concat", std::move(parts), {{"axis", int64_t{axis}}})};
}

std::vector<TensorId> PaddingLayer::lower(Lowering& lowering) const {
  const TensorId x = id(lowering, 0);
  const int rank = lowering.rank(x);
  if (before.nbDims != 2 || after.nbDims != 2 || rank < 2)
    throw Error(ErrorCode::InvalidArgument,
                "padding is about the last two dimensions: give two numbers before and after");
  std::vector<int64_t> pads(static_cast<size_t>(2 * rank), 0);
  for (int i = 0; i < 2; ++i) {
    pads[static_cast<size_t>(rank - 2 + i)] = before.d[i];
    pads[static_cast<size_t>(2 * rank - 2 + i)] = after.d[i];
  }
  return {lowering.add("Pad", {x, lowering.integers(pads)})};
}

std::vector<TensorId> ShuffleLayer::lower(Lowering& lowering) const {
  TensorId x = permute(lowering, id(lowering, 0), first);
  if (has(1) || reshapes) {
    const TensorId shape = has(1) ? lowering.as_int64(id(lowering, 1)) : lowering.integers(list_of(reshape));
    x = lowering.add("Reshape", {x, shape}, {{"allowzero", int64_t{!zero_copies}}});
  }
  x = permute(lowering, x, second);
  return {x == id(lowering, 0) ? lowering.add("Identity", {x}) : x};
}

std::vector<int64_t> SliceLayer::sliced_axes(int rank) const {
  std::vector<int64_t> which = list_of(axes);
  if (which.empty()) {
    which.resize(static_cast<size_t>(rank));
    std::iota(which.begin(), which.end(), int64_t{0});
  }
  for (int64_t& axis : which) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) throw Error(ErrorCode::InvalidArgument, "a slice along an axis that does not exist");
  }
  return which;
}

std::vector<TensorId> SliceLayer::lower(Lowering& lowering) const {
  const std::vector<int64_t> which = sliced_axes(lowering.rank(id(lowering, 0)));
  if (has(1) || has(2) || has(3)) return {lower_computed(lowering, which)};
  if (start.nbDims != size.nbDims || start.nbDims != stride.nbDims || which.size() != list_of(start).size())
    throw Error(ErrorCode::InvalidArgument, "start, size and stride have {}, {} and {} dimensions, {} are needed",
                start.nbDims, size.nbDims, stride.nbDims, which.size());
  std::vector<int64_t> starts = list_of(start), ends, steps = list_of(stride);
  const TensorId x = mode == tenon::SampleMode::kSTRICT_BOUNDS ? id(lowering, 0) : padded(lowering, which, starts);
  bool repeats = false;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] == 0) {
      repeats = true;
      steps[i] = 1;
      ends.push_back(starts[i] + 1);
      continue;
    }
    const int64_t end = starts[i] + size.d[i] * steps[i];
    ends.push_back(steps[i] < 0 && end < 0 ? INT64_MIN : end);
  }
  const TensorId part = lowering.add("Slice", {x, lowering.integers(starts), lowering.integers(ends),
                                               lowering.integers(which), lowering.integers(steps)});
  if (!repeats) return {part};
  std::vector<int64_t> target(static_cast<size_t>(lowering.rank(x)), 1);
  for (size_t i = 0; i < which.size(); ++i) target[static_cast<size_t>(which[i])] = size.d[i];
  return {lowering.add("Expand", {part, lowering.integers(target)})};
}

TensorId SliceLayer::lower_computed(Lowering& lowering, const std::vector<int64_t>& which) const {
  if (mode != tenon::SampleMode::kSTRICT_BOUNDS)
    throw Error(ErrorCode::Unsupported, "a slice whose bounds are inputs and that reads outside its input");
  const auto operand = [&](size_t index, const tenon::Dims& fixed) {
    return has(index) ? lowering.as_int64(id(lowering, index)) : lowering.integers(list_of(fixed));
  };
  const TensorId starts = operand(1, start), sizes = operand(2, size), steps = operand(3, stride);
  const TensorId ends = lowering.add("Add", {starts, lowering.add("Mul", {sizes, steps})});
  return lowering.add("Slice", {id(lowering, 0), starts, ends, lowering.integers(which), steps});
}

// Pads what the slice reads outside; the starts move along.
TensorId SliceLayer::padded(Lowering& lowering, const std::vector<int64_t>& which, std::vector<int64_t>& starts) const {
  static constexpr const char* kModes[] = {"", "wrap", "edge", "constant", "reflect"};
  const TensorId x = id(lowering, 0);
  const auto rank = static_cast<size_t>(lowering.rank(x));
  std::vector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < which.size(); ++i) {
    const auto axis = static_cast<size_t>(which[i]);
    const auto extent = lowering.type(x).dims[axis].constant();
    if (!extent)
      throw Error(ErrorCode::Unsupported, "a slice that may read outside {}, whose axis {} is dynamic",
                  to_string(lowering.type(x)), axis);
    const int64_t first = starts[i], last = first + (size.d[i] - 1) * stride.d[i];
    pads[axis] = std::max<int64_t>(-std::min(first, last), 0);
    pads[rank + axis] = std::max<int64_t>(std::max(first, last) - *extent + 1, 0);
    starts[i] += pads[axis];
  }
  std::vector<TensorId> operands = {x, lowering.integers(pads)};
  if (mode == tenon::SampleMode::kFILL && has(4)) operands.push_back(id(lowering, 4));
  return lowering.add("Pad", std::move(operands), {{"mode", std::string(kModes[static_cast<size_t>(mode)])}});
}

std::vector<TensorId> ShapeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Shape", {id(lowering, 0)})};
}

std::vector<TensorId> ConstantLayer::lower(Lowering& lowering) const {
  return {lowering.constant(weights, to_shape(dims), "the constant")};
}

std::vector<TensorId> IdentityLayer::lower(Lowering& lowering) const {
  return {lowering.add("Identity", {id(lowering, 0)})};
}

void ResizeLayer::setScales(float const* values, int32_t count) noexcept {
  guard(network.logger(), false, [&] {
    if (count < 0 || count > kMaxRank) throw Error(ErrorCode::InvalidArgument, "layer '{}': {} scales", name, count);
    const float* begin = &not_null(values, "the scales");
    set(scales, std::vector<float>(begin, begin + count));
    return true;
  });
}

int32_t ResizeLayer::getScales(int32_t count, float* values) const noexcept {
  if (scales.empty()) return -1;
  if (values) std::copy_n(scales.begin(), std::min(scales.size(), static_cast<size_t>(std::max(count, 0))), values);
  return static_cast<int32_t>(scales.size());
}

std::vector<TensorId> ResizeLayer::lower(Lowering& lowering) const {
  static constexpr const char* kModes[] = {"nearest", "linear", "cubic"};
  static constexpr const char* kTransformations[] = {"align_corners", "asymmetric", "half_pixel"};
  static constexpr const char* kRounding[] = {"round_prefer_ceil", "round_prefer_floor", "floor", "ceil"};
  const TensorId x = id(lowering, 0);
  const bool first_pixel =
      selector == tenon::ResizeSelector::kUPPER && transformation == tenon::ResizeCoordinateTransformation::kHALF_PIXEL;
  Attributes attributes = {
      {"mode", std::string(kModes[static_cast<size_t>(mode)])},
      {"coordinate_transformation_mode",
       std::string(first_pixel ? "pytorch_half_pixel" : kTransformations[static_cast<size_t>(transformation)])},
      {"nearest_mode", std::string(kRounding[static_cast<size_t>(rounding)])},
      {"cubic_coeff_a", static_cast<double>(cubic)},
      {"exclude_outside", int64_t{exclude_outside}}};
  if (has(1)) return {lowering.add("Resize", {x, kNone, kNone, lowering.as_int64(id(lowering, 1))}, attributes)};
  if (dims.nbDims > 0) return {lowering.add("Resize", {x, kNone, kNone, lowering.integers(list_of(dims))}, attributes)};
  if (scales.empty()) throw Error(ErrorCode::InvalidArgument, "a resize needs output dimensions or scales");
  const auto count = static_cast<int64_t>(scales.size());
  const TensorId factors =
      lowering.constant({tenon::DataType::kFLOAT, scales.data(), count}, Shape{count}, "the scales");
  return {lowering.add("Resize", {x, kNone, factors}, attributes)};
}

// alpha + sum of beta_i · i, each term along its own axis; broadcasting makes the shape.
std::vector<TensorId> FillLayer::lower(Lowering& lowering) const {
  if (operation != tenon::FillOperation::kLINSPACE) throw Error(ErrorCode::Unsupported, "a fill with random numbers");
  const DataType type = to_data_type(to);
  const TensorId extents = has(0) ? lowering.as_int64(id(lowering, 0)) : lowering.integers(list_of(dims));
  const auto rank = lowering.type(extents).dims.at(0).constant();
  if (!rank || *rank < 1) throw Error(ErrorCode::InvalidArgument, "a linear fill needs a known number of dimensions");
  if (!has(2) && *rank != 1)
    throw Error(ErrorCode::InvalidArgument, "a linear fill of {} dimensions needs as many steps as input 2", *rank);
  const auto element = [&](TensorId of, int64_t index) {
    return lowering.add("Gather", {of, lowering.constant(Constant::scalar(DataType::I64, static_cast<double>(index)))});
  };
  TensorId sum = has(1) ? id(lowering, 1) : lowering.constant(Constant::scalar(type, alpha));
  for (int64_t axis = 0; axis < *rank; ++axis) {
    const TensorId zero = lowering.constant(Constant::scalar(DataType::I64, 0));
    const TensorId one = lowering.constant(Constant::scalar(DataType::I64, 1));
    TensorId index = lowering.cast(lowering.add("Range", {zero, element(extents, axis), one}), type);
    const TensorId step = has(2) ? element(id(lowering, 2), axis) : lowering.constant(Constant::scalar(type, beta));
    index = lowering.add("Mul", {index, step});
    if (axis + 1 < *rank) {
      std::vector<int64_t> behind(static_cast<size_t>(*rank - axis - 1));
      std::iota(behind.begin(), behind.end(), int64_t{1});
      index = lowering.add("Unsqueeze", {index, lowering.integers(behind)});
    }
    sum = lowering.add("Add", {sum, index});
  }
  return {sum};
}

std::vector<TensorId> SqueezeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Squeeze", {id(lowering, 0), lowering.as_int64(id(lowering, 1))})};
}

std::vector<TensorId> UnsqueezeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Unsqueeze", {id(lowering, 0), lowering.as_int64(id(lowering, 1))})};
}

}  // namespace tn::api
