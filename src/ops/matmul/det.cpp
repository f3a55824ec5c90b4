// SPDX-License-Identifier: Apache-2.0
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Determinants of the matrices in the last two axes.
struct Det final : OpBase<Det, Referenced> {
  static constexpr std::string_view kName = "Det";
  std::vector<TensorType> infer(const InferContext& context) const override {
    TensorType result = context.type(0);
    const size_t rank = result.dims.size();
    model_check(is_float(result.type) && rank >= 2 && may_equal(result.dims[rank - 1], result.dims[rank - 2]),
                "{} holds no square matrices", to_string(result));
    result.dims.resize(rank - 2);
    return {std::move(result)};
  }
  bool splits_batch(const InferContext& context, const Dim&) const override { return context.type(0).rank() > 2; }
};

constexpr OnnxImporter kOnnx[] = {{"Det", 11, import_same<Det>}};
constexpr std::string_view kCases[] = {"Det(f32[3,3])", "Det(f32[2,3,4,4])", "Det(f64[2,1,1])"};

}  // namespace

extern const OpEntry det_entry = {Det::kName, make_op<Det>, kOnnx, kCases};

}  // namespace tn::ops
