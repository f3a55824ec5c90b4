// SPDX-License-Identifier: Apache-2.0
// What of a network is to be decided as one where products may compute with integers.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace tn {

/// A network twice, each as regions that the backend has: with everything quantized that may be, and with the products
/// in floats. Nodes of both are known by the names of the operators inside.
struct IntegerForms {
  const Graph& integers;
  const Graph& floats;
};

/// Nodes of the quantized network that stand or fall together, as a node in floats has the operators of them all.
struct IntegerGroup {
  std::vector<NodeId> integers, floats;  ///< in their graphs
  std::set<std::string> products;
  bool converts = false;     ///< nothing but a Quantize or Dequantize
  bool unsupported = false;  ///< a product that nothing computes with integers
  bool rounded = false;      ///< takes or gives integers
};

/// Of all nodes, in the order of the quantized network. `products`: names of those that there is a choice for.
std::vector<IntegerGroup> groups_of(const IntegerForms& forms, const std::set<std::string>& products);

/// Names of the operators in a node, but for changes of a number's form.
std::vector<std::string> operators_in(const Node& node);

/// Whether the tensor holds bytes and is no constant.
bool is_byte_activation(const Tensor& tensor);

}  // namespace tn
