// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/group_norm.h"

#include <algorithm>
#include <cmath>

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kColumns = 64;              // of one unit of work, at least, where channels are contiguous
constexpr int64_t kRows = 256;                // added up in f32 at a time
constexpr int64_t kBlock = 1 << 12;           // elements of a run that are added up in f32 at a time
constexpr int64_t kSerialElements = 1 << 13;  // below this a second thread costs more than it brings

int64_t round_up(int64_t channels) {
  return (channels + 15) / 16 * 16;
}

}  // namespace

GroupNorm::GroupNorm(DataType type, int64_t groups, float epsilon, Isa isa)
    : index_(float_index(type)),
      size_(static_cast<int64_t>(size_of(type))),
      groups_(groups),
      epsilon_(epsilon),
      kernels_(row_kernels(isa)) {}

size_t GroupNorm::workspace_bytes(int64_t channels, int threads) noexcept {
  return static_cast<size_t>(3 * round_up(channels)) * sizeof(float) * static_cast<size_t>(threads);
}

void GroupNorm::bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides) noexcept {
  batch_ = dims[0];
  channels_ = dims[1];
  group_channels_ = channels_ / groups_;
  positions_ = batch_ * channels_ == 0 ? 0 : dims.elements() / (batch_ * channels_);
  in_batch_ = in_strides[0];
  out_batch_ = out_strides[0];
  in_channel_ = in_strides[1];
  out_channel_ = out_strides[1];
  Shape spatial = dims;
  spatial[0] = spatial[1] = 1;
  spatial_ = LoopNest<2>(spatial, {in_strides, out_strides});
  spatial_.sort_by(0);
  spatial_.merge();
  by_channels_ = in_channel_ == 1 && out_channel_ == 1;
  const LoopNest<2>::Axis inner = spatial_.inner(0);
  const bool contiguous = inner.strides[0] == 1 && inner.strides[1] == 1;
  run_ = by_channels_ || contiguous ? spatial_.take_inner() : LoopNest<2>::Axis{};
  block_groups_ = by_channels_ ? std::clamp<int64_t>(kColumns / std::max<int64_t>(1, group_channels_), 1, groups_) : 1;
}

void GroupNorm::run(Lane& lane, const void* in, const float* scale, const float* bias, void* out,
                    void* workspace) const noexcept {
  if (positions_ == 0) return;
  const Pointers pointers{static_cast<const std::byte*>(in), scale, bias, static_cast<std::byte*>(out)};
  const int64_t blocks = (groups_ + block_groups_ - 1) / block_groups_, units = batch_ * blocks;
  const auto part = [&](int64_t begin, int64_t end, int thread) {
    float* room = static_cast<float*>(workspace) + 3 * round_up(channels_) * thread;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t batch = unit / blocks, first = unit % blocks * block_groups_;
      if (by_channels_)
        norm_columns(pointers, batch, first, std::min(block_groups_, groups_ - first) * group_channels_, room);
      else
        norm_group(pointers, batch, first);
    }
  };
  const int64_t threads = lane.size();
  if (batch_ * channels_ * positions_ < kSerialElements)
    part(0, units, 0);
  else
    lane.run([&](int thread) { part(units * thread / threads, units * (thread + 1) / threads, thread); });
}

// `channels` neighbours, whole groups of them, from group `first` on.
void GroupNorm::norm_columns(const Pointers& p, int64_t batch, int64_t first, int64_t channels,
                             float* room) const noexcept {
  float *sums = room, *center = sums + round_up(channels_), *scale = center + round_up(channels_);
  const int64_t channel = first * group_channels_;
  const std::byte* in = p.in + (batch * in_batch_ + channel) * size_;
  std::byte* out = p.out + (batch * out_batch_ + channel) * size_;
  const auto each_block = [&](const auto& body) {
    LoopNest<2>::Cursor cursor(spatial_, 0);
    for (int64_t run = spatial_.count(); run > 0; --run, cursor.next()) {
      for (int64_t r = 0; r < run_.dim; r += kRows) {
        body(in + (cursor[0] + r * run_.strides[0]) * size_, out + (cursor[1] + r * run_.strides[1]) * size_,
             std::min(kRows, run_.dim - r));
      }
    }
  };
  const auto count = static_cast<double>(group_channels_ * positions_);
  const auto group_total = [&](int64_t c) {
    double total = 0;
    for (int64_t i = 0; i < group_channels_; ++i) total += static_cast<double>(sums[c + i]);
    return total;
  };

  const auto sum = kernels_.reduce_columns[static_cast<size_t>(ReduceStep::Sum)][index_];
  std::fill_n(sums, channels, 0.0f);
  each_block(
      [&](const std::byte* rows, std::byte*, int64_t n) { sum(rows, run_.strides[0], n, channels, sums, nullptr); });
  for (int64_t c = 0; c < channels; c += group_channels_) {
    std::fill_n(center + c, group_channels_, static_cast<float>(group_total(c) / count));
  }
  std::fill_n(sums, channels, 0.0f);
  each_block([&](const std::byte* rows, std::byte*, int64_t n) {
    kernels_.spread_columns[index_](rows, run_.strides[0], n, channels, sums, center);
  });
  for (int64_t c = 0; c < channels; c += group_channels_) {
    const auto factor = static_cast<float>(1 / std::sqrt(group_total(c) / count + static_cast<double>(epsilon_)));
    for (int64_t i = c; i < c + group_channels_; ++i) {
      scale[i] = factor * (p.scale == nullptr ? 1.0f : p.scale[channel + i]);
      center[i] = (p.bias == nullptr ? 0.0f : p.bias[channel + i]) - center[i] * scale[i];
    }
  }
  each_block([&](const std::byte* rows, std::byte* to, int64_t n) {
    kernels_.affine[index_](rows, run_.strides[0], to, run_.strides[1], n, channels, scale, center);
  });
}

void GroupNorm::norm_group(const Pointers& p, int64_t batch, int64_t group) const noexcept {
  const int64_t first = group * group_channels_;
  const auto each_run = [&](int64_t channel, const auto& body) {
    const std::byte* in = p.in + (batch * in_batch_ + channel * in_channel_) * size_;
    std::byte* out = p.out + (batch * out_batch_ + channel * out_channel_) * size_;
    LoopNest<2>::Cursor cursor(spatial_, 0);
    for (int64_t run = spatial_.count(); run > 0; --run, cursor.next()) {
      for (int64_t i = 0; i < run_.dim; i += kBlock) {
        body(in + (cursor[0] + i) * size_, out + (cursor[1] + i) * size_, std::min(kBlock, run_.dim - i));
      }
    }
  };
  const auto count = static_cast<double>(group_channels_ * positions_);
  double sum = 0, square = 0;
  const auto add = kernels_.reduce[static_cast<size_t>(ReduceStep::Sum)][index_];
  for (int64_t c = first; c < first + group_channels_; ++c) {
    each_run(c, [&](const std::byte* in, std::byte*, int64_t n) { sum += static_cast<double>(add(in, n, 0)); });
  }
  const auto mean = static_cast<float>(sum / count);
  for (int64_t c = first; c < first + group_channels_; ++c) {
    each_run(c, [&](const std::byte* in, std::byte*, int64_t n) {
      square += static_cast<double>(kernels_.spread[index_](in, n, mean));
    });
  }
  const auto factor = static_cast<float>(1 / std::sqrt(square / count + static_cast<double>(epsilon_)));
  for (int64_t c = first; c < first + group_channels_; ++c) {
    const float scale = factor * (p.scale == nullptr ? 1.0f : p.scale[c]);
    const float shift = (p.bias == nullptr ? 0.0f : p.bias[c]) - mean * scale;
    each_run(c, [&](const std::byte* in, std::byte* out, int64_t n) {
      kernels_.affine_row[index_](in, out, n, scale, shift);
    });
  }
}

}  // namespace tn
