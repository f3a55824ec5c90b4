// SPDX-License-Identifier: Apache-2.0
#include "api/build/structure.h"

#include <algorithm>

#include "api/build/network.h"

namespace tn::api {

std::set<const NetworkTensor*> Structure::inside() const {
  std::set<const NetworkTensor*> found;
  const auto insert_outputs = [&](const LayerRecord& layer) {
    for (const auto& output : layer.outputs) found.insert(output.get());
  };
  for (const LayerRecord* entry : entries_) insert_outputs(*entry);
  // Layers need not be in the order in which they depend on each other: inputs may be set later.
  for (size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& layer : network_.layers()) {
      if (std::ranges::find(exits_, layer.get()) != exits_.end()) continue;
      const auto sources = layer->sources();
      if (std::ranges::any_of(sources, [&](const NetworkTensor* source) { return found.contains(source); }))
        insert_outputs(*layer);
    }
  }
  return found;
}

std::vector<NetworkTensor*> Structure::sources() const {
  std::vector<NetworkTensor*> all;
  for (const auto* list : {&entries_, &exits_, &limits_}) {
    for (const LayerRecord* layer : *list) all.insert(all.end(), layer->inputs.begin(), layer->inputs.end());
  }
  return all;
}

}  // namespace tn::api
