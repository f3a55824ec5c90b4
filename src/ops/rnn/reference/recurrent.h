// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

enum class Direction : uint8_t { Forward, Reverse, Bidirectional };
inline constexpr std::array<std::string_view, 3> kDirections = {"forward", "reverse", "bidirectional"};
inline std::span<const std::string_view> enum_names(Direction) {
  return kDirections;
}

/// Attributes of RNN, GRU and LSTM, with ONNX's names and meaning.
struct RecurrentAttributes {
  Direction direction = Direction::Forward;
  std::vector<std::string> activations;                   ///< for each direction; empty: the operator's defaults
  std::vector<double> activation_alpha, activation_beta;  ///< consumed by the activations that have such a parameter
  double clip = 0;                                        ///< bounds what enters activations; 0: no bound
  bool input_forget = false;                              ///< LSTM: the forget gate is 1 - input gate
  bool linear_before_reset = false;                       ///< GRU: the reset gate applies after the product
  int64_t layout = 0;  ///< 0: time first (X [T,B,I], Y [T,D,B,H], states [D,B,H]); 1: batch first
  template <typename V>
  void fields(V& v) {
    v("direction", direction);
    v("activations", activations);
    v("activation_alpha", activation_alpha);
    v("activation_beta", activation_beta);
    v("clip", clip);
    v("input_forget", input_forget);
    v("linear_before_reset", linear_before_reset);
    v("layout", layout);
  }
  int64_t directions() const { return direction == Direction::Bidirectional ? 2 : 1; }
};

/// Throws Error(InvalidModel) unless there are `count` activations for each direction (or none), all of them known.
void check_activations(const RecurrentAttributes& attributes, size_t count);

}  // namespace tn::ops
