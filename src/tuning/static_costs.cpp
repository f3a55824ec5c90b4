// SPDX-License-Identifier: Apache-2.0
#include "tuning/static_costs.h"

namespace tn {

double StaticCosts::microseconds(const Region& region) {
  constexpr double kPerStep = 1, kBytesPerMicrosecond = 1e6;
  double bytes = 0;
  const auto add = [&](const TensorType& type) {
    double size = static_cast<double>(size_of(type.type));
    for (const Dim& dim : type.dims) {
      const Dim known = dim.substitute([&](const std::string& symbol) {
        const auto value = opt_.find(symbol);
        return value == opt_.end() ? std::nullopt : std::optional(Dim(value->second));
      });
      size *= static_cast<double>(known.constant().value_or(1));
    }
    bytes += size;
  };
  for (int i = 0; i < region.inputs(); ++i) {
    if (region.has_input(i)) add(region.input_type(i));
  }
  for (int i = 0; i < region.outputs(); ++i) add(region.output_type(i));
  return kPerStep + bytes / kBytesPerMicrosecond;
}

}  // namespace tn
