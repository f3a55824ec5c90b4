// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention.h"

#include <algorithm>
#include <limits>

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kKeys = 512;            // of one block: packed keys and values of 64 elements fill 256 KiB
constexpr int64_t kQueries = 192;         // of one unit of work at most; packing the keys costs a few percent then
constexpr int64_t kFew = 4;               // fewer queries than this do not pay for packing
constexpr int64_t kSerialWork = 1 << 15;  // multiplications; below this a second thread costs more than it brings
constexpr float kLowest = -std::numeric_limits<float>::infinity();

int64_t dot(const std::array<int64_t, 4>& strides, int64_t a, int64_t b, int64_t c) {
  return a * strides[0] + b * strides[1] + c * strides[2];
}

}  // namespace

struct Attention::Pointers {
  const std::byte *query, *key, *value, *mask;
  std::byte* out;
};

/// Rows [begin, end) of one head.
struct Attention::Block {
  int64_t batch, head, key_head, begin, end;
};

/// What one thread works in.
struct Attention::Room {
  float *keys, *values, *queries, *sums, *scores, *mask, *tops, *totals, *aside;
  size_t bytes = 0;
  int64_t packed_batch = -1, packed_head = -1;  // whose keys and values are packed, where one block holds them all
};

Attention::Attention(const AttentionParams& params)
    : params_(params),
      index_(float_index(params.type)),
      size_(static_cast<int64_t>(size_of(params.type))),
      kernels_(attention_kernels(params.isa)),
      transpose_(copy_kernels(params.isa).transpose[2]),
      widen_(convert_row(params.type, DataType::F32)),
      narrow_(convert_row(DataType::F32, params.type)) {
  if (!params.mask) return;
  if (*params.mask != DataType::Bool) float_index(*params.mask);
  mask_size_ = static_cast<int64_t>(size_of(*params.mask));
  widen_mask_ = convert_row(*params.mask, DataType::F32);
}

Attention::Room Attention::room(const AttentionShape& shape, std::byte* base) const noexcept {
  Room room{};
  const auto take = [&](int64_t floats) {
    float* at = base ? reinterpret_cast<float*>(base + room.bytes) : nullptr;
    room.bytes += (static_cast<size_t>(floats) * sizeof(float) + 63) / 64 * 64;
    return at;
  };
  const int64_t rows = kQueries + kernels_.rows, values = padded(shape.value_dim);
  room.keys = take(kKeys * shape.dim);
  room.values = take(kKeys * values);
  room.queries = take(rows * shape.dim);
  room.sums = take(rows * values);
  room.scores = take(kernels_.rows * kKeys);
  room.mask = take(kKeys);
  room.tops = take(rows);
  room.totals = take(rows);
  room.aside = take(std::max(kernels_.width * shape.dim, values));
  return room;
}

size_t Attention::workspace_bytes(const AttentionShape& max, int threads) const noexcept {
  return room(max, nullptr).bytes * static_cast<size_t>(threads);
}

void Attention::run(Lane& lane, const void* query, const void* key, const void* value, const void* mask, void* out,
                    void* workspace) const noexcept {
  const AttentionShape& s = shape_;
  const int64_t heads = s.batch * s.heads;
  if (heads * s.queries * s.value_dim == 0) return;
  const Pointers pointers{static_cast<const std::byte*>(query), static_cast<const std::byte*>(key),
                          static_cast<const std::byte*>(value), static_cast<const std::byte*>(mask),
                          static_cast<std::byte*>(out)};
  const int64_t threads = lane.size(), group = kernels_.rows;
  int64_t parts = (s.queries + kQueries - 1) / kQueries;
  const auto idle = [&] {  // thread-blocks without work, of each 8 that there are
    const int64_t rounds = (heads * parts + threads - 1) / threads;
    return (rounds * threads - heads * parts) * 8 / (rounds * threads);
  };
  while (idle() > 0 && s.queries / (2 * parts) >= 4 * group) parts *= 2;

  const int64_t groups = (s.queries + group - 1) / group;
  const auto part = [&](int64_t first, int64_t last, int thread) {
    const size_t bytes = room(s, nullptr).bytes;
    Room mine = room(s, static_cast<std::byte*>(workspace) + bytes * static_cast<size_t>(thread));
    for (int64_t unit = first; unit < last; ++unit) {
      const int64_t head = unit / parts % s.heads, index = unit % parts;
      const int64_t ratio = s.key_heads == 0 ? 1 : s.heads / s.key_heads;
      const Block block{unit / parts / s.heads, head, head / ratio, std::min(s.queries, groups * index / parts * group),
                        std::min(s.queries, groups * (index + 1) / parts * group)};
      if (block.begin == block.end) continue;
      const int64_t rows = (block.end - block.begin + group - 1) / group * group;
      std::fill_n(mine.sums, rows * padded(s.value_dim), 0.0f);
      std::fill_n(mine.tops, rows, kLowest);
      std::fill_n(mine.totals, rows, 0.0f);
      load_queries(pointers, block, mine.queries);
      if (block.end - block.begin < kFew && s.key[3] == 1 && s.value[3] == 1)
        run_few(pointers, block, mine);
      else
        run_block(pointers, block, mine);
      store_out(pointers, block, mine);
    }
  };
  const int64_t units = heads * parts;
  if (heads * s.queries * s.keys * (s.dim + s.value_dim) < kSerialWork)
    part(0, units, 0);
  else
    lane.run([&](int thread) { part(units * thread / threads, units * (thread + 1) / threads, thread); });
}

int64_t Attention::visible_keys(int64_t query) const noexcept {
  if (!params_.causal) return shape_.keys;
  return std::clamp<int64_t>(query + shape_.causal_offset + 1, 0, shape_.keys);
}

// Scaled, dense, and filled up with zeros to whole tiles.
void Attention::load_queries(const Pointers& p, const Block& block, float* to) const noexcept {
  const auto& strides = shape_.query;
  int64_t row = block.begin;
  for (; row < block.end; ++row, to += shape_.dim) {
    const std::byte* from = p.query + dot(strides, block.batch, block.head, row) * size_;
    if (strides[3] == 1) {
      kernels_.load[index_](from, params_.scale, to, shape_.dim);
    } else {
      widen_(from, strides[3], to, 1, shape_.dim);
      kernels_.load[0](to, params_.scale, to, shape_.dim);
    }
  }
  for (; (row - block.begin) % kernels_.rows != 0; ++row, to += shape_.dim) std::fill_n(to, shape_.dim, 0.0f);
}

// Panels of `width` keys, [dim][width] each, the last one filled up with zeros.
void Attention::pack_keys(const std::byte* keys, int64_t count, float* to, float* aside) const noexcept {
  const int64_t width = kernels_.width, dim = shape_.dim, stride = shape_.key[2], step = shape_.key[3];
  for (int64_t k = 0; k < count; k += width, to += dim * width) {
    const int64_t some = std::min(width, count - k);
    const std::byte* from = keys + k * stride * size_;
    if (some < width) std::fill_n(to, dim * width, 0.0f);
    if (step == 1 && params_.type == DataType::F32) {
      transpose_(from, stride, to, width, dim, some);
    } else if (step == 1) {
      for (int64_t i = 0; i < some; ++i) kernels_.load[index_](from + i * stride * size_, 1.0f, aside + i * dim, dim);
      transpose_(aside, dim, to, width, dim, some);
    } else if (stride == 1) {
      for (int64_t d = 0; d < dim; ++d) kernels_.load[index_](from + d * step * size_, 1.0f, to + d * width, some);
    } else {
      for (int64_t i = 0; i < some; ++i) widen_(from + i * stride * size_, step, to + i, width, dim);
    }
  }
}

// Panels of `width` columns, [keys][width] each, the last one filled up with zeros.
void Attention::pack_values(const std::byte* values, int64_t count, float* to) const noexcept {
  const int64_t width = kernels_.width, stride = shape_.value[2], step = shape_.value[3];
  for (int64_t c = 0; c < shape_.value_dim; c += width, to += count * width) {
    const int64_t some = std::min(width, shape_.value_dim - c);
    if (some < width) std::fill_n(to, count * width, 0.0f);
    for (int64_t k = 0; k < count; ++k) {
      const std::byte* from = values + (k * stride + c * step) * size_;
      if (step == 1)
        kernels_.load[index_](from, 1.0f, to + k * width, some);
      else
        widen_(from, step, to + k * width, 1, some);
    }
  }
}

const float* Attention::mask_row(const Pointers& p, const Block& block, int64_t query, int64_t key, int64_t count,
                                 float* aside) const noexcept {
  if (!params_.mask) return nullptr;
  const auto& strides = shape_.mask;
  const std::byte* from = p.mask + (dot(strides, block.batch, block.head, query) + key * strides[3]) * mask_size_;
  if (*params_.mask == DataType::F32 && strides[3] == 1) return reinterpret_cast<const float*>(from);
  widen_mask_(from, strides[3], aside, 1, count);
  if (*params_.mask == DataType::Bool) {
    for (int64_t i = 0; i < count; ++i) aside[i] = aside[i] != 0 ? 0.0f : kLowest;
  }
  return aside;
}

void Attention::run_block(const Pointers& p, const Block& block, Room& room) const noexcept {
  const int64_t group = kernels_.rows, width = kernels_.width, columns = padded(shape_.value_dim);
  const int64_t all_keys = visible_keys(block.end - 1);
  for (int64_t first = 0; first < all_keys; first += kKeys) {
    const int64_t keys = std::min(kKeys, shape_.keys - first);
    if (keys < shape_.keys || room.packed_batch != block.batch || room.packed_head != block.key_head) {
      const int64_t key_at = dot(shape_.key, block.batch, block.key_head, first);
      const int64_t value_at = dot(shape_.value, block.batch, block.key_head, first);
      pack_keys(p.key + key_at * size_, keys, room.keys, room.aside);
      pack_values(p.value + value_at * size_, keys, room.values);
      room.packed_batch = block.batch;
      room.packed_head = block.key_head;
    }
    for (int64_t begin = block.begin; begin < block.end; begin += group) {
      const int64_t row = begin - block.begin, rows = std::min(group, block.end - begin);
      const int64_t seen = std::clamp<int64_t>(visible_keys(begin + rows - 1) - first, 0, keys);
      if (seen == 0) continue;
      for (int64_t k = 0; k < seen; k += width) {
        kernels_.scores(room.queries + row * shape_.dim, room.keys + k * shape_.dim, shape_.dim, room.scores + k,
                        kKeys);
      }
      float factors[16] = {};
      for (int64_t r = 0; r < rows; ++r) {
        float* scores = room.scores + r * kKeys;
        const int64_t count = std::clamp<int64_t>(visible_keys(begin + r) - first, 0, seen);
        const float* mask = mask_row(p, block, begin + r, first, count, room.mask);
        factors[r] = kernels_.softmax(scores, count, mask, room.tops[row + r], room.totals[row + r]);
        std::fill(scores + count, scores + seen, 0.0f);
      }
      for (int64_t c = 0; c < columns; c += width) {
        kernels_.values(room.scores, kKeys, room.values + c * keys, seen, factors, room.sums + row * columns + c,
                        columns);
      }
    }
  }
}

void Attention::run_few(const Pointers& p, const Block& block, Room& room) const noexcept {
  const int64_t columns = padded(shape_.value_dim);
  for (int64_t first = 0; first < shape_.keys; first += kKeys) {
    const std::byte* keys = p.key + dot(shape_.key, block.batch, block.key_head, first) * size_;
    const std::byte* values = p.value + dot(shape_.value, block.batch, block.key_head, first) * size_;
    for (int64_t query = block.begin; query < block.end; ++query) {
      const int64_t row = query - block.begin;
      const int64_t count = std::min(kKeys, visible_keys(query) - first);
      if (count <= 0) continue;
      kernels_.row_scores[index_](room.queries + row * shape_.dim, keys, shape_.key[2], count, shape_.dim, room.scores);
      const float* mask = mask_row(p, block, query, first, count, room.mask);
      const float factor = kernels_.softmax(room.scores, count, mask, room.tops[row], room.totals[row]);
      kernels_.row_values[index_](room.scores, values, shape_.value[2], count, shape_.value_dim, factor,
                                  room.sums + row * columns);
    }
  }
}

void Attention::store_out(const Pointers& p, const Block& block, Room& room) const noexcept {
  const auto& strides = shape_.out;
  const int64_t columns = padded(shape_.value_dim);
  for (int64_t query = block.begin; query < block.end; ++query) {
    const int64_t row = query - block.begin;
    std::byte* to = p.out + dot(strides, block.batch, block.head, query) * size_;
    const float factor = 1.0f / room.totals[row];
    if (strides[3] == 1) {
      kernels_.store[index_](room.sums + row * columns, factor, to, shape_.value_dim);
    } else {
      kernels_.store[0](room.sums + row * columns, factor, room.aside, shape_.value_dim);
      narrow_(room.aside, 1, to, strides[3], shape_.value_dim);
    }
  }
}

}  // namespace tn
