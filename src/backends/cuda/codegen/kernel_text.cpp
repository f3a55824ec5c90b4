// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/kernel_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tn::cuda {

std::string Scalars::operator()(const Dim& dim) {
  if (const auto constant = dim.constant()) return fmt::format("{}", *constant);
  auto found = std::find(values_.begin(), values_.end(), dim);
  if (found == values_.end()) found = values_.insert(found, dim);
  return fmt::format("s{}", found - values_.begin());
}

std::string Scalars::parameters(bool comma) const {
  std::string text;
  for (size_t i = 0; i < values_.size(); ++i) text += fmt::format("{}long long s{}", comma || i > 0 ? ", " : "", i);
  return text;
}

}  // namespace tn::cuda
