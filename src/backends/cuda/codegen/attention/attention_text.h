// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "backends/cuda/codegen/kernel_text.h"

namespace tn::cuda {

/// softmax(Q · Kᵀ · scale + mask) · V of operands [N,H,S,D], [N,G,T,D], [N,G,T,E] -> [N,H,S,E] with any strides, all of
/// one type: f16, bf16 or f32. What a query sees is as ops::AttentionAttributes has it.
struct AttentionForm {
  Operand query, key, value, out;
  std::optional<Operand> mask;  ///< broadcasts to [N,H,S,T]; bool or a float type
  double scale = 1, softcap = 0;
  bool causal = false, aligned = false;
  bool exact = false;    ///< f32 is multiplied as such, not rounded to tf32
  bool vectors = false;  ///< rows of Q, K and V are dense and begin at multiples of 16 bytes
  bool pairs = false;    ///< rows of the result are dense and begin at multiples of two elements
};

/// How a block divides its work: its warps take 16 rows each, or the same rows and a share of each tile of keys.
struct AttentionTile {
  int row_warps = 4, key_warps = 1;
  int keys = 64;
  bool operator==(const AttentionTile&) const = default;
};

/// Whether head sizes, types and architecture ("sm_90") are among those that the kernel has, or why not.
std::optional<std::string> why_unsupported(const AttentionForm& form, const std::string& architecture);
/// Tiles that fit, the best guess first: where queries are few, they share out keys.
std::vector<AttentionTile> attention_tiles(const AttentionForm& form);
KernelText attention_text(const AttentionForm& form, const AttentionTile& tile, const SymbolRanges& ranges);

}  // namespace tn::cuda
