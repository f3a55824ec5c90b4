// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/pad.h"

#include <algorithm>

namespace tn {

Pad::Pad(DataType type, PadMode mode, Isa isa)
    : mode_(mode),
      size_(static_cast<int64_t>(size_of(type))),
      inside_(type, type, isa),
      borders_(2 * kMaxRank, Border{StridedCopy(type, type, isa)}) {}

Status Pad::bind(const Shape& dims, const Shape& strides, const Shape& before, const Shape& after,
                 const Shape& out_strides) noexcept {
  const int rank = dims.rank();
  border_count_ = 0;
  inside_from_ = inside_to_ = 0;
  Shape inside = dims;
  for (int i = 0; i < rank; ++i) {
    inside[i] = std::max<int64_t>(0, dims[i] + std::min<int64_t>(0, before[i]) + std::min<int64_t>(0, after[i]));
    inside_from_ += std::max<int64_t>(0, -before[i]) * strides[i];
    inside_to_ += std::max<int64_t>(0, before[i]) * out_strides[i];
  }
  inside_.bind(inside, strides, out_strides);

  // Axis by axis: the axes before it are whole already, those behind it are still bare.
  Shape filled = inside;
  int64_t origin = inside_to_;
  for (int i = 0; i < rank; ++i) {
    const int64_t low = std::max<int64_t>(0, before[i]), high = std::max<int64_t>(0, after[i]), stride = out_strides[i];
    const int64_t reach = mode_ == PadMode::Reflect ? inside[i] - 1 : inside[i];
    const bool repeats = mode_ == PadMode::Reflect || mode_ == PadMode::Wrap;
    if ((repeats && std::max(low, high) > reach) || (mode_ == PadMode::Edge && low + high > 0 && inside[i] == 0)) {
      return Status::failure(ErrorCode::Unsupported, "pad: axis {} of {} elements cannot be extended by {} and {}", i,
                             inside[i], low, high);
    }
    // A border of `count` elements that starts at element `to` of the axis, read from element `from` by `step`.
    const auto add = [&](int64_t count, int64_t to, int64_t from, int64_t step) {
      if (count == 0) return;
      Border& border = borders_[static_cast<size_t>(border_count_++)];
      Shape slab = filled, source = mode_ == PadMode::Constant ? Shape::filled(rank, 0) : out_strides;
      slab[i] = count;
      source[i] = step * source[i];
      border.copy.bind(slab, source, out_strides);
      border.to = origin + (to - low) * stride;
      border.from = mode_ == PadMode::Constant ? 0 : origin + (from - low) * stride;
    };
    const int64_t end = low + inside[i];
    switch (mode_) {
      case PadMode::Constant:
      case PadMode::Edge:
        add(low, 0, low, 0);
        add(high, end, end - 1, 0);
        break;
      case PadMode::Reflect:
        add(low, 0, 2 * low, -1);
        add(high, end, end - 2, -1);
        break;
      case PadMode::Wrap:
        add(low, 0, inside[i], 1);
        add(high, end, low, 1);
        break;
    }
    filled[i] = low + inside[i] + high;
    origin -= low * stride;
  }
  return {};
}

void Pad::run(Lane& lane, const void* in, const void* value, void* out) const noexcept {
  const auto* from = static_cast<const std::byte*>(in);
  auto* to = static_cast<std::byte*>(out);
  inside_.run(lane, from + inside_from_ * size_, to + inside_to_ * size_);
  for (int i = 0; i < border_count_; ++i) {
    const Border& border = borders_[static_cast<size_t>(i)];
    const void* source = mode_ == PadMode::Constant ? value : to + border.from * size_;
    border.copy.run(lane, source, to + border.to * size_);
  }
}

}  // namespace tn
