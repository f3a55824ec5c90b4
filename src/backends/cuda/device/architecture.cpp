// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/architecture.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tn::cuda {

uint32_t most_shared_bytes(const std::string& architecture) {
  // The first name that the architecture's begins with.
  constexpr std::pair<std::string_view, uint32_t> kKibibytes[] = {{"sm_7", 64},  {"sm_86", 99}, {"sm_89", 99},
                                                                  {"sm_8", 163}, {"sm_12", 99}, {"", 227}};
  const auto found =
      std::ranges::find_if(kKibibytes, [&](const auto& each) { return architecture.starts_with(each.first); });
  return found->second * 1024;
}

}  // namespace tn::cuda
