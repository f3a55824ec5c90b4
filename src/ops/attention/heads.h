// SPDX-License-Identifier: Apache-2.0
// What importers of the forms of attention share: packed heads, and which keys a query may see.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// [N,S,H·D] as [N,H,S,D].
TensorId unpack_heads(import::NodeView& node, TensorId x, int64_t heads);
/// [N,H,S,D] as [N,S,H·D].
TensorId pack_heads(import::NodeView& node, TensorId y);
/// `scale`, or 1 / sqrt(size of the heads of q) where it is 0.
double attention_scale(const import::NodeView& node, TensorId q, double scale);

/// Which keys a query may see, beyond what the mask says. Query i stands at position i + `first` (or `past`).
struct Visibility {
  TensorId lengths = kNone;  ///< [N]: how many keys there are
  TensorId first = kNone;    ///< [N]: the position of the first query …
  Dim past = 0;              ///< … or one for all
  bool causal = false;
  int64_t left = -1, right = -1;  ///< widest distance to either side; -1: any
};

/// A tensor of Bool that broadcasts to [N,1,S,T], or kNone if everything is seen.
TensorId seen_keys(import::NodeView& node, const Visibility& visibility, const Dim& queries, const Dim& keys);

}  // namespace tn::ops
