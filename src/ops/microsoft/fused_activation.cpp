// SPDX-License-Identifier: Apache-2.0
#include "ops/microsoft/fused_activation.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "ops/compose.h"

namespace tn::ops {
namespace {

struct Activation {
  std::string_view name, op;
  std::array<std::string_view, 2> attributes = {};  ///< of the operator, in the order of the numbers
};

constexpr Activation kActivations[] = {{"Relu", "Relu"},
                                       {"Tanh", "Tanh"},
                                       {"Sigmoid", "Sigmoid"},
                                       {"Softplus", "Softplus"},
                                       {"Softsign", "Softsign"},
                                       {"HardSwish", "HardSwish"},
                                       {"Gelu", "Gelu"},
                                       {"Silu", "Silu"},
                                       {"QuickGelu", "Silu", {"alpha"}},
                                       {"LeakyRelu", "LeakyRelu", {"alpha"}},
                                       {"Elu", "Elu", {"alpha"}},
                                       {"ThresholdedRelu", "ThresholdedRelu", {"alpha"}},
                                       {"HardSigmoid", "HardSigmoid", {"alpha", "beta"}},
                                       {"Selu", "Selu", {"alpha", "gamma"}}};

TensorId clip(import::NodeView& node, TensorId x, std::span<const std::optional<double>> bounds) {
  constexpr double kMost = std::numeric_limits<float>::max();
  const auto bound = [&](size_t i, double fallback) {
    return scalar_like(node, i < bounds.size() ? bounds[i].value_or(fallback) : fallback, x);
  };
  const TensorId low = bound(0, -kMost);
  return compose(node, "Clip", {x, low, bound(1, kMost)});
}

}  // namespace

TensorId activate(import::NodeView& node, TensorId x, std::string_view name,
                  std::span<const std::optional<double>> numbers) {
  if (name.empty()) return x;
  if (name == "Clip") return clip(node, x, numbers);
  const auto* found = std::ranges::find(kActivations, name, &Activation::name);
  if (found == std::end(kActivations))
    throw Error(ErrorCode::Unsupported, "activation '{}'; export the model without that fusion", name);
  FieldMap attributes;
  if (name == "QuickGelu") attributes["alpha"] = 1.702;
  for (size_t i = 0; i < std::min(numbers.size(), found->attributes.size()); ++i) {
    if (numbers[i] && !found->attributes[i].empty()) attributes[std::string(found->attributes[i])] = *numbers[i];
  }
  return compose(node, found->op, {x}, attributes);
}

TensorId activate_with_params(import::NodeView& node, TensorId x) {
  const std::vector<double> given = node.numbers("activation_params");
  const std::vector<std::optional<double>> numbers(given.begin(), given.end());
  return activate(node, x, node.text("activation", ""), numbers);
}

TensorId activate_with_letters(import::NodeView& node, TensorId x) {
  const auto number = [&](std::string_view letter) {
    return node.has(letter) ? std::optional(node.number(letter, 0)) : std::nullopt;
  };
  const std::string name = node.text("activation", "");
  const std::array numbers = {number("activation_alpha"),
                              number(name == "Selu" ? "activation_gamma" : "activation_beta")};
  return activate(node, x, name, numbers);
}

}  // namespace tn::ops
