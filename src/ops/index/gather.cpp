// SPDX-License-Identifier: Apache-2.0
#include "ops/index/gather.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

void check_indices(const InferContext& context) {
  const DataType type = context.type(1).type;
  model_check(type == DataType::I32 || type == DataType::I64, "indices are {}, i32 or i64 is needed",
              to_string(context.type(1)));
}

}  // namespace

std::vector<TensorType> Gather::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &indices = context.type(1);
  check_indices(context);
  model_check(x.rank() > 0, "a scalar has no axis to gather along");
  const int along = normalize_axis(axis, x.rank());
  Dims dims(x.dims.begin(), x.dims.begin() + along);
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + along + 1, x.dims.end());
  return {{x.type, std::move(dims)}};
}

bool Gather::splits_batch(const InferContext& context, const Dim& batch) const {
  if (normalize_axis(axis, context.type(0).rank()) != 0) return only_first_has_batch(context, batch);
  return !begins_with(context, 0, batch) && begins_with(context, 1, batch);
}

std::optional<Dims> Gather::value(const InferContext& context) const {
  const Dims* data = context.value(0);
  const auto indices = known_integers(context, 1);
  if (!data || !indices || context.type(0).rank() != 1 || context.type(1).rank() > 1) return std::nullopt;
  const auto extent = static_cast<int64_t>(data->size());
  Dims result;
  for (const int64_t index : *indices) {
    model_check(index >= -extent && index < extent, "index {} is outside an extent of {}", index, extent);
    result.push_back((*data)[static_cast<size_t>(index < 0 ? index + extent : index)]);
  }
  return result;
}

std::vector<TensorType> GatherElements::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &indices = context.type(1);
  check_indices(context);
  check_rank(context, 1, x.rank());
  model_check(x.rank() > 0, "a scalar has no axis to gather along");
  normalize_axis(axis, x.rank());
  return {{x.type, indices.dims}};
}

bool GatherElements::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch) && begins_with(context, 1, batch) &&
         normalize_axis(axis, context.type(0).rank()) != 0;
}

std::vector<TensorType> GatherND::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &indices = context.type(1);
  check_indices(context);
  const auto depth = indices.dims.empty() ? std::nullopt : indices.dims.back().constant();
  model_check(depth.has_value() && batch_dims >= 0 && batch_dims < indices.rank() && *depth + batch_dims <= x.rank(),
              "indices {} with {} batch axes do not address {}", to_string(indices), batch_dims, to_string(x));
  Dims dims(indices.dims.begin(), indices.dims.end() - 1);
  for (size_t i = 0; i < static_cast<size_t>(batch_dims); ++i)
    dims[i] = unify(x.dims[i], indices.dims[i], "batch extents");
  dims.insert(dims.end(), x.dims.begin() + batch_dims + *depth, x.dims.end());
  return {{x.type, std::move(dims)}};
}

namespace {

constexpr OnnxImporter kGather[] = {{"Gather", 1, import_same<Gather>}};
constexpr OnnxImporter kGatherElements[] = {{"GatherElements", 11, import_same<GatherElements>}};
constexpr OnnxImporter kGatherND[] = {{"GatherND", 11, import_same<GatherND>}};
constexpr std::string_view kGatherCases[] = {"Gather(f32[3,4,5], i64[2,2]{0,3,-1,2}) {axis=1}",
                                             "Gather(i64[5], i32[]{-2})"};
constexpr std::string_view kGatherElementsCases[] = {"GatherElements(f32[3,2], i64[2,2]{0,2,-1,1})"};
constexpr std::string_view kGatherNDCases[] = {"GatherND(f32[2,3,4], i64[2,2]{0,1,1,-1})",
                                               "GatherND(f32[2,3,4], i64[2,1]{2,0}) {batch_dims=1}"};

}  // namespace

extern const OpEntry gather_entry = {Gather::kName, make_op<Gather>, kGather, kGatherCases};
extern const OpEntry gather_elements_entry = {GatherElements::kName, make_op<GatherElements>, kGatherElements,
                                              kGatherElementsCases};
extern const OpEntry gather_nd_entry = {GatherND::kName, make_op<GatherND>, kGatherND, kGatherNDCases};

}  // namespace tn::ops
