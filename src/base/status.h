// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/error.h"

namespace tn {

/// The result of a run-side call: ok, or a code with a message in a fixed buffer. Never allocates, never throws.
class [[nodiscard]] Status {
 public:
  Status() = default;
  template <typename... Args>
  static Status failure(ErrorCode code, fmt::format_string<Args...> format, const Args&... args) noexcept {
    return failure(code, fmt::string_view(format), fmt::format_args(fmt::make_format_args(args...)));
  }
  static Status failure(const Error& error) noexcept { return failure(error.code(), "{}", error.what()); }

  bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  ErrorCode code() const noexcept { return code_; }
  std::string_view message() const noexcept { return text_.data(); }

 private:
  // Out of line: formatting into a buffer would bring all of fmt into each caller.
  static Status failure(ErrorCode code, fmt::string_view format, fmt::format_args args) noexcept;
  bool ok_ = true;
  ErrorCode code_ = ErrorCode::Internal;
  std::array<char, 480> text_{};
};

}  // namespace tn
