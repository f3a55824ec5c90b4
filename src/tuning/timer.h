// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/lane.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// Part of every key of the timing cache: to be raised when times measured by Timer would no longer compare.
inline constexpr int kTimingMethod = 2;

/// Measures one way of running a region: a plan of its own with random data, hot inputs and cold weights (several
/// copies of the weights in turn), on the lane the engine will run on.
class Timer {
 public:
  /// `opt`: values of the symbols; `repeats`: measurements at most.
  Timer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats);
  /// Microseconds of one run: the lower quartile of the repeats, of which two are enough for what is far above `best`.
  double measure(const Region& region, const Choice& choice, double best);

 private:
  const Backend& backend_;
  const Target& target_;
  std::map<std::string, int64_t> opt_;
  int repeats_;
  Lane lane_;
};

/// Bytes of the arena that its hungriest step uses beside its operands, at the largest shapes. Of control flow 0: the
/// regions inside are asked on their own.
uint64_t workspace_of(const Region& region, const Backend& backend, const Target& target, const Choice& choice);

/// A region with the values of symbols put in, as a graph of one node.
Graph specialize(const Region& region, const std::map<std::string, int64_t>& symbols);

}  // namespace tn
