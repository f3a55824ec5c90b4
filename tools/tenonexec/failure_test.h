// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tenonexec/failure.h"

namespace tenonexec {

/// What the function says is wrong; empty if it fails with nothing.
std::string failure_of(auto&& function) {
  try {
    function();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace tenonexec
