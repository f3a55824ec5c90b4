// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tn {

/// Which of four activations a step of a product of bytes multiplies.
enum class Places : uint8_t { All, Even, Odd };

}  // namespace tn
