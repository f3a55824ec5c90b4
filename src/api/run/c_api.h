// SPDX-License-Identifier: Apache-2.0
// What both halves of the C interface stand on.
#pragma once

#include <string>
#include <vector>

#include "api/run/guard.h"
#include "tenon/interfaces.h"
#include "tenon/tenon_c.h"

struct tenon_blob {
  std::vector<std::byte> bytes;
};

namespace tn::api {

/// Message of the thread's last failure.
std::string& last_c_error() noexcept;
tenon_status status_of(ErrorCode code) noexcept;

/// Runs a call of the C interface: a failure is kept for tenon_last_error() and becomes a status.
template <typename Body>
tenon_status c_guard(Body&& body) noexcept {
  const auto fail = [](tenon_status status, const char* message) {
    try {
      last_c_error() = message;
    } catch (...) {
      last_c_error().clear();
    }
    return status;
  };
  try {
    last_c_error().clear();
    body();
    return TENON_OK;
  } catch (const Error& error) {
    return fail(status_of(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(TENON_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return fail(TENON_INTERNAL, error.what());
  } catch (...) {
    return fail(TENON_INTERNAL, "internal error: an unknown exception");
  }
}

}  // namespace tn::api
