// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reference/arg_reduce.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

struct ArgReduce : Referenced, ArgReduceAttributes {
  std::vector<TensorType> infer(const InferContext& context) const override {
    const TensorType& x = context.type(0);
    model_check(x.type != DataType::Bool, "{} is not a tensor of numbers", to_string(x));
    const int at = normalize_axis(axis, x.rank());
    TensorType y{DataType::I64, x.dims};
    if (keepdims)
      y.dims[static_cast<size_t>(at)] = 1;
    else
      y.dims.erase(y.dims.begin() + at);
    return {y};
  }
  bool splits_batch(const InferContext& context, const Dim& batch) const override {
    return only_first_has_batch(context, batch);
  }
};

struct ArgMax final : OpBase<ArgMax, ArgReduce> {
  static constexpr std::string_view kName = "ArgMax";
  using ArgReduceAttributes::fields;
};
struct ArgMin final : OpBase<ArgMin, ArgReduce> {
  static constexpr std::string_view kName = "ArgMin";
  using ArgReduceAttributes::fields;
};

constexpr OnnxImporter kMaxOnnx[] = {{"ArgMax", 1, import_same<ArgMax>}};
constexpr OnnxImporter kMinOnnx[] = {{"ArgMin", 1, import_same<ArgMin>}};
constexpr std::string_view kMaxCases[] = {"ArgMax(f32[2,3,5]) {axis=1}",
                                          "ArgMax(f32[2,9]) {axis=-1, keepdims=false, select_last_index=true}"};
constexpr std::string_view kMinCases[] = {"ArgMin(f32[2,3,5]) {axis=0, keepdims=false}",
                                          "ArgMin(i32[2,9]) {axis=1, select_last_index=true}"};

}  // namespace

extern const OpEntry arg_max_entry = {ArgMax::kName, make_op<ArgMax>, kMaxOnnx, kMaxCases};
extern const OpEntry arg_min_entry = {ArgMin::kName, make_op<ArgMin>, kMinOnnx, kMinCases};

}  // namespace tn::ops
