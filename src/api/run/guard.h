// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "api/run/logger.h"
#include "base/error.h"
#include "base/require.h"

namespace tn::api {

/// Runs an API call: whatever it throws becomes one error message and `failed`. The only place that catches everything.
template <typename Result, typename Body>
Result guard(Logger& logger, Result failed, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    logger.write(error.code() == ErrorCode::Internal ? Severity::InternalError : Severity::Error, error.what());
  } catch (const std::bad_alloc&) {
    logger.write(Severity::Error, "out of memory");
  } catch (const std::exception& error) {
    logger.write(Severity::InternalError, error.what());
  } catch (...) {
    logger.write(Severity::InternalError, "internal error: an unknown exception");
  }
  return failed;
}

template <typename T>
T& not_null(T* pointer, const char* what) {
  if (!pointer) throw Error(ErrorCode::InvalidArgument, "{} is a null pointer", what);
  return *pointer;
}

}  // namespace tn::api
