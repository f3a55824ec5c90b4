// SPDX-License-Identifier: Apache-2.0
// Random tensors, all made from numbers that are uniform in [0, 1).
#include <numbers>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/random/reference/random_uniform.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Inputs: the shape. Output: numbers that are uniform in [0, 1), others in every run.
struct RandomUniform final : OpBase<RandomUniform, Referenced>, RandomUniformAttributes {
  static constexpr std::string_view kName = "RandomUniform";
  using RandomUniformAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    const Dims* shape = context.value(0);
    model_check(shape != nullptr, "the shape must be computable from the shapes of the inputs");
    model_check(dtype == DataType::F32 || dtype == DataType::F64, "random numbers as {}", name_of(dtype));
    return {{dtype, *shape}};
  }
  bool deterministic() const override { return false; }
};

TensorId uniform(NodeView& node, const Dims& dims, DataType type, int64_t stream = 0) {
  auto op = std::make_shared<RandomUniform>();
  op->dtype = type == DataType::F64 ? DataType::F64 : DataType::F32;
  op->seeded = node.has("seed");
  op->seed = node.number("seed", 0);
  op->stream = stream;
  return node.add(std::move(op), {extents(node, dims)});
}

// x · factor + summand
TensorId scaled(NodeView& node, TensorId x, double factor, double summand) {
  x = compose(node, "Mul", {x, scalar_like(node, factor, x)});
  return compose(node, "Add", {x, scalar_like(node, summand, x)});
}

// Box and Muller: √(−2 ln(1 − u)) · cos(2πv)
TensorId normal(NodeView& node, const Dims& dims, DataType type) {
  const TensorId u = scaled(node, uniform(node, dims, type, 0), -1, 1), v = uniform(node, dims, type, 1);
  const TensorId logarithm = compose(node, "Log", {u});
  const TensorId radius = compose(node, "Sqrt", {compose(node, "Mul", {logarithm, scalar_like(node, -2, u)})});
  const TensorId angle = compose(node, "Mul", {v, scalar_like(node, 2 * std::numbers::pi, v)});
  return compose(node, "Mul", {radius, compose(node, "Cos", {angle})});
}

TensorId distributed(NodeView& node, bool is_normal, const Dims& dims, DataType type) {
  if (is_normal)
    return cast_to(node, scaled(node, normal(node, dims, type), node.number("scale", 1), node.number("mean", 0)), type);
  const double low = node.number("low", 0), high = node.number("high", 1);
  return cast_to(node, scaled(node, uniform(node, dims, type), high - low, low), type);
}

template <bool kNormal>
std::vector<TensorId> import_random(NodeView& node) {
  Dims dims;
  for (const int64_t extent : node.integers("shape")) dims.emplace_back(extent);
  return {distributed(node, kNormal, dims, node.data_type("dtype", DataType::F32))};
}

template <bool kNormal>
std::vector<TensorId> import_random_like(NodeView& node) {
  const TensorType type = node.type(node.input(0));
  return {distributed(node, kNormal, type.dims, node.data_type("dtype", type.type))};
}

std::vector<TensorId> import_bernoulli(NodeView& node) {
  const TensorId p = widen(node, node.input(0));
  const TensorType type = node.type(p);
  const TensorId hit = compose(node, "Less", {uniform(node, type.dims, type.type), p});
  return {cast_to(node, hit, node.data_type("dtype", node.type(node.input(0)).type))};
}

// The largest of the logarithms of the probabilities, each plus noise of Gumbel's distribution: −ln(−ln u).
std::vector<TensorId> import_multinomial(NodeView& node) {
  constexpr int64_t kSamples[] = {1};
  const TensorId logarithms = widen(node, node.input(0));
  const TensorType type = node.type(logarithms);
  const int64_t samples = node.integer("sample_size", 1);
  model_check(type.rank() == 2 && samples > 0, "{} samples of {}", samples, to_string(type));
  const TensorId u = uniform(node, {type.dims[0], samples, type.dims[1]}, type.type);
  const auto minus_log = [&](TensorId x) { return compose(node, "Neg", {compose(node, "Log", {x})}); };
  const TensorId noisy = compose(node, "Add", {unsqueeze(node, logarithms, kSamples), minus_log(minus_log(u))});
  const TensorId chosen = compose(node, "ArgMax", {noisy}, {{"axis", int64_t{2}}, {"keepdims", false}});
  return {cast_to(node, chosen, node.data_type("dtype", DataType::I32))};
}

constexpr OnnxImporter kOnnx[] = {{"RandomUniform", 1, import_random<false>},
                                  {"RandomNormal", 1, import_random<true>},
                                  {"RandomUniformLike", 1, import_random_like<false>},
                                  {"RandomNormalLike", 1, import_random_like<true>},
                                  {"Bernoulli", 15, import_bernoulli},
                                  {"Multinomial", 7, import_multinomial}};
constexpr std::string_view kCases[] = {"RandomUniform(i64[2]{3,5}) {seeded=true, seed=7.0}",
                                       "RandomUniform(i64[1]{9}) {dtype=\"f64\", seeded=true, seed=-0.5, stream=1}"};

}  // namespace

extern const OpEntry random_uniform_entry = {RandomUniform::kName, make_op<RandomUniform>, kOnnx, kCases};

}  // namespace tn::ops
