// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace tn {

/// A shared library opened while running. It stays open until the process ends: what it started may still run.
class SharedLibrary {
 public:
  /// The first of `names` that opens: sonames, looked for as the system does, or paths. Throws Error(NotFound) naming
  /// the first and the system's reason.
  explicit SharedLibrary(std::span<const char* const> names);

  /// The name that opened.
  const std::string& name() const { return name_; }
  /// Null if the library has no such symbol.
  void* find(const char* symbol) const noexcept;
  /// A function of type F. Throws Error(NotFound) naming library and symbol.
  template <typename F>
  F function(const char* symbol) const {
    return reinterpret_cast<F>(get(symbol));
  }

 private:
  void* get(const char* symbol) const;
  void* handle_ = nullptr;
  std::string name_;
};

}  // namespace tn
