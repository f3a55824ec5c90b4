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

TensorId as_int64(Lowering& lowering, TensorId input) {
  return lowering.type(input).type == DataType::I64 ? input : lowering.cast(input, DataType::I64);
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
    const TensorId shape = has(1) ? as_int64(lowering, id(lowering, 1)) : lowering.integers(list_of(reshape));
    x = lowering.add("Reshape", {x, shape}, {{"allowzero", int64_t{!zero_copies}}});
  }
  x = permute(lowering, x, second);
  return {x == id(lowering, 0) ? lowering.add("Identity", {x}) : x};
}

std::vector<TensorId> SliceLayer::lower(Lowering& lowering) const {
  if (mode != tenon::SampleMode::kSTRICT_BOUNDS)
    throw Error(ErrorCode::Unsupported, "a slice that reads outside its input");
  const TensorId x = id(lowering, 0);
  std::vector<int64_t> which = list_of(axes);
  if (which.empty()) {
    which.resize(static_cast<size_t>(lowering.rank(x)));
    std::iota(which.begin(), which.end(), int64_t{0});
  }
  const TensorId steps = has(3) ? as_int64(lowering, id(lowering, 3)) : lowering.integers(list_of(stride));
  if (has(1) || has(2) || has(3)) {
    const TensorId starts = has(1) ? as_int64(lowering, id(lowering, 1)) : lowering.integers(list_of(start));
    const TensorId sizes = has(2) ? as_int64(lowering, id(lowering, 2)) : lowering.integers(list_of(size));
    const TensorId ends = lowering.add("Add", {starts, lowering.add("Mul", {sizes, steps})});
    return {lowering.add("Slice", {x, starts, ends, lowering.integers(which), steps})};
  }
  std::vector<int64_t> ends;
  if (start.nbDims != size.nbDims || start.nbDims != stride.nbDims || which.size() != list_of(start).size())
    throw Error(ErrorCode::InvalidArgument, "start, size and stride have {}, {} and {} dimensions, {} are needed",
                start.nbDims, size.nbDims, stride.nbDims, which.size());
  for (int i = 0; i < start.nbDims; ++i) {
    if (stride.d[i] == 0) throw Error(ErrorCode::Unsupported, "a slice with a stride of 0");
    const int64_t end = start.d[i] + size.d[i] * stride.d[i];
    ends.push_back(stride.d[i] < 0 && end < 0 ? INT64_MIN : end);
  }
  return {lowering.add(
      "Slice", {x, lowering.integers(list_of(start)), lowering.integers(ends), lowering.integers(which), steps})};
}

std::vector<TensorId> ShapeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Shape", {id(lowering, 0)})};
}

std::vector<TensorId> GatherLayer::lower(Lowering& lowering) const {
  const TensorId data = id(lowering, 0), indices = id(lowering, 1);
  switch (mode) {
    case tenon::GatherMode::kDEFAULT:
      if (shared != 0) throw Error(ErrorCode::Unsupported, "a gather with {} leading dimensions in common", shared);
      return {lowering.add("Gather", {data, indices}, {{"axis", int64_t{axis}}})};
    case tenon::GatherMode::kELEMENT:
      return {lowering.add("GatherElements", {data, indices}, {{"axis", int64_t{axis}}})};
    case tenon::GatherMode::kND:
      return {lowering.add("GatherND", {data, as_int64(lowering, indices)}, {{"batch_dims", int64_t{shared}}})};
  }
  throw Error(ErrorCode::InvalidArgument, "there is no gather mode {}", static_cast<int>(mode));
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
  if (has(1)) return {lowering.add("Resize", {x, kNone, kNone, as_int64(lowering, id(lowering, 1))}, attributes)};
  if (dims.nbDims > 0) return {lowering.add("Resize", {x, kNone, kNone, lowering.integers(list_of(dims))}, attributes)};
  if (scales.empty()) throw Error(ErrorCode::InvalidArgument, "a resize needs output dimensions or scales");
  const auto count = static_cast<int64_t>(scales.size());
  const TensorId factors =
      lowering.constant({tenon::DataType::kFLOAT, scales.data(), count}, Shape{count}, "the scales");
  return {lowering.add("Resize", {x, kNone, factors}, attributes)};
}

std::vector<TensorId> FillLayer::lower(Lowering& lowering) const {
  if (operation != tenon::FillOperation::kLINSPACE) throw Error(ErrorCode::Unsupported, "a fill with random numbers");
  if (!inputs.empty()) throw Error(ErrorCode::Unsupported, "a fill whose dimensions or values are inputs");
  const Shape shape = to_shape(dims);
  if (shape.rank() != 1)
    throw Error(ErrorCode::InvalidArgument, "a linear fill has one dimension, not {}", shape.rank());
  return {lowering.constant(Constant::make(to_data_type(to), shape, [&](const TensorView& view) {
    for (int64_t i = 0; i < shape[0]; ++i) store_double(view, i, alpha + beta * static_cast<double>(i));
  }))};
}

std::vector<TensorId> SqueezeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Squeeze", {id(lowering, 0), as_int64(lowering, id(lowering, 1))})};
}

std::vector<TensorId> UnsqueezeLayer::lower(Lowering& lowering) const {
  return {lowering.add("Unsqueeze", {id(lowering, 0), as_int64(lowering, id(lowering, 1))})};
}

}  // namespace tn::api
