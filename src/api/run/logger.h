// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "tenon/interfaces.h"

namespace tn::api {

/// Hands messages of the inside to the program's logger, which must outlive it.
class PublicLogger final : public Logger {
 public:
  explicit PublicLogger(tenon::ILogger& logger) : logger_(&logger) {}
  void write(Severity severity, std::string_view message) noexcept override;
  tenon::ILogger& target() const noexcept { return *logger_; }

 private:
  tenon::ILogger* logger_;
};

}  // namespace tn::api
