// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

namespace tn {

enum class Severity : uint8_t { InternalError, Error, Warning, Info, Verbose };

/// Where messages go. Implementations must accept calls from several threads.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void write(Severity severity, std::string_view message) noexcept = 0;

  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(Severity::Warning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    write(Severity::Info, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void verbose(fmt::format_string<Args...> format, Args&&... args) {
    write(Severity::Verbose, fmt::format(format, std::forward<Args>(args)...));
  }
};

/// Drops everything.
class SilentLogger final : public Logger {
 public:
  void write(Severity, std::string_view) noexcept override {}
};

}  // namespace tn
