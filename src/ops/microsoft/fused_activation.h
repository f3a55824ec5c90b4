// SPDX-License-Identifier: Apache-2.0
// The activation that a fused operator names in its attributes.
#pragma once

#include <optional>
#include <span>

#include "import/node_view.h"

namespace tn::ops {

/// The activation `name` with its numbers in order (alpha, beta; of Clip, the bounds); those absent have their usual
/// values. No name: x itself. Throws Error(Unsupported) if there is no such activation.
TensorId activate(import::NodeView& node, TensorId x, std::string_view name,
                  std::span<const std::optional<double>> numbers);

/// The same with what the attributes `activation` and `activation_params` say.
TensorId activate_with_params(import::NodeView& node, TensorId x);
/// The same with what `activation`, `activation_alpha`, `activation_beta` and `activation_gamma` say.
TensorId activate_with_letters(import::NodeView& node, TensorId x);

}  // namespace tn::ops
