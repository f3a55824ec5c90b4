// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/pad.h"

#include <algorithm>
#include <numeric>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Pad::infer(const InferContext& context) const {
  TensorType result = context.type(0);
  const Dims* pads = context.value(1);
  model_check(pads != nullptr, "the pads must be computable from the shapes of the inputs");
  if (context.has(2)) check_same_type(context, 0, 2);
  std::vector<int> axes(result.dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (context.has(3)) axes = normalize_axes(required_integers(context, 3, "axes"), result.rank());
  model_check(pads->size() == 2 * axes.size(), "{} pads for {} axes of {}", pads->size(), axes.size(),
              to_string(result));
  for (size_t i = 0; i < axes.size(); ++i) {
    Dim& dim = result.dims[static_cast<size_t>(axes[i])];
    const Dim padded = dim + (*pads)[i] + (*pads)[axes.size() + i];
    model_check(!padded.is_constant() || *padded.constant() >= 0, "pads {} leave nothing of {}", to_string(*pads),
                to_string(context.type(0)));
    dim = padded;
  }
  return {std::move(result)};
}

bool Pad::splits_batch(const InferContext& context, const Dim& batch) const {
  if (!only_first_has_batch(context, batch)) return false;
  const int rank = context.type(0).rank();
  const auto axes = context.has(3) ? normalize_axes(required_integers(context, 3, "axes"), rank) : std::vector{0};
  const auto first = std::ranges::find(axes, 0);
  return first == axes.end() || (*context.value(1))[static_cast<size_t>(first - axes.begin())] == Dim(0);
}

namespace {

PadMode mode_of(const NodeView& node) {
  Pad op;
  op.set_attributes({{"mode", node.text("mode", "constant")}});
  return op.mode;
}

// Up to opset 10 pads and value are attributes; opset 1 calls the pads paddings.
std::vector<TensorId> import_pad_1(NodeView& node) {
  const TensorId x = node.input(0);
  std::vector<TensorId> inputs = {x, node.add_integers(node.integers(node.has("paddings") ? "paddings" : "pads"))};
  const double value = node.number("value", 0);
  if (value != 0) inputs.push_back(node.add_constant(Constant::scalar(node.type(x).type, value)));
  return node.add_all(std::make_shared<Pad>(mode_of(node)), std::move(inputs));
}

constexpr OnnxImporter kOnnx[] = {{"Pad", 1, import_pad_1}, {"Pad", 11, import_same<Pad>}};
constexpr std::string_view kCases[] = {
    "Pad(f32[2,3], i64[4]{1,0,0,2}, f32[]{0.5})",
    "Pad(f32[2,3,4], i64[6]{0,1,2,0,2,3}) {mode=\"reflect\"}",
    "Pad(f32[2,3], i64[4]{1,2,2,1}) {mode=\"edge\"}",
    "Pad(i32[3,4], i64[2]{2,-1}, absent, i64[1]{1}) {mode=\"wrap\"}",
};

}  // namespace

extern const OpEntry pad_entry = {Pad::kName, make_op<Pad>, kOnnx, kCases};

}  // namespace tn::ops
