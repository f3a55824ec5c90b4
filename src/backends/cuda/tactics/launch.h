// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cuda/codegen/kernel_text.h"
#include "tuning/tactic.h"

namespace tn::cuda {

/// The placed tensor as a kernel's operand.
Operand operand(const RegionLowering& lowering, int tensor);

/// Adds a step that runs the text on these operands (placed tensors). Throws Error with the compiler's log.
void add_launch(RegionLowering& lowering, const KernelText& text, const std::vector<int>& inputs,
                const std::vector<int>& outputs);

/// DeviceTarget::copy.
StepDraft copy_step(const DeviceTarget& target, ProfileBuilder& builder, int from, int to);

}  // namespace tn::cuda
