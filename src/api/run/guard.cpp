// SPDX-License-Identifier: Apache-2.0
#include "api/run/guard.h"

#include <exception>
#include <new>

namespace tn::api {

void log_exception(Logger& logger) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    logger.write(error.code() == ErrorCode::Internal ? Severity::InternalError : Severity::Error, error.what());
  } catch (const std::bad_alloc&) {
    logger.write(Severity::Error, "out of memory");
  } catch (const std::exception& error) {
    logger.write(Severity::InternalError, error.what());
  } catch (...) {
    logger.write(Severity::InternalError, "internal error: an unknown exception");
  }
}

}  // namespace tn::api
