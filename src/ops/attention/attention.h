// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/node_view.h"
#include "ops/definition.h"

namespace tn::ops {

struct AttentionAttributes {
  double scale = 1;
  bool causal = false;   ///< query i sees the keys up to i …
  bool aligned = false;  ///< … plus the number of keys minus that of queries
  double softcap = 0;    ///< scores become softcap · tanh(score / softcap); 0: they stay
  template <typename V>
  void fields(V& v) {
    v("scale", scale);
    v("causal", causal);
    v("aligned", aligned);
    v("softcap", softcap);
  }
};

/// softmax(Q · Kᵀ · scale + mask) · V. Inputs: Q [N,H,S,D], K [N,G,T,D], V [N,G,T,E] with H divisible by G, and an
/// optional mask that broadcasts to [N,H,S,T]: numbers are added, false shuts a key out. A query that sees no key
/// gives zeros. Output [N,H,S,E].
struct Attention final : OpBase<Attention, Decomposed>, AttentionAttributes {
  static constexpr std::string_view kName = "Attention";
  using AttentionAttributes::fields;
  Attention() = default;
  explicit Attention(AttentionAttributes attributes) : AttentionAttributes(attributes) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::vector<int32_t> decompose(Graph& graph, std::string_view name, std::span<const int32_t> inputs) const override;
};

/// What the long form of attention makes on its way.
struct AttentionParts {
  TensorId raw;     ///< Q · Kᵀ · scale
  TensorId capped;  ///< after softcap
  TensorId masked;  ///< after the mask
  TensorId weights;
  TensorId output;
};

/// The nodes that mean attention. `seen` (kNone or Bool) broadcasts to the scores beside the mask.
AttentionParts compose_attention(import::NodeView& node, const AttentionAttributes& attributes, TensorId q, TensorId k,
                                 TensorId v, TensorId mask, TensorId seen = kNone);

}  // namespace tn::ops
