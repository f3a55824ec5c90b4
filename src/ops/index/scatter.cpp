// SPDX-License-Identifier: Apache-2.0
#include "ops/index/scatter.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> ScatterElements::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &indices = context.type(1), &updates = context.type(2);
  check_same_type(context, 0, 2);
  check_rank(context, 1, x.rank());
  check_rank(context, 2, x.rank());
  model_check(x.rank() > 0, "a scalar has no axis to scatter along");
  normalize_axis(axis, x.rank());
  for (size_t i = 0; i < indices.dims.size(); ++i) {
    model_check(may_equal(indices.dims[i], updates.dims[i]), "indices are {}, updates {}", to_string(indices),
                to_string(updates));
  }
  return {x};
}

std::vector<TensorType> ScatterND::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &indices = context.type(1), &updates = context.type(2);
  check_same_type(context, 0, 2);
  const auto depth = indices.dims.empty() ? std::nullopt : indices.dims.back().constant();
  model_check(depth.has_value() && *depth <= x.rank(), "indices {} do not address {}", to_string(indices),
              to_string(x));
  Dims needed(indices.dims.begin(), indices.dims.end() - 1);
  needed.insert(needed.end(), x.dims.begin() + *depth, x.dims.end());
  bool fits = needed.size() == updates.dims.size();
  for (size_t i = 0; fits && i < needed.size(); ++i) fits = may_equal(needed[i], updates.dims[i]);
  model_check(fits, "updates are {}, {} is needed", to_string(updates), to_string(needed));
  return {x};
}

namespace {

constexpr OnnxImporter kElements[] = {{"ScatterElements", 11, import_same<ScatterElements>},
                                      {"Scatter", 9, import_same<ScatterElements>}};
constexpr OnnxImporter kND[] = {{"ScatterND", 11, import_same<ScatterND>}};
constexpr std::string_view kElementsCases[] = {
    "ScatterElements(f32[3,3], i64[2,3]{1,0,2,0,2,1}, f32[2,3])",
    "ScatterElements(f32[1,5], i64[1,3]{1,-1,1}, f32[1,3]) {axis=1, reduction=\"add\"}",
};
constexpr std::string_view kNDCases[] = {"ScatterND(f32[4,3], i64[2,1]{2,0}, f32[2,3])",
                                         "ScatterND(f32[4,3], i64[3,2]{2,0,2,0,1,-1}, f32[3]) {reduction=\"mul\"}"};

}  // namespace

extern const OpEntry scatter_elements_entry = {ScatterElements::kName, make_op<ScatterElements>, kElements,
                                               kElementsCases};
extern const OpEntry scatter_nd_entry = {ScatterND::kName, make_op<ScatterND>, kND, kNDCases};

}  // namespace tn::ops
