// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <ctime>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/interfaces.h"

namespace tenonexec {

/// "[11/22/2026-20:15:00] [I] text", in local time.
std::string format_log_line(std::time_t time, tenon::ILogger::Severity severity, std::string_view text);

/// The log: information to standard output, warnings and errors to standard error. Also the library's logger, whose
/// messages carry "[TN] ". On a terminal the last line may be a progress bar, which stays below the log. Thread-safe.
class Console final : public tenon::ILogger {
 public:
  Console();
  void set_verbose(bool verbose) { verbose_ = verbose; }
  bool on_terminal() const { return on_terminal_; }

  void log(Severity severity, const char* message) noexcept override;
  void write(Severity severity, std::string_view text);
  /// A line without time stamp.
  void plain(std::string_view text);
  /// Replaces the progress bar; an empty text takes it away. Nothing happens where there is no terminal.
  void bar(std::string_view text);

  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    write(Severity::kINFO, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(Severity::kWARNING, fmt::format(format, std::forward<Args>(args)...));
  }
  void info_lines(const std::vector<std::string>& lines);

 private:
  void print(std::FILE* file, std::string_view line);

  std::mutex mutex_;
  std::string bar_;
  bool verbose_ = false;
  const bool on_terminal_;
};

}  // namespace tenonexec
