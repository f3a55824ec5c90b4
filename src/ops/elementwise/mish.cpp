// SPDX-License-Identifier: Apache-2.0
#include "ops/entry.h"

namespace tn::ops {
namespace {

/// x * tanh(ln(1 + e^x))
struct Mish final : OpBase<Mish, ElementwiseN<1>> {
  static constexpr std::string_view kName = "Mish";
  Expr expression(std::span<const Expr> x) const override { return x[0] * tanh(softplus(x[0])); }
};

constexpr OnnxImporter kOnnx[] = {{"Mish", 18, import_same<Mish>}};
constexpr std::string_view kCases[] = {"Mish(f32[2,3,5])", "Mish(f16[7])"};

}  // namespace

extern const OpEntry mish_entry = {Mish::kName, make_op<Mish>, kOnnx, kCases};

}  // namespace tn::ops
