// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

template <size_t N, typename E>
std::string_view name_in(const std::array<std::string_view, N>& names, E value, const char* what) {
  const auto index = static_cast<size_t>(value);
  if (index >= N) throw Error(ErrorCode::InvalidArgument, "there is no {} {}", what, index);
  return names[index];
}

TensorId times(Lowering& lowering, TensorId input, double factor) {
  return lowering.add("Mul", {input, lowering.scalar(factor, input)});
}

// Floor of the quotient; ONNX's Div of integers cuts toward zero.
TensorId floor_div(Lowering& lowering, TensorId a, TensorId b) {
  const TensorId quotient = lowering.add("Div", {a, b});
  if (is_float(lowering.type(a).type)) return lowering.add("Floor", {quotient});
  const TensorId zero = lowering.scalar(0, a);
  const TensorId rest = lowering.add("Sub", {a, lowering.add("Mul", {quotient, b})});
  const TensorId signs = lowering.add("Xor", {lowering.add("Less", {rest, zero}), lowering.add("Less", {b, zero})});
  const TensorId inexact = lowering.add("Not", {lowering.add("Equal", {rest, zero})});
  const TensorId one_less = lowering.cast(lowering.add("And", {inexact, signs}), lowering.type(a).type);
  return lowering.add("Sub", {quotient, one_less});
}

}  // namespace

std::vector<int64_t> axes_of(uint32_t mask, int rank) {
  std::vector<int64_t> axes;
  for (int axis = 0; axis < 32; ++axis) {
    if (((mask >> axis) & 1u) == 0) continue;
    if (axis >= rank) throw Error(ErrorCode::InvalidArgument, "axis {} of a tensor with {} dimensions", axis, rank);
    axes.push_back(axis);
  }
  return axes;
}

int64_t only_axis(uint32_t mask, int rank) {
  const std::vector<int64_t> axes = axes_of(mask, rank);
  if (axes.size() != 1) throw Error(ErrorCode::InvalidArgument, "{} axes are set, one is possible", axes.size());
  return axes[0];
}

std::vector<TensorId> ActivationLayer::lower(Lowering& lowering) const {
  using enum tenon::ActivationType;
  const TensorId x = id(lowering, 0);
  const double a = alpha, b = beta;
  switch (function) {
    case kRELU:
      return {lowering.add("Relu", {x})};
    case kSIGMOID:
      return {lowering.add("Sigmoid", {x})};
    case kTANH:
      return {lowering.add("Tanh", {x})};
    case kLEAKY_RELU:
      return {lowering.add("LeakyRelu", {x}, {{"alpha", a}})};
    case kELU:
      return {lowering.add("Elu", {x}, {{"alpha", a}})};
    case kSELU:
      return {lowering.add("Selu", {x}, {{"alpha", a}, {"gamma", b}})};
    case kSOFTSIGN:
      return {lowering.add("Softsign", {x})};
    case kSOFTPLUS:
      return {times(lowering, lowering.add("Softplus", {times(lowering, x, b)}), a)};
    case kCLIP:
      return {lowering.add("Clip", {x, lowering.scalar(a, x), lowering.scalar(b, x)})};
    case kHARD_SIGMOID:
      return {lowering.add("HardSigmoid", {x}, {{"alpha", a}, {"beta", b}})};
    case kSCALED_TANH:
      return {times(lowering, lowering.add("Tanh", {times(lowering, x, b)}), a)};
    case kTHRESHOLDED_RELU:
      return {lowering.add("ThresholdedRelu", {x}, {{"alpha", a}})};
    case kGELU_ERF:
      return {lowering.add("Gelu", {x})};
    case kGELU_TANH:
      return {lowering.add("Gelu", {x}, {{"approximate", std::string("tanh")}})};
  }
  throw Error(ErrorCode::InvalidArgument, "there is no activation {}", static_cast<int>(function));
}

std::vector<TensorId> LrnLayer::lower(Lowering& lowering) const {
  return {lowering.add("LRN", {id(lowering, 0)},
                       {{"size", window},
                        {"alpha", static_cast<double>(alpha)},
                        {"beta", static_cast<double>(beta)},
                        {"bias", static_cast<double>(k)}})};
}

std::vector<TensorId> ScaleLayer::lower(Lowering& lowering) const {
  TensorId x = id(lowering, 0);
  const TensorType type = lowering.type(x);
  Shape dims;
  if (mode != tenon::ScaleMode::kUNIFORM) {
    if (axis < 0 || axis >= type.rank())
      throw Error(ErrorCode::InvalidArgument, "channel axis {} of {}", axis, to_string(type));
    const int last = mode == tenon::ScaleMode::kCHANNEL ? axis + 1 : type.rank();
    for (int i = axis; i < type.rank(); ++i) {
      const auto extent = i < last ? type.dims[static_cast<size_t>(i)].constant() : std::optional<int64_t>(1);
      if (!extent) throw Error(ErrorCode::InvalidModel, "dimension {} of {} must be known", i, to_string(type));
      dims.push_back(*extent);
    }
  }
  if (scale.count > 0) x = lowering.add("Mul", {x, lowering.constant(scale, dims, "the scale")});
  if (shift.count > 0) x = lowering.add("Add", {x, lowering.constant(shift, dims, "the shift")});
  if (power.count > 0) x = lowering.add("Pow", {x, lowering.constant(power, dims, "the power")});
  if (scale.count == 0 && shift.count == 0 && power.count == 0) x = lowering.add("Identity", {x});
  return {x};
}

std::vector<TensorId> SoftMaxLayer::lower(Lowering& lowering) const {
  const TensorId x = id(lowering, 0);
  const int rank = lowering.rank(x);
  const int64_t axis = axes != 0 ? only_axis(axes, rank) : std::max(rank - 3, 0);
  return {lowering.add("Softmax", {x}, {{"axis", axis}})};
}

std::vector<TensorId> ElementWiseLayer::lower(Lowering& lowering) const {
  const TensorId a = id(lowering, 0), b = id(lowering, 1);
  if (lowering.rank(a) != lowering.rank(b)) {
    throw Error(ErrorCode::InvalidModel, "both inputs need the same number of dimensions; they are {} and {}",
                to_string(lowering.type(a)), to_string(lowering.type(b)));
  }
  if (operation == tenon::ElementWiseOperation::kFLOOR_DIV) return {floor_div(lowering, a, b)};
  static constexpr std::array<std::string_view, 14> kNames = {"Add", "Mul", "Max", "Min", "Sub",   "Div",     "Pow",
                                                              "",    "And", "Or",  "Xor", "Equal", "Greater", "Less"};
  return {lowering.add(name_in(kNames, operation, "elementwise operation"), {a, b})};
}

std::vector<TensorId> UnaryLayer::lower(Lowering& lowering) const {
  static constexpr std::array<std::string_view, 25> kNames = {
      "Exp",  "Log",   "Sqrt",  "Reciprocal", "Abs",  "Neg",   "Sin", "Cos", "Tan",  "Sinh",  "Cosh",  "Asin", "Acos",
      "Atan", "Asinh", "Acosh", "Atanh",      "Ceil", "Floor", "Erf", "Not", "Sign", "Round", "IsInf", "IsNaN"};
  return {lowering.add(name_in(kNames, operation, "unary operation"), {id(lowering, 0)})};
}

std::vector<TensorId> ReduceLayer::lower(Lowering& lowering) const {
  static constexpr std::array<std::string_view, 5> kNames = {"ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin",
                                                             "ReduceMean"};
  const TensorId x = id(lowering, 0);
  const TensorId reduced = lowering.integers(axes_of(axes, lowering.rank(x)));
  return {lowering.add(name_in(kNames, operation, "reduction"), {x, reduced}, {{"keepdims", int64_t{keep}}})};
}

void MatrixMultiplyLayer::setOperation(int32_t operand, tenon::MatrixOperation op) noexcept {
  guard(network.logger(), false, [&] {
    if (operand != 0 && operand != 1)
      throw Error(ErrorCode::InvalidArgument, "layer '{}': operand {} of a product", name, operand);
    set(operations[operand], op);
    return true;
  });
}

std::vector<TensorId> MatrixMultiplyLayer::lower(Lowering& lowering) const {
  TensorId operands[2] = {id(lowering, 0), id(lowering, 1)};
  std::vector<int64_t> dropped;
  for (int i = 0; i < 2; ++i) {
    TensorId& operand = operands[i];
    const int rank = lowering.rank(operand);
    if (operations[i] == tenon::MatrixOperation::kVECTOR) {
      const int64_t axis = i == 0 ? -2 : -1;
      operand = lowering.add("Unsqueeze", {operand, lowering.integers({axis})});
      dropped.push_back(axis);
    } else if (rank < 2) {
      throw Error(ErrorCode::InvalidModel, "operand {} is {}; a matrix has two dimensions", i,
                  to_string(lowering.type(operand)));
    } else if (operations[i] == tenon::MatrixOperation::kTRANSPOSE) {
      std::vector<int64_t> order(static_cast<size_t>(rank));
      std::iota(order.begin(), order.end(), int64_t{0});
      std::swap(order[order.size() - 1], order[order.size() - 2]);
      operand = lowering.transpose(operand, std::move(order));
    }
  }
  TensorId product = lowering.add("MatMul", {operands[0], operands[1]});
  if (!dropped.empty()) product = lowering.add("Squeeze", {product, lowering.integers(dropped)});
  return {product};
}

std::vector<TensorId> ParametricReLULayer::lower(Lowering& lowering) const {
  return {lowering.add("PRelu", {id(lowering, 0), id(lowering, 1)})};
}

std::vector<TensorId> SelectLayer::lower(Lowering& lowering) const {
  return {lowering.add("Where", {id(lowering, 0), id(lowering, 1), id(lowering, 2)})};
}

std::vector<TensorId> CastLayer::lower(Lowering& lowering) const {
  return {lowering.cast(id(lowering, 0), to_data_type(to))};
}

std::vector<TensorId> NormalizationLayer::lower(Lowering& lowering) const {
  const TensorId x = id(lowering, 0), scale = id(lowering, 1), bias = id(lowering, 2);
  const int rank = lowering.rank(x);
  const std::vector<int64_t> reduced = axes_of(axes, rank);
  const double eps = epsilon;
  if (groups > 1) {
    const TensorId flat = lowering.integers({-1});
    return {lowering.add("GroupNormalization",
                         {x, lowering.add("Reshape", {scale, flat}), lowering.add("Reshape", {bias, flat})},
                         {{"num_groups", groups}, {"epsilon", eps}}, v2 ? 21 : 18)};
  }
  const bool trailing = !reduced.empty() && reduced.front() + static_cast<int64_t>(reduced.size()) == rank;
  if (v2 && trailing) {
    return {lowering.add("LayerNormalization", {x, scale, bias}, {{"axis", reduced.front()}, {"epsilon", eps}})};
  }
  const auto mean = [&](TensorId of) {
    return lowering.add("ReduceMean", {of, lowering.integers(reduced)}, {{"keepdims", int64_t{1}}});
  };
  const TensorId centred = lowering.add("Sub", {x, mean(x)});
  const TensorId variance = mean(lowering.add("Mul", {centred, centred}));
  const TensorId deviation = lowering.add("Sqrt", {lowering.add("Add", {variance, lowering.scalar(eps, x)})});
  const TensorId normal = lowering.add("Div", {centred, deviation});
  // V2: scale and bias have the normalized axes only, which are spread to their places.
  const auto spread = [&](TensorId weights) {
    if (!v2) return weights;
    std::vector<int64_t> others;
    for (int64_t axis = 0; axis < rank; ++axis) {
      if (std::find(reduced.begin(), reduced.end(), axis) == reduced.end()) others.push_back(axis);
    }
    return lowering.add("Unsqueeze", {weights, lowering.integers(others)});
  };
  return {lowering.add("Add", {lowering.add("Mul", {normal, spread(scale)}), spread(bias)})};
}

bool EinsumLayer::setEquation(char const* text) noexcept {
  return guard(network.logger(), false, [&] {
    set(equation, std::string(&not_null(text, "the equation")));
    return true;
  });
}

std::vector<TensorId> EinsumLayer::lower(Lowering& lowering) const {
  std::vector<TensorId> operands;
  for (size_t i = 0; i < inputs.size(); ++i) operands.push_back(id(lowering, i));
  return {lowering.add("Einsum", std::move(operands), {{"equation", equation}})};
}

bool CumulativeLayer::setOperation(tenon::CumulativeOperation value) noexcept {
  return value == tenon::CumulativeOperation::kSUM;
}

std::vector<TensorId> CumulativeLayer::lower(Lowering& lowering) const {
  return {lowering.add("CumSum", {id(lowering, 0), id(lowering, 1)},
                       {{"exclusive", int64_t{exclusive}}, {"reverse", int64_t{reverse}}})};
}

}  // namespace tn::api
