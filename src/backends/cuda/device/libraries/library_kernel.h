// SPDX-License-Identifier: Apache-2.0
// What kernels that call a library have in common.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "backends/cuda/device/adapter.h"
#include "backends/cuda/device/kernels.h"

namespace tn::cuda {

/// F32, F16 or BF16, else throws Error(InvalidEngine).
void require_float(DataType type, const char* what);

/// A call of a library, and how many bytes of workspace it needs.
struct SizedCall {
  std::unique_ptr<LibraryCall> call;
  size_t workspace = 0;
};

/// A kernel for the one shape of its spec: the call's arguments are addresses of inputs, outputs, and the workspace if
/// there is one. Throws Error(InvalidEngine) if `library` (as library_needs.h writes it) is not here, or if the engine
/// gives too small a workspace. On a device that takes no libraries nothing is made, and a call that does nothing has
/// the name `name`.
KernelPtr make_library_kernel(std::string_view name, const KernelSpec& spec, std::string_view library,
                              const std::function<SizedCall()>& make);

}  // namespace tn::cuda
