// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "backends/cpu/kernels/conv/conv.h"
#include "tuning/region.h"

namespace tn::cpu {

/// What the kernels of a convolution region ask for, without instruction set and configuration.
ConvParams conv_params(const Region& region);
/// Whether the convolution has a bias of its own.
bool has_bias(const Region& region);
/// "6x2", "6x2w": the text of a configuration of direct convolution.
std::string text_of(const ConvConfig& config);

}  // namespace tn::cpu
