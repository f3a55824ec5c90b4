// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/top_k.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kBlock = 256;               // elements that are converted at a time
constexpr int64_t kSerialElements = 1 << 12;  // below this a second thread costs more than it brings

size_t entry_bytes(int64_t dim, size_t entry) {
  return (static_cast<size_t>(dim) * entry + 63) / 64 * 64;
}

}  // namespace

TopK::TopK(DataType type, bool largest)
    : size_(static_cast<int64_t>(size_of(type))),
      largest_(largest),
      widen_(convert_row(type, DataType::F32)),
      narrow_(convert_row(DataType::F32, type)) {
  float_index(type);
}

size_t TopK::workspace_bytes(int64_t dim, int threads) noexcept {
  return entry_bytes(dim, sizeof(Entry)) * static_cast<size_t>(threads);
}

void TopK::bind(const Shape& dims, const Shape& in_strides, int axis, int64_t k, const Shape& value_strides,
                const Shape& index_strides) noexcept {
  Shape outer = dims;
  outer[axis] = 1;
  axis_ = {dims[axis], {in_strides[axis], value_strides[axis], index_strides[axis]}};
  outer_ = LoopNest<3>(outer, {in_strides, value_strides, index_strides});
  outer_.merge();
  k_ = k;
}

void TopK::run(Lane& lane, const void* in, void* values, int64_t* indices, void* workspace) const noexcept {
  if (k_ == 0) return;
  const auto* from = static_cast<const std::byte*>(in);
  auto* to = static_cast<std::byte*>(values);
  const auto part = [&](int64_t begin, int64_t end, int thread) {
    auto* entries = reinterpret_cast<Entry*>(static_cast<std::byte*>(workspace) +
                                             entry_bytes(axis_.dim, sizeof(Entry)) * static_cast<size_t>(thread));
    float block[kBlock];
    LoopNest<3>::Cursor cursor(outer_, begin);
    for (int64_t unit = begin; unit < end; ++unit, cursor.next()) {
      for (int64_t i = 0; i < axis_.dim; i += kBlock) {
        const int64_t some = std::min(kBlock, axis_.dim - i);
        widen_(from + (cursor[0] + i * axis_.strides[0]) * size_, axis_.strides[0], block, 1, some);
        for (int64_t j = 0; j < some; ++j) entries[i + j] = {block[j], static_cast<int32_t>(i + j)};
      }
      pick(entries);
      for (int64_t i = 0; i < k_; ++i) {
        narrow_(&entries[i].value, 1, to + (cursor[1] + i * axis_.strides[1]) * size_, 1, 1);
        indices[cursor[2] + i * axis_.strides[2]] = entries[i].index;
      }
    }
  };
  const int64_t rows = outer_.count(), threads = lane.size();
  if (rows * axis_.dim < kSerialElements)
    part(0, rows, 0);
  else
    lane.run([&](int thread) { part(rows * thread / threads, rows * (thread + 1) / threads, thread); });
}

// Brings the k best to the front, in order.
void TopK::pick(Entry* entries) const noexcept {
  const bool largest = largest_;
  const auto better = [largest](const Entry& a, const Entry& b) {
    // NaN stands above infinity, so that the order is total.
    const bool a_nan = std::isnan(a.value), b_nan = std::isnan(b.value);
    if (a_nan != b_nan) return a_nan == largest;
    if (a.value != b.value && !a_nan) return largest ? a.value > b.value : a.value < b.value;
    return a.index < b.index;
  };
  Entry* end = entries + axis_.dim;
  if (k_ * 8 < axis_.dim) {
    std::partial_sort(entries, entries + k_, end, better);
  } else {
    if (k_ < axis_.dim) std::nth_element(entries, entries + k_, end, better);
    std::sort(entries, entries + k_, better);
  }
}

}  // namespace tn
