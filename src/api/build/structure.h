// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/build/layer.h"

namespace tn::api {

/// Layers that run as a whole, such as a loop: what lies between the layers at its boundary.
class Structure {
 public:
  explicit Structure(Network& network) : network_(network) {}
  virtual ~Structure() = default;

  /// What depends on an entry, up to the exits.
  std::set<const NetworkTensor*> inside() const;
  /// Everything that the layers at the boundary read.
  std::vector<NetworkTensor*> sources() const;
  /// Adds the node that means all this, and returns what the exits give, in their order. Throws Error.
  virtual std::vector<TensorId> lower(Lowering& lowering) const = 0;
  const std::vector<LayerRecord*>& exits() const { return exits_; }

 protected:
  Network& network_;
  std::string name_;
  std::vector<LayerRecord*> entries_, exits_, limits_;  ///< limits steer it and give nothing
};

}  // namespace tn::api
