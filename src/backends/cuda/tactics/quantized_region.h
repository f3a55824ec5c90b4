// SPDX-License-Identifier: Apache-2.0
// Regions whose anchor is a product of bytes (Region::anchor_loads), as codegen/product wants them.
#pragma once

#include "backends/cuda/tactics/product_region.h"
#include "tuning/quantized_product.h"

namespace tn::cuda {

/// What stands behind the sums.
struct QuantizedEpilogue {
  MatchedRequantization matched;  ///< of results that are floats no more than the bias
  std::vector<int> inputs;        ///< of the region that it reads
  ScalarProgram program;          ///< of what requantization gives, and these inputs
};

/// A product of bytes. Its constants are operands of the kernel behind the region's inputs.
class QuantizedRegion {
 public:
  /// Whether it can be made, or why not. `weight_axis`: of the weights, that of the channels; `result_axis`: of the
  /// result, counted from the back.
  static Support supports(const Region& region, int weight_axis, int result_axis);
  QuantizedRegion(const Region& region, int weight_axis, int result_axis);

  /// Region inputs that the epilogue reads, in the order of its inputs.
  const std::vector<int>& inputs() const { return epilogue_.inputs; }
  /// Fills in types and the epilogue. `axes` as for set_epilogue.
  void describe(Product& product, const Places& places, const std::vector<size_t>& axes,
                const SymbolRanges& ranges) const;
  /// The weights as integers, dense.
  ConstantPtr weights() const;
  /// Adds the constants of the epilogue, in the order of its further inputs, and the table.
  std::vector<int> add_constants(RegionLowering& lowering) const;

 private:
  int64_t zero_point() const { return region_.anchor_loads[0]->zero_point_at(0); }
  Requantization requantization() const;

  const Region& region_;
  QuantizedWeights weights_;
  QuantizedEpilogue epilogue_;
};

}  // namespace tn::cuda
