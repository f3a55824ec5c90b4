// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace tenonexec {

/// Ends the program with one line and exit code 1. The message names the flag, file or tensor, and the way out.
class Failure : public std::runtime_error {
 public:
  template <typename... Args>
  explicit Failure(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

/// Ends the program after the library has logged why.
class Reported : public std::exception {};

}  // namespace tenonexec
