// SPDX-License-Identifier: Apache-2.0
// What adapters ask of a step of a plan, which is data from anywhere.
#pragma once

#include <utility>

#include "base/error.h"

namespace tn {

/// Throws Error(InvalidEngine).
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::InvalidEngine, format, std::forward<Args>(args)...);
}

}  // namespace tn
