// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "api/run/logger.h"
#include "base/error.h"
#include "base/require.h"

namespace tn::api {

/// Logs the exception that is being handled.
void log_exception(Logger& logger) noexcept;

/// Runs an API call: whatever it throws becomes one error message and `failed`. The only place that catches everything.
template <typename Result, typename Body>
Result guard(Logger& logger, Result failed, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    log_exception(logger);
  }
  return failed;
}

template <typename T>
T& not_null(T* pointer, const char* what) {
  if (!pointer) throw Error(ErrorCode::InvalidArgument, "{} is a null pointer", what);
  return *pointer;
}

}  // namespace tn::api
