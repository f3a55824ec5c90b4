// SPDX-License-Identifier: Apache-2.0
// Activation functions without attributes or with one or two numbers.
#include "ops/compose.h"
#include "ops/elementwise/function.h"

namespace tn::ops {
namespace {

Expr softsign(const Expr& x) {
  return x / (abs(x) + 1);
}
Expr hard_swish(const Expr& x) {
  return x * clamp(x * (1.0 / 6) + 0.5, 0, 1);
}
Expr scaled_exponential(const Expr& x, double alpha, double gamma) {
  return select(greater(x, 0), gamma * x, (gamma * alpha) * expm1(min(x, 0)));
}

using Relu = Unary<"Relu", relu, Accepts::Number>;
using Sigmoid = Unary<"Sigmoid", sigmoid>;
using Softplus = Unary<"Softplus", softplus>;
using Softsign = Unary<"Softsign", softsign>;
using HardSwish = Unary<"HardSwish", hard_swish>;

/// What activations with numbers share: floats only, one input.
template <typename Derived>
struct Activation : OpBase<Derived, ElementwiseN<1>> {
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Float, inputs[0]);
    return inputs[0];
  }
};

template <typename Derived>
struct WithAlpha : Activation<Derived> {
  double alpha = Derived::kAlpha;
  template <typename V>
  void fields(V& v) {
    v("alpha", alpha);
  }
};

struct LeakyRelu final : WithAlpha<LeakyRelu> {
  static constexpr std::string_view kName = "LeakyRelu";
  static constexpr double kAlpha = 0.01;
  Expr expression(std::span<const Expr> x) const override { return select(less(x[0], 0), alpha * x[0], x[0]); }
};

struct Elu final : WithAlpha<Elu> {
  static constexpr std::string_view kName = "Elu";
  static constexpr double kAlpha = 1;
  Expr expression(std::span<const Expr> x) const override { return scaled_exponential(x[0], alpha, 1); }
};

struct Celu final : WithAlpha<Celu> {
  static constexpr std::string_view kName = "Celu";
  static constexpr double kAlpha = 1;
  Expr expression(std::span<const Expr> x) const override { return max(x[0], 0) + min(alpha * expm1(x[0] / alpha), 0); }
};

struct ThresholdedRelu final : WithAlpha<ThresholdedRelu> {
  static constexpr std::string_view kName = "ThresholdedRelu";
  static constexpr double kAlpha = 1;
  Expr expression(std::span<const Expr> x) const override {
    return select(greater(x[0], alpha), x[0], constant(0, x[0].type()));
  }
};

/// x · sigmoid(alpha · x): SiLU for alpha 1, QuickGelu for 1.702.
struct Silu final : WithAlpha<Silu> {
  static constexpr std::string_view kName = "Silu";
  static constexpr double kAlpha = 1;
  Expr expression(std::span<const Expr> x) const override { return x[0] * sigmoid(x[0] * alpha); }
};

struct Selu final : Activation<Selu> {
  static constexpr std::string_view kName = "Selu";
  double alpha = 1.67326319217681884765625, gamma = 1.05070102214813232421875;
  template <typename V>
  void fields(V& v) {
    v("alpha", alpha);
    v("gamma", gamma);
  }
  Expr expression(std::span<const Expr> x) const override { return scaled_exponential(x[0], alpha, gamma); }
};

struct HardSigmoid final : Activation<HardSigmoid> {
  static constexpr std::string_view kName = "HardSigmoid";
  double alpha = 0.2, beta = 0.5;
  template <typename V>
  void fields(V& v) {
    v("alpha", alpha);
    v("beta", beta);
  }
  Expr expression(std::span<const Expr> x) const override { return clamp(x[0] * alpha + beta, 0, 1); }
};

struct Shrink final : OpBase<Shrink, ElementwiseN<1>> {
  static constexpr std::string_view kName = "Shrink";
  double bias = 0, lambd = 0.5;
  template <typename V>
  void fields(V& v) {
    v("bias", bias);
    v("lambd", lambd);
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Number, inputs[0]);
    return inputs[0];
  }
  Expr expression(std::span<const Expr> inputs) const override {
    // Integers are compared with the fractional threshold as doubles.
    const Expr x = is_float(inputs[0].type()) ? inputs[0] : cast(inputs[0], ScalarType::F64);
    const Expr result = select(less(x, -lambd), x + bias, select(greater(x, lambd), x - bias, constant(0, x.type())));
    return cast(result, inputs[0].type());
  }
};

struct Gelu final : Activation<Gelu> {
  static constexpr std::string_view kName = "Gelu";
  std::string approximate = "none";  ///< or "tanh"
  template <typename V>
  void fields(V& v) {
    v("approximate", approximate);
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    model_check(approximate == "none" || approximate == "tanh", "approximate is '{}', not none or tanh", approximate);
    return Activation::result_type(inputs);
  }
  Expr expression(std::span<const Expr> inputs) const override {
    const Expr& x = inputs[0];
    if (approximate == "none") return 0.5 * x * (1 + erf(x * 0.70710678118654752440));
    return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  }
};

struct PRelu final : OpBase<PRelu, ElementwiseN<2>> {
  static constexpr std::string_view kName = "PRelu";
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Number, Elementwise::result_type(inputs));
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override { return select(less(x[0], 0), x[0] * x[1], x[0]); }
};

std::vector<TensorId> import_selu_1(NodeView& node) {
  auto op = std::make_shared<Selu>();
  op->alpha = node.number("alpha", 1.6732);
  op->gamma = node.number("gamma", 1.0507);
  return node.add_all(std::move(op), node.inputs);
}

// Before opset 7 a slope of one number per channel lay along axis 1.
std::vector<TensorId> import_prelu_1(NodeView& node) {
  const int rank = node.type(node.input(0)).rank();
  if (node.type(node.input(1)).rank() == 1 && rank > 2) {
    std::vector<int64_t> axes;
    for (int64_t i = 1; i < rank - 1; ++i) axes.push_back(i);
    node.inputs[1] = unsqueeze(node, node.inputs[1], axes);
  }
  return import_same<PRelu>(node);
}

// The gate's Swish times the value.
std::vector<TensorId> import_swiglu(NodeView& node) {
  model_check(node.type(node.input(0)).dims.size() == node.type(node.input(1)).dims.size(), "A is {}, B is {}",
              to_string(node.type(node.input(0))), to_string(node.type(node.input(1))));
  const TensorId gate = compose(node, "Silu", {node.input(0)}, {{"alpha", node.number("alpha", 1)}});
  return {compose(node, "Mul", {gate, node.input(1)})};
}

constexpr OnnxImporter kSilu[] = {{"Swish", 24, import_same<Silu>}, {"SwiGLU", 28, import_swiglu}};
constexpr OnnxImporter kSelu[] = {{"Selu", 1, import_selu_1}, {"Selu", 6, import_same<Selu>}};
constexpr OnnxImporter kPRelu[] = {{"PRelu", 1, import_prelu_1}, {"PRelu", 7, import_same<PRelu>}};
constexpr OnnxImporter kGelu[] = {{"Gelu", 20, import_same<Gelu>}};

constexpr std::string_view kReluCases[] = {"Relu(f32[2,3,5])", "Relu(f16[7])", "Relu(i32[7])"};
constexpr std::string_view kSigmoidCases[] = {"Sigmoid(f32[2,3,5])", "Sigmoid(f16[7])"};
constexpr std::string_view kSoftplusCases[] = {"Softplus(f32[2,3,5])", "Softplus(f64[7])"};
constexpr std::string_view kSoftsignCases[] = {"Softsign(f32[2,3,5])", "Softsign(bf16[7])"};
constexpr std::string_view kHardSwishCases[] = {"HardSwish(f32[2,3,5])", "HardSwish(f16[7])"};
constexpr std::string_view kLeakyReluCases[] = {"LeakyRelu(f32[2,3,5])", "LeakyRelu(f16[7]) {alpha=0.25}"};
constexpr std::string_view kEluCases[] = {"Elu(f32[2,3,5])", "Elu(f32[7]) {alpha=2.5}"};
constexpr std::string_view kCeluCases[] = {"Celu(f32[2,3,5])", "Celu(f32[7]) {alpha=2.5}"};
constexpr std::string_view kThresholdedReluCases[] = {"ThresholdedRelu(f32[2,3,5]) {alpha=0.5}"};
constexpr std::string_view kSiluCases[] = {"Silu(f32[2,3,5])", "Silu(f16[7]) {alpha=1.702}"};
constexpr std::string_view kSeluCases[] = {"Selu(f32[2,3,5])", "Selu(f32[7]) {alpha=2.0, gamma=3.0}"};
constexpr std::string_view kHardSigmoidCases[] = {"HardSigmoid(f32[2,3,5])", "HardSigmoid(f16[7]) {alpha=0.5}"};
constexpr std::string_view kShrinkCases[] = {"Shrink(f32[2,3,5]) {bias=0.25}", "Shrink(i32[7]) {bias=1.0, lambd=2.5}"};
constexpr std::string_view kGeluCases[] = {"Gelu(f32[2,3,5])", "Gelu(f32[7]) {approximate=\"tanh\"}"};
constexpr std::string_view kPReluCases[] = {"PRelu(f32[2,3,5], f32[3,1])", "PRelu(f16[7], f16[1])"};

}  // namespace

extern const OpEntry relu_entry = entry<Relu>(kImportSame<Relu, 1>, kReluCases);
extern const OpEntry sigmoid_entry = entry<Sigmoid>(kImportSame<Sigmoid, 1>, kSigmoidCases);
extern const OpEntry softplus_entry = entry<Softplus>(kImportSame<Softplus, 1>, kSoftplusCases);
extern const OpEntry softsign_entry = entry<Softsign>(kImportSame<Softsign, 1>, kSoftsignCases);
extern const OpEntry hard_swish_entry = entry<HardSwish>(kImportSame<HardSwish, 14>, kHardSwishCases);
extern const OpEntry leaky_relu_entry = entry<LeakyRelu>(kImportSame<LeakyRelu, 1>, kLeakyReluCases);
extern const OpEntry elu_entry = entry<Elu>(kImportSame<Elu, 1>, kEluCases);
extern const OpEntry celu_entry = entry<Celu>(kImportSame<Celu, 12>, kCeluCases);
extern const OpEntry thresholded_relu_entry =
    entry<ThresholdedRelu>(kImportSame<ThresholdedRelu, 1>, kThresholdedReluCases);
extern const OpEntry silu_entry = entry<Silu>(kSilu, kSiluCases);
extern const OpEntry selu_entry = entry<Selu>(kSelu, kSeluCases);
extern const OpEntry hard_sigmoid_entry = entry<HardSigmoid>(kImportSame<HardSigmoid, 1>, kHardSigmoidCases);
extern const OpEntry shrink_entry = entry<Shrink>(kImportSame<Shrink, 9>, kShrinkCases);
extern const OpEntry gelu_entry = entry<Gelu>(kGelu, kGeluCases);
extern const OpEntry prelu_entry = entry<PRelu>(kPRelu, kPReluCases);

}  // namespace tn::ops
