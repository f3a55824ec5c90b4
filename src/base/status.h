// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace tn {

/// The result of a run-side call: ok, or a code with a message in a fixed buffer. Never allocates, never throws.
class [[nodiscard]] Status {
 public:
  Status() = default;
  template <typename... Args>
  static Status failure(ErrorCode code, fmt::format_string<Args...> format, const Args&... args) noexcept {
    Status status;
    status.ok_ = false;
    status.code_ = code;
    try {
      const auto end = fmt::vformat_to_n(status.text_.data(), status.text_.size() - 1, fmt::string_view(format),
                                         fmt::make_format_args(args...));
      *end.out = '\0';
    } catch (...) {
      std::strncpy(status.text_.data(), "(message could not be formatted)", status.text_.size() - 1);
    }
    return status;
  }
  static Status failure(const Error& error) noexcept { return failure(error.code(), "{}", error.what()); }

  bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  ErrorCode code() const noexcept { return code_; }
  std::string_view message() const noexcept { return text_.data(); }

 private:
  bool ok_ = true;
  ErrorCode code_ = ErrorCode::Internal;
  std::array<char, 480> text_{};
};

}  // namespace tn
