// SPDX-License-Identifier: Apache-2.0
// What kernels that call a library have in common.
#pragma once

#include <memory>
#include <string_view>

#include "backends/cuda/device/kernels.h"
#include "base/error.h"

namespace tn::cuda {

/// Throws Error(InvalidEngine).
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(ErrorCode::InvalidEngine, format, std::forward<Args>(args)...);
}
/// F32, F16 or BF16.
void require_float(DataType type, const char* what);

/// A kernel for the one shape of its spec: the call's arguments are addresses of inputs, outputs, and the workspace if
/// there is one. Without a call, on a device that takes no libraries, it calls one that does nothing, named `name`.
KernelPtr make_library_kernel(std::string_view name, const KernelSpec& spec, std::unique_ptr<LibraryCall> call);

}  // namespace tn::cuda
