// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <fmt/format.h>

namespace tn {

Error::Error(ErrorCode code, fmt::string_view format, fmt::format_args args)
    : Error(code, fmt::vformat(format, args), Plain{}) {}

Error::Error(ErrorCode code, const std::string& message, Plain)
    : std::runtime_error(code == ErrorCode::Internal ? "internal error: " + message : message), code_(code) {}

Error Error::within(std::string_view where) const {
  return {code_, fmt::format("{}: {}", where, what()), Plain{}};
}

}  // namespace tn
