// SPDX-License-Identifier: Apache-2.0
// What the adapters between steps of a plan and launches or calls have in common.
#pragma once

#include <span>

#include "device/kernel.h"
#include "device/requirement.h"

namespace tn::cuda {

/// Writes the addresses of inputs, outputs and, if there is one, the workspace to the front of `out`; says how many.
inline size_t pass_addresses(std::span<const TensorView> inputs, const KernelArguments& arguments, bool workspace,
                             std::span<uint64_t> out) noexcept {
  size_t next = 0;
  const auto pass = [&](const void* place) { out[next++] = reinterpret_cast<uint64_t>(place); };
  for (const TensorView& view : inputs) pass(view.data);
  for (const TensorView& view : arguments.outputs) pass(view.data);
  if (workspace) pass(arguments.workspace.data());
  return next;
}

}  // namespace tn::cuda
