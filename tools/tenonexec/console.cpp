// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/console.h"

#include <cstdio>

#include "tenonexec/os/terminal.h"

namespace tenonexec {
namespace {

using Severity = tenon::ILogger::Severity;

char letter(Severity severity) {
  switch (severity) {
    case Severity::kINTERNAL_ERROR:
      return 'F';
    case Severity::kERROR:
      return 'E';
    case Severity::kWARNING:
      return 'W';
    case Severity::kINFO:
      return 'I';
    case Severity::kVERBOSE:
      return 'V';
  }
  return 'I';
}

}  // namespace

std::string format_log_line(std::time_t time, Severity severity, std::string_view text) {
  std::tm local{};
  localtime_r(&time, &local);
  return fmt::format("[{:02}/{:02}/{:04}-{:02}:{:02}:{:02}] [{}] {}", local.tm_mon + 1, local.tm_mday,
                     local.tm_year + 1900, local.tm_hour, local.tm_min, local.tm_sec, letter(severity), text);
}

Console::Console() : on_terminal_(output_is_terminal()) {}

void Console::log(Severity severity, const char* message) noexcept {
  try {
    write(severity, fmt::format("[TN] {}", message));
  } catch (...) {  // out of memory: the message is lost
  }
}

void Console::write(Severity severity, std::string_view text) {
  if (severity == Severity::kVERBOSE && !verbose_) return;
  const std::string line = format_log_line(std::time(nullptr), severity, text);
  print(severity <= Severity::kWARNING ? stderr : stdout, line);
}

void Console::plain(std::string_view text) {
  print(stdout, text);
}

void Console::info_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) write(Severity::kINFO, line);
}

void Console::print(std::FILE* file, std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!bar_.empty()) {
    std::fputs("\r\033[K", stdout);
    std::fflush(stdout);
  }
  std::fwrite(line.data(), 1, line.size(), file);
  std::fputc('\n', file);
  std::fflush(file);
  if (!bar_.empty()) {
    std::fputs(bar_.c_str(), stdout);
    std::fflush(stdout);
  }
}

void Console::bar(std::string_view text) {
  if (!on_terminal_) return;
  const std::lock_guard lock(mutex_);
  bar_ = text;
  std::fputs("\r\033[K", stdout);
  std::fputs(bar_.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace tenonexec
