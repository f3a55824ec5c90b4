// SPDX-License-Identifier: Apache-2.0
// CUDA texts of products. Macros in front of them say what they are made for; see the .cpp that makes the macros.
#pragma once

#include <string_view>

namespace tn::cuda {

extern const std::string_view kMmaPartsText, kMmaLoadText, kMmaLoopText, kWarpgroupLoopText, kMmaResultsText, kStemText,
    kSimtText, kDepthwiseText;

}  // namespace tn::cuda
