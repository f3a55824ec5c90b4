// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/rnn/reference/recurrent.h"

namespace tn::ops {

/// One activation of a recurrent operator with its parameters.
struct Activation {
  double (*function)(double x, double alpha, double beta);
  double alpha = 0, beta = 0;
  double operator()(double x) const { return function(x, alpha, beta); }
};

/// The activations of all directions, `defaults` where the attributes name none.
std::vector<Activation> resolve_activations(const RecurrentAttributes& attributes,
                                            std::span<const std::string> defaults);

}  // namespace tn::ops
