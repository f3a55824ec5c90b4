// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/depthwise.h"

#include <limits>

#include "base/os/cpu.h"

namespace tn {
namespace {

DepthwiseWindow window_of(const ConvParams& p) {
  const int64_t width = p.kernel[2], stride = p.stride[2];
  if (p.dilation[2] != 1 || (width != 3 && width != 5) || (stride != 1 && stride != 2)) return DepthwiseWindow::Any;
  if (width == 3) return stride == 1 ? DepthwiseWindow::Width3Stride1 : DepthwiseWindow::Width3Stride2;
  return stride == 1 ? DepthwiseWindow::Width5Stride1 : DepthwiseWindow::Width5Stride2;
}

size_t index_of(DataType type) {
  return type == DataType::F32 ? 0 : type == DataType::F16 ? 1 : 2;
}

int64_t blocks_of(const ConvParams& p) {
  const int64_t lanes = depthwise_kernels(p.isa).lanes;
  return (p.in_channels + lanes - 1) / lanes;
}

}  // namespace

const DepthwiseKernels& depthwise_kernels(Isa isa) {
  if (isa == Isa::Generic) return kDepthwiseGeneric;
  return isa == Isa::Avx2 ? kDepthwiseAvx2 : kDepthwiseAvx512;
}

bool Depthwise::supports(const ConvParams& p) {
  return p.groups == p.in_channels && p.groups == p.out_channels && p.kernel[0] == 1 && p.stride[0] == 1 &&
         p.pad_before[0] == 0 && p.pad_after[0] == 0 &&
         (p.type == DataType::F32 || p.type == DataType::F16 || p.type == DataType::BF16);
}

size_t Depthwise::packed_bytes(const ConvParams& p) {
  return static_cast<size_t>(blocks_of(p) * depthwise_kernels(p.isa).lanes * p.kernel[1] * p.kernel[2] * 4);
}

/// [block of lanes][tap][lane]; unused lanes are zero.
void Depthwise::pack(const ConvParams& p, const TensorView& weights, std::span<std::byte> out) {
  const int64_t taps = p.kernel[1] * p.kernel[2], lanes = depthwise_kernels(p.isa).lanes;
  internal_check(weights.type == DataType::F32 && weights.is_dense() && weights.elements() == p.in_channels * taps &&
                     out.size() >= packed_bytes(p),
                 "depthwise weights must be dense f32 of [{},{}] elements", p.in_channels, taps);
  auto* to = reinterpret_cast<float*>(out.data());
  for (int64_t block = 0; block < blocks_of(p); ++block) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        const int64_t channel = block * lanes + lane;
        *to++ = channel < p.in_channels ? weights.as<float>()[channel * taps + tap] : 0.0f;
      }
    }
  }
}

Depthwise::Depthwise(const ConvParams& params, const ConvShape& max)
    : params_(params),
      kernels_(&depthwise_kernels(params.isa)),
      function_(kernels_->rows[index_of(params.type)][static_cast<size_t>(window_of(params))]),
      out_(params.out_extent(max.in)),
      max_width_(out_[2]) {
  internal_check(supports(params), "not a depthwise convolution: {} channels, {} groups", params.in_channels,
                 params.groups);
}

int64_t Depthwise::scratch_bytes() const {
  return (max_width_ * kernels_->lanes * 4 + 63) / 64 * 64;
}

size_t Depthwise::workspace_bytes(int threads) const {
  return static_cast<size_t>(threads * scratch_bytes());
}

Status Depthwise::bind(const ConvShape& shape) noexcept {
  out_ = params_.out_extent(shape.in);
  shape_ = shape;
  if (shape.in[0] != 1 || out_[2] > max_width_) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "a depthwise convolution was given {} columns, it was made for {}", out_[2], max_width_);
  }
  return {};
}

/// What is the same for all rows of a run.
struct Depthwise::Task {
  const char* input;
  const float* packed;
  const Epilogue& epilogue;
  char* output;
  bool direct;  ///< the kernel writes the output itself
  float low, high;
};

void Depthwise::row(const Task& t, int64_t image, int64_t y, int64_t block, float* scratch) const noexcept {
  const ConvParams& p = params_;
  const Epilogue& e = t.epilogue;
  const int64_t lanes = kernels_->lanes, channel = block * lanes, top = y * p.stride[1] - p.pad_before[1];
  const auto size = static_cast<int64_t>(size_of(p.type)), out_size = static_cast<int64_t>(size_of(p.out_type));
  const ImageStrides &in = shape_.in_strides, &out = shape_.out_strides;
  const int64_t dilation = p.dilation[1], first = top < 0 ? (-top + dilation - 1) / dilation : 0;
  const int64_t room = shape_.in[1] - top,
                last = room <= 0 ? 0 : std::min(p.kernel[1], (room + dilation - 1) / dilation);
  const int64_t out_offset = image * out.batch + y * out.axis[1] + channel;
  DepthwiseArgs a;
  a.rows = std::max<int64_t>(0, last - first);
  a.input = t.input + (image * in.batch + (top + first * dilation) * in.axis[1] + channel) * size;
  a.row_step = dilation * in.axis[1] * size;
  a.pixel_step = in.axis[2] * size;
  a.kernel = p.kernel[2];
  a.stride = p.stride[2];
  a.dilation = p.dilation[2];
  a.pad = p.pad_before[2];
  a.in_width = shape_.in[2];
  a.out_width = out_[2];
  a.channels = std::min(lanes, p.in_channels - channel);
  a.weights = t.packed + (block * p.kernel[1] + first) * p.kernel[2] * lanes;
  a.bias = e.bias ? e.bias + channel : nullptr;
  a.low = t.low;
  a.high = t.high;
  a.out = t.direct ? reinterpret_cast<float*>(t.output) + out_offset : scratch;
  a.out_stride = t.direct ? out.axis[2] : lanes;
  function_(a);
  if (!t.direct) {
    FinishArgs f;
    f.sums = scratch;
    f.sums_stride = lanes;
    f.rows = out_[2];
    f.channels = a.channels;
    f.activation = e.activation;
    f.alpha = e.alpha;
    f.beta = e.beta;
    f.residual_type = e.residual_type;
    if (e.residual) {
      const ImageStrides& r = e.residual_strides;
      f.residual = static_cast<const char*>(e.residual) +
                   (image * r.batch + y * r.axis[1] + channel) * static_cast<int64_t>(size_of(e.residual_type));
      f.residual_stride = r.axis[2];
    }
    f.residual_last = e.residual_after_activation;
    f.out = t.output + out_offset * out_size;
    f.out_type = p.out_type;
    f.out_stride = out.axis[2];
    kernels_->finish(f);
  }
  if (!e.post) return;
  for (int64_t x = 0; x < out_[2]; ++x) {
    e.post(e.post_context, t.output + (out_offset + x * out.axis[2]) * out_size, (image * out_[1] + y) * out_[2] + x,
           channel, a.channels);
  }
}

void Depthwise::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
                    void* workspace) const noexcept {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  Task task{static_cast<const char*>(input),
            static_cast<const float*>(packed),
            epilogue,
            static_cast<char*>(output),
            false,
            -kInf,
            kInf};
  const Activation activation = epilogue.activation;
  task.direct = params_.out_type == DataType::F32 && !epilogue.residual &&
                (activation == Activation::None || activation == Activation::Relu || activation == Activation::Clip);
  if (task.direct && activation == Activation::Relu) task.low = 0;
  if (task.direct && activation == Activation::Clip) task.low = epilogue.alpha, task.high = epilogue.beta;

  // Rows are split first; channels as well where rows are few. An image beyond the cache goes row by row, a small one
  // channel by channel, whose rows then stay in the L1 cache.
  const int64_t rows = shape_.batch * out_[1], blocks = blocks_of(params_), threads = lane.size();
  if (rows == 0 || out_[2] == 0) return;
  int64_t by_blocks = 1, best = std::numeric_limits<int64_t>::max();
  for (int64_t p = 1; p <= std::min(threads, blocks); ++p) {
    const int64_t q = std::min(threads / p, rows), cost = (blocks + p - 1) / p * ((rows + q - 1) / q);
    if (cost < best) best = cost, by_blocks = p;
  }
  const int64_t by_rows = std::min(threads / by_blocks, rows);
  const int64_t image_bytes =
      shape_.in[1] * shape_.in[2] * params_.in_channels * static_cast<int64_t>(size_of(params_.type));
  const bool rows_outside = image_bytes > cpu_info().l2_bytes;
  lane.run([&](int thread) {
    const int64_t b = thread % by_blocks, r = thread / by_blocks;
    if (r >= by_rows) return;
    const int64_t row_begin = rows * r / by_rows, row_end = rows * (r + 1) / by_rows;
    const int64_t block_begin = blocks * b / by_blocks, block_end = blocks * (b + 1) / by_blocks;
    auto* scratch = reinterpret_cast<float*>(static_cast<char*>(workspace) + thread * scratch_bytes());
    const int64_t row_chunk = rows_outside ? 1 : out_[1];
    for (int64_t begin = row_begin; begin < row_end; begin += row_chunk) {
      const int64_t end = std::min(row_end, begin + row_chunk);
      for (int64_t block = block_begin; block < block_end; ++block) {
        for (int64_t i = begin; i < end; ++i) row(task, i / out_[1], i % out_[1], block, scratch);
      }
    }
  });
}

}  // namespace tn
