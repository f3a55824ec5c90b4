// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "builder/batching.h"
#include "quant/plan.h"

namespace tn {

/// How the outputs of a rounded network compare with those of the exact one.
struct Comparison {
  double decibels = 0;   ///< signal over noise
  double agreement = 0;  ///< samples of which both say the same class, in percent
  double drop = 0;       ///< samples that fewer are right, in percent; 0 without labels
};

/// Samples that were not calibrated with, to compare networks on: all in f32, the rounded ones with rounded operands.
class HeldOut {
 public:
  /// `label_of`: the class of a sample by its source; empty where classes are not known.
  HeldOut(const Graph& exact, const Batching& batching, SampleSource& samples, int threads,
          const std::function<int32_t(const std::string&)>& label_of = nullptr);

  size_t samples() const { return samples_.size(); }
  /// `floats`: products that are not rounded, by name.
  Comparison compare(const Graph& graph, quant::Plan plan, const std::set<std::string>& floats = {}) const;

 private:
  struct Outputs {
    std::vector<float> numbers;    ///< all float outputs of all samples, one after another
    std::vector<int64_t> classes;  ///< where the first of them is largest
  };
  Outputs outputs_of(Graph graph) const;
  double right(const Outputs& outputs) const;

  const Batching& batching_;
  const int threads_;
  std::vector<Sample> samples_;
  std::vector<int32_t> labels_;
  Outputs exact_;
};

}  // namespace tn
