// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/codegen/element_kernel.h"
#include "backends/cuda/tactics/launch.h"

namespace tn::cuda {

/// An operator without expressions behind it whose results' extents are known before it runs, by generated kernels in
/// which each thread makes an element. They read and write any strides.
template <typename Op>
class ElementTactic : public Tactic {
 public:
  Support supports(const Region& region, const Target& target) const final {
    const Op* op = dynamic_cast<const Op*>(region.anchor);
    if (!op) return Support::foreign();
    if (!region.expressions.empty()) return Support::no("expressions follow the operator");
    if (!region.defines().empty()) return Support::no("extents that only running tells");
    return fits(*op, region, target);
  }
  std::optional<Order> order(const Region&) const override { return Order::RowMajor; }
  bool timed() const final { return false; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const final {
    lower(dynamic_cast<const Op&>(*region.anchor), region, lowering);
  }

 protected:
  virtual Support fits(const Op&, const Region&, const Target&) const { return {}; }
  virtual void lower(const Op& op, const Region& region, RegionLowering& lowering) const = 0;
};

/// The operands of a kernel text under construction, as placed tensors.
struct Operands {
  std::vector<int> inputs, outputs;

  /// Input `k` of the region's anchor; false if it is absent.
  bool add_input(const Region& region, RegionLowering& lowering, size_t k);
  ElementKernel kernel(const RegionLowering& lowering, std::string_view kind, const Dims& domain) const;
  void launch(RegionLowering& lowering, const KernelText& text) const { add_launch(lowering, text, inputs, outputs); }
};

/// Whether the region's anchor has its operand `k`.
bool has_operand(const Region& region, size_t k);
/// Elements of operand `k` as expressions of extents; null if absent or not known.
const Dims* known_value(const Region& region, size_t k);

}  // namespace tn::cuda
