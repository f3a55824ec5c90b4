// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/rnn/reference/recurrent.h"

namespace tn::ops {

/// Recurrent layers. Inputs: X, W [D,G·H,I], R [D,G·H,H], B [D,2·G·H], lengths i32 [B], initial state, and for LSTM the
/// initial cell and peepholes [D,3·H]; all from B on are optional. Outputs: Y, last state, and for LSTM the last cell.
struct Recurrent : Referenced, RecurrentAttributes {
  using RecurrentAttributes::fields;

 protected:
  std::vector<TensorType> infer_layer(const InferContext& context, int64_t gates, size_t activation_count,
                                      int outputs) const;
};

/// Gates in the order z, r, h.
struct Gru final : OpBase<Gru, Recurrent> {
  static constexpr std::string_view kName = "GRU";
  using RecurrentAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override { return infer_layer(context, 3, 2, 2); }
};

/// Gates in the order i, o, f, c.
struct Lstm final : OpBase<Lstm, Recurrent> {
  static constexpr std::string_view kName = "LSTM";
  using RecurrentAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override { return infer_layer(context, 4, 3, 3); }
};

struct Rnn final : OpBase<Rnn, Recurrent> {
  static constexpr std::string_view kName = "RNN";
  using RecurrentAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override { return infer_layer(context, 1, 1, 2); }
};

}  // namespace tn::ops
