// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/quantization.h"

#include <algorithm>

#include "api/build/network.h"
#include "api/run/convert.h"

namespace tn::api {
namespace {

// Each scale of a block for all its elements.
TensorId spread(Lowering& lowering, TensorId scales, std::span<const int64_t> block) {
  for (size_t axis = 0; axis < block.size(); ++axis) {
    if (block[axis] == 1) continue;
    std::vector<int64_t> of(static_cast<size_t>(*lowering.type(scales).dims[axis].constant() * block[axis]));
    for (size_t i = 0; i < of.size(); ++i) of[i] = static_cast<int64_t>(i) / block[axis];
    scales = lowering.add("Gather", {scales, lowering.integers(of)}, {{"axis", static_cast<int64_t>(axis)}});
  }
  return scales;
}

// How many elements of x stand under one of the scales, by axis.
std::vector<int64_t> block_under(const TensorType& x, const TensorType& scales) {
  std::vector<int64_t> block(x.dims.size(), 1);
  for (size_t axis = 0; axis < block.size(); ++axis) {
    const auto extent = x.dims[axis].constant(), count = scales.dims[axis].constant();
    if (x.dims[axis] == scales.dims[axis] || count == 1) continue;
    if (!extent || !count || *count == 0 || *extent % *count != 0)
      throw Error(ErrorCode::InvalidArgument, "scales {} are no blocks of {}: extents must divide", to_string(scales),
                  to_string(x));
    block[axis] = *extent / *count;
  }
  return block;
}

// The type of the zero point is that of the result.
TensorId no_zero_point(Lowering& lowering, tenon::DataType type, const Shape& dims) {
  const std::vector<std::byte> zeros(static_cast<size_t>(dims.elements()) * size_of(to_data_type(type)));
  return lowering.constant({type, zeros.data(), dims.elements()}, dims, "the zero point");
}

}  // namespace

template <typename Interface>
std::vector<TensorId> QuantizationLayer<Interface>::lower(Lowering& lowering) const {
  constexpr bool kQuantizes = std::is_same_v<Interface, tenon::IQuantizeLayer>;
  std::vector<TensorId> operands = {this->id(lowering, 0), this->id(lowering, 1)};
  if (this->has(2)) {
    operands.push_back(this->id(lowering, 2));
  } else if (kQuantizes) {
    const auto dims = lowering.type(operands[1]).static_shape();
    if (!dims) throw Error(ErrorCode::InvalidModel, "the shape of the scale must be known");
    operands.push_back(no_zero_point(lowering, to, *dims));
  }
  const int rank = lowering.rank(operands[1]);
  if (rank > 1 && rank == lowering.rank(operands[0])) {
    const auto block = block_under(lowering.type(operands[0]), lowering.type(operands[1]));
    for (size_t i = 1; i < operands.size(); ++i) operands[i] = spread(lowering, operands[i], block);
  }
  Attributes attributes;
  if (rank == 1) attributes["axis"] = int64_t{axis};
  TensorId result = lowering.add(kQuantizes ? "QuantizeLinear" : "DequantizeLinear", operands, std::move(attributes));
  if (lowering.type(result).type != to_data_type(to)) result = lowering.cast(result, to_data_type(to));
  return {result};
}

template class QuantizationLayer<tenon::IQuantizeLayer>;
template class QuantizationLayer<tenon::IDequantizeLayer>;

namespace {

double largest_of(tenon::DataType type) {
  switch (type) {
    case tenon::DataType::kFP4:
      return 6;
    case tenon::DataType::kFP8:
      return 448;
    case tenon::DataType::kINT8:
      return 127;
    default:
      throw Error(ErrorCode::InvalidArgument, "quantizes to kFP4, kFP8 or kINT8, not to {}",
                  name_of(to_data_type(type)));
  }
}

// The largest magnitude of each block.
TensorId largest_magnitudes(Lowering& lowering, TensorId x, std::span<const int64_t> block) {
  const Dims dims = lowering.type(x).dims;
  const TensorId shape = lowering.add("Shape", {x});
  std::vector<TensorId> extents;
  std::vector<int64_t> within;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const auto at = static_cast<int64_t>(axis);
    if (block[axis] == 1) {
      extents.push_back(lowering.add("Slice", {shape, lowering.integers({at}), lowering.integers({at + 1})}));
      continue;
    }
    extents.push_back(lowering.integers({*dims[axis].constant() / block[axis], block[axis]}));
    within.push_back(at + 1 + std::ssize(within));
  }
  const TensorId magnitudes = lowering.add("Abs", {x});
  if (within.empty()) return magnitudes;
  const TensorId split = lowering.add("Concat", extents, {{"axis", int64_t{0}}});
  return lowering.add("ReduceMax", {lowering.add("Reshape", {magnitudes, split}), lowering.integers(within)},
                      {{"keepdims", int64_t{0}}});
}

}  // namespace

std::vector<int64_t> DynamicQuantizeLayer::block_of(const TensorType& type) const {
  std::vector<int64_t> block(type.dims.size(), 1);
  if (block_shape.nbDims > 0) {
    if (block_shape.nbDims != type.rank())
      throw Error(ErrorCode::InvalidArgument, "a block of {} axes for {}", block_shape.nbDims, to_string(type));
    std::copy_n(block_shape.d, block.size(), block.begin());
  } else {
    const int32_t at = axis < 0 ? axis + type.rank() : axis;
    if (at < 0 || at >= type.rank())
      throw Error(ErrorCode::InvalidArgument, "{} has no axis {}", to_string(type), axis);
    block[static_cast<size_t>(at)] = block_size;
  }
  for (size_t i = 0; i < block.size(); ++i) {
    const auto extent = type.dims[i].constant();
    if (block[i] == -1 && extent) block[i] = *extent;
    if (block[i] == 1) continue;
    if (!extent || block[i] < 1 || *extent % block[i] != 0)
      throw Error(ErrorCode::InvalidArgument, "blocks of {} do not divide axis {} of {}", block[i], i, to_string(type));
  }
  return block;
}

std::vector<TensorId> DynamicQuantizeLayer::lower(Lowering& lowering) const {
  const double largest = largest_of(to);
  if (scale_type != tenon::DataType::kFLOAT && scale_type != tenon::DataType::kFP8 &&
      scale_type != tenon::DataType::kE8M0)
    throw Error(ErrorCode::InvalidArgument, "scales are kFLOAT, kFP8 or kE8M0, not {}",
                name_of(to_data_type(scale_type)));
  const TensorId x = lowering.cast(id(lowering, 0), DataType::F32);
  const std::vector<int64_t> block = block_of(lowering.type(x));
  const TensorId magnitudes = largest_magnitudes(lowering, x, block);
  TensorId scale = lowering.add("Div", {magnitudes, lowering.scalar(largest, magnitudes)});
  const TensorId second = has(1) ? lowering.cast(id(lowering, 1), DataType::F32) : kNone;
  if (second != kNone) scale = lowering.add("Div", {scale, second});
  const TensorId stored = lowering.cast(scale, to_data_type(scale_type));
  TensorId step = lowering.cast(stored, DataType::F32);
  if (second != kNone) step = lowering.add("Mul", {step, second});
  const TensorId is_zero = lowering.add("Equal", {step, lowering.scalar(0, step)});
  step = spread(lowering, lowering.add("Where", {is_zero, lowering.scalar(1, step), step}), block);
  return {lowering.add("QuantizeLinear", {x, step, no_zero_point(lowering, to, Shape{})}), stored};
}

}  // namespace tn::api
