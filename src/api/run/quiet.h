// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "api/run/guard.h"

namespace tn::api {

/// guard() for calls of the interface that have no logger.
template <typename Result, typename Body>
Result quiet(Result failed, Body&& body) noexcept {
  SilentLogger silent;
  return guard(silent, failed, std::forward<Body>(body));
}

}  // namespace tn::api
