// SPDX-License-Identifier: Apache-2.0
// softmax(Q K^T * scale + mask) V without the score matrix in memory: blocks of queries against blocks of keys, with an
// online softmax where there is more than one block of keys (FlashAttention, Dao et al. 2022).
#pragma once

#include <array>
#include <optional>

#include "backends/cpu/kernels/attention/attention_kernels.h"
#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"

namespace tn {

struct AttentionParams {
  DataType type = DataType::F32;      ///< of Q, K, V and the output: F32, F16, BF16; arithmetic is f32
  std::optional<DataType> mask = {};  ///< added to the scores: F32, F16, BF16; or Bool: false shuts a key out
  float scale = 1.0f;                 ///< 1 / sqrt(dim), usually
  bool causal = false;                ///< query i sees the keys up to i + AttentionShape::causal_offset
  Isa isa = best_isa();
};

/// Sizes and strides of one run. Strides are in elements, by [batch, head, row, element] (mask: [batch, head, query,
/// key]); zero repeats (a mask of all heads). Fast where the element stride is one.
struct AttentionShape {
  using Strides = std::array<int64_t, 4>;
  int64_t batch = 1, heads = 1, queries = 0, keys = 0, dim = 0, value_dim = 0;
  int64_t key_heads = 0;  ///< 0: as many as `heads`; else a divisor of it (grouped queries)
  int64_t causal_offset = 0;
  Strides query{}, key{}, value{}, out{}, mask{};
};

/// bind() and run() never allocate; a bound object may run on several lanes at once, each with its own workspace.
class Attention {
 public:
  /// Throws Error(Unsupported) for other types than those above.
  explicit Attention(const AttentionParams& params);

  /// Bytes that run() needs for any shape up to `max` (dim, value_dim) on a lane of `threads`; aligned to 64.
  size_t workspace_bytes(const AttentionShape& max, int threads) const noexcept;
  void bind(const AttentionShape& shape) noexcept { shape_ = shape; }
  /// `mask` is not read unless the parameters have one.
  void run(Lane& lane, const void* query, const void* key, const void* value, const void* mask, void* out,
           void* workspace) const noexcept;

 private:
  struct Pointers;
  struct Room;
  struct Block;
  int64_t padded(int64_t columns) const noexcept {
    return (columns + kernels_.width - 1) / kernels_.width * kernels_.width;
  }
  Room room(const AttentionShape& shape, std::byte* base) const noexcept;
  int64_t visible_keys(int64_t query) const noexcept;
  void load_queries(const Pointers& p, const Block& block, float* to) const noexcept;
  void pack_keys(const std::byte* keys, int64_t count, float* to, float* aside) const noexcept;
  void pack_values(const std::byte* values, int64_t count, float* to) const noexcept;
  const float* mask_row(const Pointers& p, const Block& block, int64_t query, int64_t key, int64_t count,
                        float* aside) const noexcept;
  void run_block(const Pointers& p, const Block& block, Room& room) const noexcept;
  void run_few(const Pointers& p, const Block& block, Room& room) const noexcept;
  void store_out(const Pointers& p, const Block& block, Room& room) const noexcept;

  AttentionParams params_;
  size_t index_;
  int64_t size_, mask_size_ = 0;
  const AttentionKernels& kernels_;
  TransposeBlock transpose_;
  ConvertRow widen_, narrow_, widen_mask_ = nullptr;
  AttentionShape shape_;
};

}  // namespace tn
