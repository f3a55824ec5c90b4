// SPDX-License-Identifier: Apache-2.0
// What the forms of attention in com.microsoft share. q, k and v are [N,H,S,D]; masks are numbers that are added to the
// scores and broadcast to [N,H,S,T].
#pragma once

#include "import/node_view.h"

namespace tn::ops {

/// A mask of whichever kind ORT knows: [N] lengths, [2N] ends and beginnings, [3N+2] lengths first, [N,T] or [N,S,T]
/// with 0 for what is hidden. Hidden keys get the attribute mask_filter_value. kNone if the input is absent.
TensorId padding_mask(import::NodeView& node, size_t input, TensorId q, const Dim& keys);
/// The sum of two masks; either may be kNone.
TensorId add_masks(import::NodeView& node, TensorId a, TensorId b);

struct HeadsAndMask {
  TensorId q, k, v, mask = kNone;
  Dim past = 0;  ///< how many of the keys come before those of the queries
};

/// Attention by the attributes `scale` and `unidirectional`, as [N,S,H·D].
TensorId attend(import::NodeView& node, const HeadsAndMask& heads);

}  // namespace tn::ops
