// SPDX-License-Identifier: Apache-2.0
#include "api/run/logger.h"

#include <string>

namespace tn::api {

void PublicLogger::write(Severity severity, std::string_view message) noexcept {
  const auto level = static_cast<tenon::ILogger::Severity>(severity);
  try {
    logger_->log(level, std::string(message).c_str());
  } catch (...) {
    logger_->log(level, "out of memory while writing a message");
  }
}

}  // namespace tn::api
