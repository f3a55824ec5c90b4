// SPDX-License-Identifier: Apache-2.0
// Build-side errors are exceptions; run-side errors are Status values (status.h).
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tn {

enum class ErrorCode : uint8_t {
  InvalidArgument,  ///< the caller's value, flag or shape is wrong
  InvalidModel,     ///< the network or its file is wrong
  InvalidEngine,    ///< an engine or cache file is damaged, foreign or of another version
  Unsupported,      ///< valid, but Tenon does not do it
  NotFound,         ///< a file, tensor or name does not exist
  Io,               ///< the operating system refused a read or write
  OutOfMemory,
  Internal,  ///< our bug; the message begins with "internal error:"
};

/// A message that names the thing, its shapes and the way out. Layers that catch it add where, innermost last:
/// "model.onnx: node 'fc1' (Gemm): inner dimensions differ; A is [8,512], B is [256,1000]".
class Error : public std::runtime_error {
 public:
  template <typename... Args>
  Error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args)
      : Error(code, fmt::string_view(format), fmt::format_args(fmt::make_format_args(args...))) {}

  ErrorCode code() const { return code_; }
  /// The same error with "where: " before its message.
  Error within(std::string_view where) const;

 private:
  // Out of line, so that the many places that throw stay small.
  Error(ErrorCode code, fmt::string_view format, fmt::format_args args);
  struct Plain {};
  Error(ErrorCode code, const std::string& message, Plain);
  ErrorCode code_;
};

/// Throws Error(Internal) when a condition that only our own code can break is broken.
template <typename... Args>
void internal_check(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::Internal, format, std::forward<Args>(args)...);
}

/// Throws Error(InvalidModel) when a network breaks a rule.
template <typename... Args>
void model_check(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::InvalidModel, format, std::forward<Args>(args)...);
}

}  // namespace tn
