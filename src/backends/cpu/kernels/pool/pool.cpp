// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool.h"

#include <algorithm>
#include <limits>

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kRow = 1024;  // columns of the row buffer

}  // namespace

int64_t Pool::Axis::begin(int64_t o) const noexcept {
  const int64_t at = first(o);
  return at >= 0 ? 0 : std::min(kernel, (-at + dilation - 1) / dilation);
}

int64_t Pool::Axis::end(int64_t o) const noexcept {
  const int64_t room = in - first(o);
  return room <= 0 ? 0 : std::min(kernel, (room + dilation - 1) / dilation);
}

int64_t Pool::Axis::counted(int64_t o, bool include_pad) const noexcept {
  if (!include_pad) return std::max<int64_t>(0, end(o) - begin(o));
  const int64_t room = in + pad_after - first(o);  // a window beyond the padding (ceil mode) does not count there
  return std::clamp<int64_t>((room + dilation - 1) / dilation, 0, kernel);
}

Pool::Pool(DataType type, Kind kind, const PoolWindow& window, Isa isa)
    : size_(static_cast<int64_t>(size_of(type))),
      kind_(kind),
      include_pad_(window.count_include_pad),
      spatial_(window.kernel.rank()) {
  if (spatial_ < 1 || spatial_ > 3) {
    throw Error(ErrorCode::Unsupported, "pooling over {} axes; it works over 1 to 3", spatial_);
  }
  const PoolKernels& kernels = pool_kernels(isa);
  const bool max = kind == Kind::Max;
  if (max && (type == DataType::I8 || type == DataType::U8)) {
    pixel_ = type == DataType::I8 ? kernels.max_pixel_i8 : kernels.max_pixel_u8;
  } else {
    const size_t index = float_index(type);
    pixel_ = (max ? kernels.max_pixel : kernels.average_pixel)[index];
    vertical_ = (max ? kernels.max_vertical : kernels.average_vertical)[index];
    horizontal_ = (max ? kernels.max_horizontal : kernels.average_horizontal)[index];
  }
  for (int i = 0; i < spatial_; ++i) {
    Axis& axis = axes_[static_cast<size_t>(3 - spatial_ + i)];
    axis.kernel = window.kernel[i];
    axis.stride = window.stride[i];
    axis.dilation = window.dilation[i];
    axis.pad_before = window.pad_before[i];
    axis.pad_after = window.pad_after[i];
  }
}

void Pool::bind(const Shape& dims, const Shape& in_strides, const Shape& out_dims, const Shape& out_strides) noexcept {
  int64_t taps = 1;
  for (int i = 0; i < spatial_; ++i) {
    Axis& axis = axes_[static_cast<size_t>(3 - spatial_ + i)];
    axis.in = dims[2 + i];
    axis.out = out_dims[2 + i];
    axis.in_stride = in_strides[2 + i];
    axis.out_stride = out_strides[2 + i];
    taps *= axis.kernel;
  }
  const Axis& width = axes_[2];
  const bool by_channels = dims[1] == 1 || (in_strides[1] == 1 && out_strides[1] == 1);
  const bool by_width = vertical_ && width.in_stride == 1 && width.out_stride == 1 &&
                        (width.kernel - 1) * width.dilation < kRow / 2 && width.stride < kRow / 2;
  layout_ = by_width && dims[1] < 4 ? Layout::Width
            : by_channels           ? Layout::Channels
            : by_width              ? Layout::Width
                                    : Layout::Any;
  channels_ = layout_ == Layout::Channels ? dims[1] : 1;
  rows_ = ImageRows(dims, in_strides, out_strides, layout_ == Layout::Channels, axes_[0].out, axes_[1].out);
  work_ = out_dims.elements() * taps;
}

void Pool::run(Lane& lane, const void* in, void* out) const noexcept {
  if (work_ == 0) return;
  rows_.run(lane, work_, in, out, size_,
            [this](const std::byte* from, std::byte* to, int64_t z, int64_t y) { pool_row(from, to, z, y); });
}

void Pool::pool_row(const std::byte* in, std::byte* out, int64_t z, int64_t y) const noexcept {
  PoolTaps taps;
  int64_t counted = 1, from = 0, to = 0;
  for (size_t i = 0; i < 2; ++i) {
    const Axis& axis = axes_[i];
    const int64_t o = i == 0 ? z : y, begin = axis.begin(o);
    taps.count[i] = std::max<int64_t>(0, axis.end(o) - begin);
    taps.stride[i] = axis.dilation * axis.in_stride;
    from += (axis.first(o) + begin * axis.dilation) * axis.in_stride;
    to += o * axis.out_stride;
    counted *= axis.counted(o, include_pad_);
  }
  if (taps.count[0] * taps.count[1] == 0) from = 0;  // nothing is read; stay inside
  if (layout_ == Layout::Width)
    pool_row_by_width(in + from * size_, out + to * size_, taps, counted);
  else
    pool_row_by_pixels(in + from * size_, out + to * size_, taps, counted);
}

void Pool::pool_row_by_pixels(const std::byte* in, std::byte* out, PoolTaps taps, int64_t counted) const noexcept {
  const Axis& width = axes_[2];
  taps.stride[2] = width.dilation * width.in_stride;
  for (int64_t x = 0; x < width.out; ++x) {
    const int64_t begin = width.begin(x), all = counted * width.counted(x, include_pad_);
    taps.count[2] = std::max<int64_t>(0, width.end(x) - begin);
    const int64_t from = taps.count[2] == 0 ? 0 : (width.first(x) + begin * width.dilation) * width.in_stride;
    pixel_(in + from * size_, taps, out + x * width.out_stride * size_, channels_,
           all == 0 ? 0.0f : 1.0f / static_cast<float>(all));
  }
}

// Down the columns by vectors into a padded row, then along the row.
void Pool::pool_row_by_width(const std::byte* in, std::byte* out, const PoolTaps& taps,
                             int64_t counted) const noexcept {
  const Axis& width = axes_[2];
  const int64_t reach = (width.kernel - 1) * width.dilation + 1;
  const int64_t step = (kRow - reach) / width.stride + 1;  // outputs per filling of the row
  const float neutral = kind_ == Kind::Max ? -std::numeric_limits<float>::infinity() : 0.0f;
  alignas(64) float row[kRow], scales[kRow];
  for (int64_t x = 0; x < width.out; x += step) {
    const int64_t outputs = std::min(step, width.out - x), first = width.first(x);
    const int64_t columns = (outputs - 1) * width.stride + reach;
    const int64_t begin = std::clamp<int64_t>(-first, 0, columns);
    const int64_t end = std::clamp<int64_t>(width.in - first, begin, columns);
    std::fill_n(row, begin, neutral);
    std::fill_n(row + end, columns - end, neutral);
    if (begin < end) vertical_(in + (first + begin) * size_, taps, row + begin, end - begin);
    for (int64_t i = 0; i < outputs && kind_ == Kind::Average; ++i) {
      const int64_t all = counted * width.counted(x + i, include_pad_);
      scales[i] = all == 0 ? 0.0f : 1.0f / static_cast<float>(all);
    }
    horizontal_(row, width.kernel, width.dilation, width.stride, scales, out + x * size_, outputs);
  }
}

}  // namespace tn
