// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/attention/attention.h"
#include "base/tensor_view.h"

namespace tn::cpu {

/// Views are [batch, heads, rows, elements]; the mask, where there is one, broadcasts to the scores.
AttentionShape attention_shape(const TensorView& q, const TensorView& k, const TensorView& v, const TensorView* mask,
                               const TensorView& out, bool aligned);

}  // namespace tn::cpu
