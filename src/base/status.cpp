// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <fmt/format.h>

#include <cstring>

namespace tn {

Status Status::failure(ErrorCode code, fmt::string_view format, fmt::format_args args) noexcept {
  Status status;
  status.ok_ = false;
  status.code_ = code;
  try {
    const auto end = fmt::vformat_to_n(status.text_.data(), status.text_.size() - 1, format, args);
    *end.out = '\0';
  } catch (...) {
    std::strncpy(status.text_.data(), "(message could not be formatted)", status.text_.size() - 1);
  }
  return status;
}

}  // namespace tn
