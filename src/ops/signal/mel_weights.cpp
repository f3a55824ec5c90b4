// SPDX-License-Identifier: Apache-2.0
#include "ops/signal/reference/mel_weights.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Inputs: bands, length of the transform, sample rate, lowest and highest frequency (scalars). Output: [spectrum,
/// bands], a triangle of weights for each band.
struct MelWeightMatrix final : OpBase<MelWeightMatrix, Referenced>, MelWeightsAttributes {
  static constexpr std::string_view kName = "MelWeightMatrix";
  using MelWeightsAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    for (int i = 0; i < 5; ++i)
      model_check(product(context.type(i).dims) == Dim(1), "input {} is {}", i, to_string(context.type(i)));
    const Dims *bands = context.value(0), *length = context.value(1);
    model_check(bands && length, "bands and length must be computable from the shapes of the inputs");
    return {{dtype, {Dim::floor_div((*length)[0], 2) + 1, (*bands)[0]}}};
  }
};

std::vector<TensorId> import_mel_weights(NodeView& node) {
  auto op = std::make_shared<MelWeightMatrix>();
  op->dtype = node.data_type("output_datatype", DataType::F32);
  return node.add_all(std::move(op), node.inputs);
}

constexpr OnnxImporter kOnnx[] = {{"MelWeightMatrix", 17, import_mel_weights}};
constexpr std::string_view kCases[] = {
    "MelWeightMatrix(i64[]{8}, i64[]{16}, i64[]{8192}, f32[]{0}, f32[]{4096})",
    "MelWeightMatrix(i64[1]{3}, i64[1]{33}, i64[1]{16000}, f32[1]{125}, f32[1]{7600}) {dtype=\"f16\"}",
};

}  // namespace

extern const OpEntry mel_weights_entry = {MelWeightMatrix::kName, make_op<MelWeightMatrix>, kOnnx, kCases};

}  // namespace tn::ops
