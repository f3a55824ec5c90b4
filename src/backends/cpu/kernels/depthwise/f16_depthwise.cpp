// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/f16_depthwise.h"

#include "backends/cpu/kernels/depthwise/geometry.h"
#include "base/os/cpu.h"

namespace tn {
namespace {

constexpr int64_t kMostTaps = 64;

int64_t blocks_of(const ConvParams& p, const F16DepthwiseKernels& kernels) {
  return (p.in_channels + kernels.halves - 1) / kernels.halves;
}

}  // namespace

const F16DepthwiseKernels* f16_depthwise_kernels(Isa isa) {
  return isa == Isa::Avx512Fp16 ? &kF16DepthwiseAvx512Fp16 : nullptr;
}

bool F16Depthwise::supports(const ConvParams& p) {
  return is_depthwise(p) && p.kernel[1] * p.kernel[2] <= kMostTaps && p.type == DataType::F16 &&
         p.out_type == DataType::F16;
}

size_t F16Depthwise::packed_bytes(const ConvParams& p, const F16DepthwiseKernels& kernels) {
  return static_cast<size_t>(blocks_of(p, kernels) * kernels.halves * p.kernel[1] * p.kernel[2]) * sizeof(Half);
}

void F16Depthwise::pack(const ConvParams& p, const F16DepthwiseKernels& kernels, const TensorView& weights,
                        std::span<std::byte> out) {
  pack_depthwise<Half>(p, kernels.halves, weights, out);
}

F16Depthwise::F16Depthwise(const ConvParams& params, const F16DepthwiseKernels& kernels, const ConvShape& max)
    : params_(params),
      kernels_(&kernels),
      row_(kernels.rows[static_cast<size_t>(depthwise_window(params))]),
      blocks_(blocks_of(params, kernels)),
      out_(params.out_extent(max.in)),
      max_width_(out_[2]) {
  internal_check(supports(params), "not a depthwise convolution in f16: {} channels, {} groups", params.in_channels,
                 params.groups);
}

size_t F16Depthwise::workspace_bytes(int threads) const {
  return static_cast<size_t>(threads * max_width_ * kernels_->halves) * sizeof(Half);
}

Status F16Depthwise::bind(const ConvShape& shape) noexcept {
  const Extent out = params_.out_extent(shape.in);
  if (shape.in[0] != 1 || out[2] > max_width_) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "a depthwise convolution was given {} columns, it was made for {}", out[2], max_width_);
  }
  shape_ = shape;
  out_ = out;
  return {};
}

/// What is the same for all rows of a run.
struct F16Depthwise::Task {
  const Half* input;
  const Half* packed;
  const Epilogue& epilogue;
  Half* output;
  bool direct;  ///< the row kernel applies the whole epilogue
  ClipBounds clip;
};

void F16Depthwise::row(const Task& t, const Row& at, Half* scratch) const noexcept {
  const ConvParams& p = params_;
  const ImageStrides &in = shape_.in_strides, &out = shape_.out_strides;
  const int64_t channel = at.block * kernels_->halves;
  const int64_t top = at.y * p.stride[1] - p.pad_before[1];
  const Half* rows[kMostTaps];
  F16RowArgs a;
  const auto [first, last] = taps_in_image(p, at.y, shape_.in[1]);
  for (int64_t tap = first; tap < last; ++tap)
    rows[a.taps++] = t.input + at.image * in.batch + (top + tap * p.dilation[1]) * in.axis[1] + channel;
  a.rows = rows;
  a.left = -p.pad_before[2];
  a.width = shape_.in[2];
  a.pixel_step = in.axis[2];
  a.kernel = p.kernel[2];
  a.stride = p.stride[2];
  a.dilation = p.dilation[2];
  a.pixels = out_[2];
  a.channels = std::min<int64_t>(kernels_->halves, p.in_channels - channel);
  a.weights = t.packed + (at.block * p.kernel[1] + first) * p.kernel[2] * kernels_->halves;
  a.bias = t.epilogue.bias ? t.epilogue.bias + channel : nullptr;
  a.low = t.clip.low;
  a.high = t.clip.high;
  Half* to = t.output + at.image * out.batch + at.y * out.axis[1] + channel;
  a.out = t.direct ? to : scratch;
  a.out_stride = t.direct ? out.axis[2] : kernels_->halves;
  row_(a);
  if (!t.direct) finish(t, at, scratch, to);
}

void F16Depthwise::finish(const Task& t, const Row& at, const Half* sums, Half* to) const noexcept {
  const Epilogue& e = t.epilogue;
  const ImageStrides &out = shape_.out_strides, &r = e.residual_strides;
  const int64_t channel = at.block * kernels_->halves;
  F16FinishArgs f;
  f.in = sums;
  f.in_stride = kernels_->halves;
  f.out = to;
  f.out_stride = out.axis[2];
  f.rows = out_[2];
  f.channels = std::min<int64_t>(kernels_->halves, params_.in_channels - channel);
  f.take(e);
  f.residual = residual_at(e, at.image * r.batch + at.y * r.axis[1] + channel);
  kernels_->finish(f);
}

void F16Depthwise::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
                       void* workspace) const noexcept {
  Task task{static_cast<const Half*>(input),
            static_cast<const Half*>(packed),
            epilogue,
            static_cast<Half*>(output),
            false,
            {}};
  task.direct = !epilogue.residual && is_clip(epilogue.activation);
  if (task.direct) task.clip = clip_of(epilogue);

  const int64_t rows = shape_.batch * out_[1];
  if (rows == 0 || out_[2] == 0) return;
  const auto [by_blocks, by_rows] = split_depthwise(rows, blocks_, lane.size());
  // An image that stays in the L2 cache is passed once per vector of channels, whose rows stay in the L1 cache; a
  // larger one row by row.
  const int64_t image_bytes = shape_.in[1] * shape_.in[2] * params_.in_channels * static_cast<int64_t>(sizeof(Half));
  const bool row_by_row = image_bytes > cpu_info().l2_bytes / 2;
  lane.run([&, by_blocks = by_blocks, by_rows = by_rows](int thread) {
    const int64_t b = thread % by_blocks, r = thread / by_blocks;
    if (r >= by_rows) return;
    const int64_t block_begin = blocks_ * b / by_blocks, block_end = blocks_ * (b + 1) / by_blocks;
    const int64_t row_end = rows * (r + 1) / by_rows;
    auto* scratch = static_cast<Half*>(workspace) + thread * max_width_ * kernels_->halves;
    for (int64_t begin = rows * r / by_rows, end; begin < row_end; begin = end) {
      end = row_by_row ? begin + 1 : std::min(row_end, (begin / out_[1] + 1) * out_[1]);
      for (int64_t block = block_begin; block < block_end; ++block)
        for (int64_t at = begin; at < end; ++at) row(task, {at / out_[1], at % out_[1], block}, scratch);
    }
  });
}

}  // namespace tn
