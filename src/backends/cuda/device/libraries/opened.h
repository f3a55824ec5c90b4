// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace tn::cuda {

/// A library, or why it could not be opened: looked for once.
template <typename Library>
class Opened {
 public:
  explicit Opened(std::span<const char* const> names) noexcept {
    try {
      library_ = std::make_unique<const Library>(names);
    } catch (const Error& error) {
      reason_ = error.what();
    }
  }
  /// Throws Error(NotFound).
  const Library& get() const {
    if (!library_) throw Error(ErrorCode::NotFound, "there is no {} here: {}", Library::kName, reason_);
    return *library_;
  }

 private:
  std::unique_ptr<const Library> library_;
  std::string reason_;
};

}  // namespace tn::cuda
