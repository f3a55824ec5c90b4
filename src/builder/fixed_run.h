// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/lane.h"
#include "builder/builder.h"
#include "device/buffer.h"
#include "exec/context.h"

namespace tn {

/// Runs a network in f32 on the processor, while building: by the same kernels everywhere, of which none is measured,
/// and none computes sums in another order for more images or threads.
class FixedRun {
 public:
  /// Inputs have the profile's shapes, which may be ranges. Throws Error.
  FixedRun(Graph graph, const OptimizationProfile& profile, int threads);

  /// By number of the input; filled by the caller.
  std::span<std::byte> input(size_t index) { return buffers_[index].span(); }
  /// Throws Error.
  void run(std::span<const Shape> input_shapes);
  /// Of the last run, dense; by number of the output.
  TensorView output(size_t index) const;
  size_t outputs() const { return outputs_.size(); }
  Lane& lane() { return lane_; }

 private:
  Lane lane_;
  std::unique_ptr<Context> context_;
  std::vector<HostBuffer> buffers_;  ///< by binding
  size_t inputs_ = 0;
  std::vector<TensorView> outputs_;
};

}  // namespace tn
