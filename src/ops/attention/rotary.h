// SPDX-License-Identifier: Apache-2.0
// Pairs of each head's elements turned by an angle that depends on the position.
#pragma once

#include "import/node_view.h"

namespace tn::ops {

struct Rotary {
  TensorId cosines, sines;     ///< [positions, R/2], or [N,S,R/2] with a row for each token
  TensorId positions = kNone;  ///< [N,S]: rows of the caches; kNone where they have a row for each token
  bool interleaved = false;    ///< pairs are neighbours, not halves apart
  int64_t turned = 0;          ///< so many elements of each head, the first ones; 0: all
};

/// x [N,H,S,D], or [N,S,heads·D], turned.
TensorId rotate(import::NodeView& node, TensorId x, const Rotary& rotary, int64_t heads = 0);

}  // namespace tn::ops
