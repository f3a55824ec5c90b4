// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tn::cuda {

/// Attention in one pass over the keys ("flash"): a block takes ROW_WARPS x 16 queries of one head, its warps share
/// them and, with KEY_WARPS > 1, each tile of keys. Scores and sums are f32. The #defines in front of it are those that
/// attention_text() writes.
std::string_view attention_body();
/// Fragments, asynchronous copies and approximations that the body calls, by inline PTX.
std::string_view attention_instructions();

}  // namespace tn::cuda
