// SPDX-License-Identifier: Apache-2.0
// Trigonometric and hyperbolic functions.
#include "ops/elementwise/function.h"

namespace tn::ops {
namespace {

using Sin = Unary<"Sin", sin>;
using Cos = Unary<"Cos", cos>;
using Tan = Unary<"Tan", tan>;
using Asin = Unary<"Asin", asin>;
using Acos = Unary<"Acos", acos>;
using Atan = Unary<"Atan", atan>;
using Sinh = Unary<"Sinh", sinh>;
using Cosh = Unary<"Cosh", cosh>;
using Tanh = Unary<"Tanh", tanh>;
using Asinh = Unary<"Asinh", asinh>;
using Acosh = Unary<"Acosh", acosh>;
using Atanh = Unary<"Atanh", atanh>;

constexpr std::string_view kSin[] = {"Sin(f32[2,3,5])", "Sin(f16[7])"};
constexpr std::string_view kCos[] = {"Cos(f32[2,3,5])", "Cos(f16[7])"};
constexpr std::string_view kTan[] = {"Tan(f32[2,3,5])", "Tan(f16[7])"};
constexpr std::string_view kAsin[] = {"Asin(f32[2,3,5])", "Asin(f16[7])"};
constexpr std::string_view kAcos[] = {"Acos(f32[2,3,5])", "Acos(f16[7])"};
constexpr std::string_view kAtan[] = {"Atan(f32[2,3,5])", "Atan(f16[7])"};
constexpr std::string_view kSinh[] = {"Sinh(f32[2,3,5])", "Sinh(f16[7])"};
constexpr std::string_view kCosh[] = {"Cosh(f32[2,3,5])", "Cosh(f16[7])"};
constexpr std::string_view kTanh[] = {"Tanh(f32[2,3,5])", "Tanh(f16[7])"};
constexpr std::string_view kAsinh[] = {"Asinh(f32[2,3,5])", "Asinh(f16[7])"};
constexpr std::string_view kAcosh[] = {"Acosh(f32[2,3,5])", "Acosh(f16[7])"};
constexpr std::string_view kAtanh[] = {"Atanh(f32[2,3,5])", "Atanh(f16[7])"};

}  // namespace

extern const OpEntry sin_entry = entry<Sin>(kImportSame<Sin, 7>, kSin);
extern const OpEntry cos_entry = entry<Cos>(kImportSame<Cos, 7>, kCos);
extern const OpEntry tan_entry = entry<Tan>(kImportSame<Tan, 7>, kTan);
extern const OpEntry asin_entry = entry<Asin>(kImportSame<Asin, 7>, kAsin);
extern const OpEntry acos_entry = entry<Acos>(kImportSame<Acos, 7>, kAcos);
extern const OpEntry atan_entry = entry<Atan>(kImportSame<Atan, 7>, kAtan);
extern const OpEntry sinh_entry = entry<Sinh>(kImportSame<Sinh, 9>, kSinh);
extern const OpEntry cosh_entry = entry<Cosh>(kImportSame<Cosh, 9>, kCosh);
extern const OpEntry tanh_entry = entry<Tanh>(kImportSame<Tanh, 1>, kTanh);
extern const OpEntry asinh_entry = entry<Asinh>(kImportSame<Asinh, 9>, kAsinh);
extern const OpEntry acosh_entry = entry<Acosh>(kImportSame<Acosh, 9>, kAcosh);
extern const OpEntry atanh_entry = entry<Atanh>(kImportSame<Atanh, 9>, kAtanh);

}  // namespace tn::ops
