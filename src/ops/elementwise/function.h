// SPDX-License-Identifier: Apache-2.0
// Elementwise operators that are one function without attributes, as templates over that function.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

/// A name as a template argument.
template <size_t N>
struct Text {
  char data[N]{};
  consteval Text(const char (&text)[N]) { std::copy_n(text, N, data); }  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const { return {data, N - 1}; }
};

/// Element types that an operator takes.
enum class Accepts : uint8_t { Any, Number, Float, Integer, Bool };
/// Throws Error(InvalidModel) naming the type.
void check_accepts(Accepts accepts, DataType type);

/// Elements of an elementwise result over small integer tensors whose elements are known, or nothing.
std::optional<Dims> map_values(const InferContext& context,
                               const std::function<std::optional<Dim>(std::span<const Dim>)>& function);

using UnaryFunction = Expr (*)(const Expr&);
using BinaryFunction = Expr (*)(const Expr&, const Expr&);
using UnarySymbolic = std::optional<Dim> (*)(const Dim&);
using BinarySymbolic = std::optional<Dim> (*)(const Dim&, const Dim&);

template <Text kText, UnaryFunction kFunction, Accepts kAccepts = Accepts::Float, UnarySymbolic kSymbolic = nullptr,
          bool kGivesBool = false>
struct Unary final : OpBase<Unary<kText, kFunction, kAccepts, kSymbolic, kGivesBool>, ElementwiseN<1>> {
  static constexpr std::string_view kName = kText.view();
  Expr expression(std::span<const Expr> x) const override { return kFunction(x[0]); }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(kAccepts, inputs[0]);
    return kGivesBool ? DataType::Bool : inputs[0];
  }
  std::optional<Dims> value(const InferContext& context) const override {
    if constexpr (kSymbolic == nullptr)
      return std::nullopt;
    else
      return map_values(context, [](std::span<const Dim> x) { return kSymbolic(x[0]); });
  }
};

template <Text kText, BinaryFunction kFunction, Accepts kAccepts, BinarySymbolic kSymbolic = nullptr,
          bool kGivesBool = false>
struct Binary final : OpBase<Binary<kText, kFunction, kAccepts, kSymbolic, kGivesBool>, ElementwiseN<2>> {
  static constexpr std::string_view kName = kText.view();
  Expr expression(std::span<const Expr> x) const override { return kFunction(x[0], x[1]); }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(kAccepts, this->Elementwise::result_type(inputs));
    return kGivesBool ? DataType::Bool : inputs[0];
  }
  std::optional<Dims> value(const InferContext& context) const override {
    if constexpr (kSymbolic == nullptr)
      return std::nullopt;
    else
      return map_values(context, [](std::span<const Dim> x) { return kSymbolic(x[0], x[1]); });
  }
};

/// kFunction between the first two inputs, then between that and the third, and so on.
template <Text kText, BinaryFunction kFunction, Accepts kAccepts, BinarySymbolic kSymbolic = nullptr>
struct Variadic final : OpBase<Variadic<kText, kFunction, kAccepts, kSymbolic>, Elementwise> {
  static constexpr std::string_view kName = kText.view();
  int arity() const override { return -1; }
  Expr expression(std::span<const Expr> x) const override {
    Expr result = x[0];
    for (const Expr& next : x.subspan(1)) result = kFunction(result, next);
    return result;
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(kAccepts, this->Elementwise::result_type(inputs));
    return inputs[0];
  }
  std::optional<Dims> value(const InferContext& context) const override {
    if constexpr (kSymbolic == nullptr)
      return std::nullopt;
    else
      return map_values(context, [](std::span<const Dim> x) {
        std::optional<Dim> result = x[0];
        for (size_t i = 1; i < x.size() && result; ++i) result = kSymbolic(*result, x[i]);
        return result;
      });
  }
};

/// Importers that take a node as it is, the same since `kSince`.
template <typename T, int kSince>
constexpr OnnxImporter kImportSame[] = {{T::kName, kSince, import_same<T>}};

/// Before opset 7 the second input of a binary operator was aligned with the first at `axis`.
void align_legacy_operand(NodeView& node);

template <typename T>
std::vector<TensorId> import_legacy(NodeView& node) {
  align_legacy_operand(node);
  return import_same<T>(node);
}

template <typename T>
constexpr OnnxImporter kImportBinary[] = {{T::kName, 1, import_legacy<T>}, {T::kName, 7, import_same<T>}};

template <typename T>
constexpr OpEntry entry(std::span<const OnnxImporter> onnx, std::span<const std::string_view> cases) {
  return {T::kName, make_op<T>, onnx, cases};
}

}  // namespace tn::ops
