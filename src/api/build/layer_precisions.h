// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/build/lowering.h"
#include "ir/precisions.h"

namespace tn::api {

/// A tensor that a layer gives as integers of 8 bits.
struct Int8Result {
  TensorId tensor;
  std::string layer;
};

/// The types that layers of a network were given, in terms of its graph.
class LayerPrecisions {
 public:
  LayerPrecisions(Lowering& lowering, Precisions& precisions, std::vector<UnmetPrecision>& unmet)
      : lowering_(lowering), precisions_(precisions), unmet_(unmet) {}
  const std::vector<Int8Result>& int8_results() const { return int8_results_; }
  /// Once all layers are in the graph: holds their nodes, and adds conversions behind outputs that are to be stored in
  /// another type. `outputs` are those of the network.
  void apply(std::vector<TensorId>& outputs);

 private:
  void apply(const LayerRecord& layer, std::vector<TensorId>& outputs);
  void round(TensorId id, DataType type, std::vector<TensorId>& outputs);

  Lowering& lowering_;
  Precisions& precisions_;
  std::vector<UnmetPrecision>& unmet_;
  std::vector<Int8Result> int8_results_;
};

}  // namespace tn::api
