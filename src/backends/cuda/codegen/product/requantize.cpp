// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/requantize.h"

#include <fmt/format.h>

#include "backends/cuda/codegen/prelude.h"
#include "backends/cuda/codegen/scalar_text.h"

namespace tn::cuda {
namespace {

std::string number(double value) {
  ScalarValue literal_value{};
  literal_value.f = value;
  return literal(ScalarType::F32, literal_value);
}

std::string rounded(const std::string& t) {
  return fmt::format("__float2int_rn({})", t);
}

// Both bounds are integers, so that clamping before rounding is the same.
std::string between(const std::string& t, const Requantization::Rounding& to) {
  return fmt::format("fminf({}, fmaxf({}, {}))", number(static_cast<double>(to.high - to.zero_point)),
                     number(static_cast<double>(to.low - to.zero_point)), t);
}

std::string clamped(const std::string& t, const Requantization::Rounding& to) {
  return fmt::format("{} + {}", rounded(between(t, to)), to.zero_point);
}

// The same as a float: above 1.5 · 2^23 floats are whole, and adding rounds to them.
std::string clamped_float(const std::string& t, const Requantization::Rounding& to) {
  constexpr double kWhole = 0x1.8p23;
  return fmt::format("__fadd_rn(__fadd_rn({}, {}), {})", between(t, to), number(kWhole),
                     number(static_cast<double>(to.zero_point) - kWhole));
}

class Text {
 public:
  std::string add(std::string_view type, const std::string& value) {
    const std::string name = fmt::format("q{}", count_++);
    text_.statements += fmt::format("  const {} {} = {};\n", type, name, value);
    return name;
  }
  void append(const std::string& statements) { text_.statements += statements; }
  RequantizationText finish(std::string result) {
    text_.result = std::move(result);
    return std::move(text_);
  }

 private:
  RequantizationText text_;
  int count_ = 0;
};

}  // namespace

RequantizationText requantization_text(const Requantization& requantization, DataType to, const std::string& sum,
                                       std::span<const std::string> inputs) {
  const auto input = [&](int index) { return inputs[static_cast<size_t>(index)]; };
  Text text;
  const std::string corrected = requantization.correction == Requantization::kNone
                                    ? sum
                                    : fmt::format("({} - {})", sum, input(requantization.correction));
  std::string t = text.add("float", fmt::format("__fmaf_rn((float){}, {}, {})", corrected, input(requantization.scale),
                                                input(requantization.offset)));
  if (!requantization.bytes) return text.finish(t);
  const Requantization::Bytes& bytes = *requantization.bytes;
  const auto with_residual = [&](const std::string& x) {
    if (bytes.residual == Requantization::kNone) return x;
    return text.add(
        "float", fmt::format("__fmaf_rn((float){}, {}, {})", input(bytes.residual), number(bytes.residual_scale), x));
  };
  if (!bytes.again) t = with_residual(t);
  if (bytes.activation) {
    const ScalarText activation = scalar_text(*bytes.activation, {&t, 1}, "a");
    text.append(activation.statements);
    t = text.add("float", fmt::format("__fmul_rn({}, {})", activation.results[0], number(bytes.inverse)));
  }
  const bool is_signed = is_signed_integer(to);
  const auto last = [&](const std::string& x, const Requantization::Rounding& rounding) {
    const bool saturates =
        rounding.zero_point == 0 && rounding.low == (is_signed ? -128 : 0) && rounding.high == (is_signed ? 127 : 255);
    return saturates ? rounded(x) : clamped(x, rounding);
  };
  if (bytes.again) {
    const std::string first = text.add("float", clamped_float(t, bytes.rounding));
    t = text.add("float",
                 fmt::format("__fmaf_rn({}, {}, {})", first, number(bytes.again->scale), number(bytes.again->offset)));
    return text.finish(text.add("int", last(with_residual(t), bytes.again->rounding)));
  }
  if (!bytes.has_table) return text.finish(text.add("int", last(t, bytes.rounding)));
  const std::string q = text.add("int", clamped(t, bytes.rounding));
  return text.finish(text.add("int", fmt::format("({})table[{} & 255]", text_of(to), q)));
}

}  // namespace tn::cuda
