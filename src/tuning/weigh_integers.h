// SPDX-License-Identifier: Apache-2.0
// Which products compute with integers of 8 bits where ranges permit it: one minimum cut over measured times.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tuning/assign.h"
#include "tuning/integer_groups.h"

namespace tn {

struct IntegerRules {
  std::set<std::string> products;  ///< convolutions and matrix products that there is a choice for
  std::set<std::string> demanded;  ///< of these, those that must compute with integers
  std::vector<DataType> narrow;    ///< types of floats that may be chosen instead of f32
  bool binding = false;            ///< what is rounded stays so whatever the products do: the network says it itself
};

struct IntegerChoice {
  struct Line {
    std::string layer;  ///< in integers
    std::set<std::string> products;
    double in_integers = 0, in_floats = 0;  ///< microseconds; the first is infinite where nothing computes them so
    DataType floats = DataType::F32;        ///< the faster
    bool demanded = false, integers = false;
    std::string reason;  ///< why nothing computes it with integers
    bool unsupported() const { return in_integers > 1e30; }
  };
  std::vector<Line> lines;                  ///< in the order of the network
  double all_integers = 0, all_floats = 0;  ///< microseconds of what there is a choice for
  double cost = 0;                          ///< as chosen
  /// Products that are to compute with floats.
  std::set<std::string> floats() const;
  /// A line for each layer, with what became of its products: `integers` are those in int8.
  std::string explanation(const std::set<std::string>& integers) const;
};

/// Decides for each product. What regions cost is their measured time; where integers and floats meet, a Quantize or
/// Dequantize of the tensor is paid, once, or a quarter of it where the kernel does it as it loads or stores. Exact for
/// these costs (a minimum cut), and a function of them; ties go to floats. `node_done` is called for every node of both
/// graphs.
IntegerChoice weigh_integers(
    const IntegerForms& forms, const IntegerRules& rules, const Backend& backend, const Target& target,
    RegionCosts& costs, const std::function<void()>& node_done = [] {});

/// Microseconds of all regions of a graph that compute something.
double cost_of(const Graph& graph, RegionCosts& costs);

}  // namespace tn
