// SPDX-License-Identifier: Apache-2.0
// Functions of bytes as tables of their 256 values.
#pragma once

#include <cstdint>
#include <span>

namespace tn {

/// Bytes come in blocks.
inline constexpr int64_t kLookUpBlock = 64;
/// bytes[i] = table[bytes[i]] for whole blocks.
using LookUpFunction = void (*)(const uint8_t* table, uint8_t* bytes, int64_t blocks);

/// Those that this CPU can run, the best last.
std::span<const LookUpFunction> available_look_ups();
inline LookUpFunction best_look_up() {
  return available_look_ups().back();
}

void look_up_generic(const uint8_t* table, uint8_t* bytes, int64_t blocks);
void look_up_avx2(const uint8_t* table, uint8_t* bytes, int64_t blocks);
void look_up_avx512vbmi(const uint8_t* table, uint8_t* bytes, int64_t blocks);

}  // namespace tn
