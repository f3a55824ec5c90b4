// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "engine/engine_file.h"
#include "tuning/assign.h"
#include "tuning/graph_lowering.h"

namespace tn::test {

/// The narrow type costs next to nothing wherever a kernel takes it.
class NarrowIsCheap final : public RegionCosts {
 public:
  double microseconds(const Region& region) override;
};

/// A small network as it is lowered for a CUDA device, in every way that tuning could choose for one of its regions;
/// the other regions take their first.
class Ways {
 public:
  struct Way {
    const Node* node;
    Choice choice;
  };
  /// Runs all passes. Tensors inside are stored in `type` wherever a kernel takes it; F32: as they are. The device's
  /// compiler may be one that asks no more than for the texts.
  Ways(Graph graph, const OptimizationProfile& profile, const DeviceTarget& device, DataType type);

  const std::vector<Way>& all() const { return ways_; }
  /// "Conv+Add by conv.mma 64x64"
  std::string name(const Way& way) const;
  std::shared_ptr<const EngineFile> engine(const Way& way) const;

 private:
  std::vector<Choice> choices(const Region& region) const;

  Graph graph_;
  OptimizationProfile profile_;
  Target target_;
  std::vector<Way> ways_;
};

}  // namespace tn::test
