// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/index.h"

#include <numeric>

#include "api/build/layers/math.h"
#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

void require_indices_type(tenon::DataType type, const std::string& layer) {
  if (type != tenon::DataType::kINT32 && type != tenon::DataType::kINT64)
    throw Error(ErrorCode::InvalidArgument, "layer '{}': indices are INT32 or INT64", layer);
}

/// ONNX gives indices as int64.
TensorId as_indices(Lowering& lowering, TensorId indices, tenon::DataType type) {
  return type == tenon::DataType::kINT32 ? lowering.cast(indices, DataType::I32) : indices;
}

/// Gathers along axis `shared` of tensors that share the dimensions before it: GatherND with indices of one number.
TensorId gather_in_batches(Lowering& lowering, TensorId data, TensorId indices, int64_t shared) {
  const TensorId last = lowering.integers({-1});
  return lowering.add("GatherND", {data, lowering.add("Unsqueeze", {indices, last})}, {{"batch_dims", shared}});
}

/// 0 … rank − 1 with the axes [from, from + count) moved to begin at `to`, counted without them.
std::vector<int64_t> moved(int64_t rank, int64_t from, int64_t count, int64_t to) {
  std::vector<int64_t> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto first = order.begin() + from;
  const std::vector<int64_t> block(first, first + count);
  order.erase(first, first + count);
  order.insert(order.begin() + to, block.begin(), block.end());
  return order;
}

}  // namespace

std::vector<TensorId> GatherLayer::lower(Lowering& lowering) const {
  const TensorId data = id(lowering, 0), indices = id(lowering, 1);
  if (mode == tenon::GatherMode::kELEMENT)
    return {lowering.add("GatherElements", {data, indices}, {{"axis", int64_t{axis}}})};
  if (mode == tenon::GatherMode::kND)
    return {lowering.add("GatherND", {data, lowering.as_int64(indices)}, {{"batch_dims", int64_t{shared}}})};
  if (shared == 0) return {lowering.add("Gather", {data, indices}, {{"axis", int64_t{axis}}})};
  const int rank = lowering.rank(data), indices_rank = lowering.rank(indices);
  const int64_t along = axis < 0 ? axis + rank : axis;
  if (shared < 0 || shared > along || along >= rank || shared > indices_rank)
    throw Error(ErrorCode::InvalidArgument, "a gather along axis {} of {} with {} leading dimensions in common", axis,
                to_string(lowering.type(data)), shared);
  const TensorId wide = lowering.as_int64(indices);
  if (along == shared) return {gather_in_batches(lowering, data, wide, shared)};
  const TensorId ahead = lowering.transpose(data, moved(rank, along, 1, shared));
  const TensorId found = gather_in_batches(lowering, ahead, wide, shared);
  return {lowering.transpose(found, moved(lowering.rank(found), shared, indices_rank - shared, along))};
}

bool TopKLayer::setIndicesType(tenon::DataType type) noexcept {
  return guard(network.logger(), false, [&] {
    require_indices_type(type, name);
    set(indices, type);
    return true;
  });
}

std::vector<TensorId> TopKLayer::lower(Lowering& lowering) const {
  const TensorId x = id(lowering, 0);
  TensorId count = has(1) ? lowering.as_int64(id(lowering, 1)) : lowering.integers({k});
  if (lowering.rank(count) == 0) count = lowering.add("Reshape", {count, lowering.integers({1})});
  auto results = lowering.add_all("TopK", {x, count},
                                  {{"axis", only_axis(axes, lowering.rank(x))},
                                   {"largest", int64_t{operation == tenon::TopKOperation::kMAX}},
                                   {"sorted", int64_t{1}}},
                                  2);
  results.at(1) = as_indices(lowering, results.at(1), indices);
  return results;
}

std::vector<TensorId> ScatterLayer::lower(Lowering& lowering) const {
  const TensorId data = id(lowering, 0), where = lowering.as_int64(id(lowering, 1)), updates = id(lowering, 2);
  if (mode == tenon::ScatterMode::kND) return {lowering.add("ScatterND", {data, where, updates})};
  return {lowering.add("ScatterElements", {data, where, updates}, {{"axis", int64_t{axis}}})};
}

std::vector<TensorId> OneHotLayer::lower(Lowering& lowering) const {
  return {lowering.add("OneHot",
                       {lowering.as_int64(id(lowering, 0)), lowering.as_int64(id(lowering, 2)), id(lowering, 1)},
                       {{"axis", int64_t{axis}}})};
}

bool NonZeroLayer::setIndicesType(tenon::DataType type) noexcept {
  return guard(network.logger(), false, [&] {
    require_indices_type(type, name);
    set(indices, type);
    return true;
  });
}

std::vector<TensorId> NonZeroLayer::lower(Lowering& lowering) const {
  return {as_indices(lowering, lowering.add("NonZero", {id(lowering, 0)}), indices)};
}

bool NmsLayer::setIndicesType(tenon::DataType type) noexcept {
  return guard(network.logger(), false, [&] {
    require_indices_type(type, name);
    set(indices, type);
    return true;
  });
}

std::vector<TensorId> NmsLayer::lower(Lowering& lowering) const {
  const TensorId boxes = id(lowering, 0);
  const TensorType type = lowering.type(boxes);
  if (type.rank() != 3)
    throw Error(ErrorCode::InvalidArgument, "boxes of shape {}; [N, boxes, 4] is needed", to_string(type));
  const auto count = type.dims[1].constant();
  if (limit != INT32_MAX && (!count || *count > limit))
    throw Error(ErrorCode::Unsupported, "only the best {} of the boxes {} looked at", limit, to_string(type));
  const TensorId scores = lowering.transpose(id(lowering, 1), {0, 2, 1});
  std::vector<TensorId> operands = {boxes, scores, lowering.as_int64(id(lowering, 2))};
  for (const size_t threshold : {3, 4}) operands.push_back(has(threshold) ? id(lowering, threshold) : kNone);
  const TensorId selected =
      lowering.add("NonMaxSuppression", std::move(operands),
                   {{"center_point_box", int64_t{format == tenon::BoundingBoxFormat::kCENTER_SIZES}}});
  const TensorId extents = lowering.add("Shape", {selected});
  const TensorId found = lowering.add("Gather", {extents, lowering.constant(Constant::scalar(DataType::I64, 0))});
  return {as_indices(lowering, selected, indices), lowering.cast(found, DataType::I32)};
}

bool GridSampleLayer::setSampleMode(tenon::SampleMode value) noexcept {
  return guard(network.logger(), false, [&] {
    using enum tenon::SampleMode;
    if (value != kFILL && value != kCLAMP && value != kREFLECT)
      throw Error(ErrorCode::InvalidArgument, "layer '{}': a grid reads fill, clamped or reflected values outside",
                  name);
    set(outside, value);
    return true;
  });
}

std::vector<TensorId> GridSampleLayer::lower(Lowering& lowering) const {
  static constexpr const char* kModes[] = {"nearest", "linear", "cubic"};
  const char* padding = outside == tenon::SampleMode::kFILL    ? "zeros"
                        : outside == tenon::SampleMode::kCLAMP ? "border"
                                                               : "reflection";
  return {lowering.add("GridSample", {id(lowering, 0), id(lowering, 1)},
                       {{"mode", std::string(kModes[static_cast<size_t>(mode)])},
                        {"padding_mode", std::string(padding)},
                        {"align_corners", int64_t{align_corners}}})};
}

std::vector<TensorId> ReverseSequenceLayer::lower(Lowering& lowering) const {
  return {lowering.add("ReverseSequence", {id(lowering, 0), lowering.as_int64(id(lowering, 1))},
                       {{"batch_axis", int64_t{batch_axis}}, {"time_axis", int64_t{sequence_axis}}})};
}

}  // namespace tn::api
