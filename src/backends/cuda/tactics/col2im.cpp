// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/reference/col2im.h"

#include <fmt/format.h>

#include "backends/cuda/tactics/element_tactic.h"
#include "ops/definition.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

/// A thread adds up what the blocks have for its element of the image.
class Col2ImTactic final : public ElementTactic<ops::Referenced> {
 public:
  std::string_view name() const override { return "col2im"; }

 protected:
  Support fits(const ops::Referenced& op, const Region&, const Target&) const override {
    return op.name() == "Col2Im" ? Support{} : Support::foreign();
  }
  void lower(const ops::Referenced& op, const Region& region, RegionLowering& lowering) const override {
    const auto a = decode_fields<ops::Col2ImAttributes>(op.encode());
    Operands operands;
    operands.add_input(region, lowering, 0);
    operands.outputs = {lowering.output(0)};
    ElementKernel kernel = operands.kernel(lowering, name(), region.output_type(0).dims);
    const bool floats = is_float(kernel.output(0).type);
    const std::string_view type = !floats ? "int64_t" : kernel.output(0).type == DataType::F64 ? "double" : "float";
    std::string loops, closing, element = "0", column = "0";
    int64_t elements = 1;
    for (size_t k = 0; k < a.block.size(); ++k) {
      const int64_t around = a.pads[k] + a.pads[k + a.block.size()] - a.dilations[k] * (a.block[k] - 1) - 1;
      const std::string blocks = kernel.scalars()(Dim::floor_div(kernel.domain()[2 + k] + around, a.strides[k]) + 1);
      loops += fmt::format(
          "  for (int k{0} = 0; k{0} < {1}; ++k{0}) {{\n"
          "  const int64_t from{0} = (int64_t)i{2} + {3} - (int64_t)k{0} * {4}, at{0} = from{0} / {5};\n"
          "  if (from{0} < 0 || from{0} % {5} != 0 || at{0} >= {6}) continue;\n",
          k, a.block[k], 2 + k, a.pads[k], a.dilations[k], a.strides[k], blocks);
      closing += "  }\n";
      element = fmt::format("({} * {} + k{})", element, a.block[k], k);
      column = fmt::format("({} * {} + at{})", column, blocks, k);
      elements *= a.block[k];
    }
    const std::string value =
        kernel.in(0, {"i0", fmt::format("(i1 * {} + (index_t){})", elements, element), "(index_t)" + column});
    const std::string body = fmt::format(
        "  {0} sum = 0;\n{1}  const {0} x = ({0})to_compute({2});\n  sum = {3};\n{4}  store(&{5}, sum);\n", type, loops,
        value, floats ? "sum + x" : "int_add(sum, x)", closing, kernel.out(0, kernel.coordinates()));
    operands.launch(lowering, kernel.finish(body));
  }
};

}  // namespace

const Tactic& col2im() {
  static const Col2ImTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
