// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/depthwise.h"

#include <cstring>
#include <limits>

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
      sums_(kernels_->sums[index_of(params.type)][static_cast<size_t>(window_of(params))]),
      direct_(params.out_type == DataType::F32
                  ? sums_
                  : kernels_->direct[index_of(params.type)][static_cast<size_t>(window_of(params))]),
      out_(params.out_extent(max.in)),
      max_width_(out_[2]) {
  internal_check(supports(params), "not a depthwise convolution: {} channels, {} groups", params.in_channels,
                 params.groups);
  ring_rows_ = std::min((params.kernel[1] - 1) * params.dilation[1] + 1, std::max<int64_t>(max.in[1], 1));
  // The rows under the window stay in the L1 cache.
  constexpr int64_t kRingBytes = 20 << 10, kFewestPixels = 16;
  const int64_t reach = (params.kernel[2] - 1) * params.dilation[2];
  const int64_t columns = kRingBytes / (ring_rows_ * group_vectors() * kernels_->lanes * 4) - reach;
  const int64_t most = std::max(kFewestPixels, columns / params.stride[2]);
  const int64_t strips = std::max<int64_t>(1, (max_width_ + most - 1) / most);
  strip_pixels_ = (max_width_ + strips - 1) / strips;
}

/// Vectors of channels that are read together: a cache line of f32.
int64_t Depthwise::group_vectors() const {
  return std::max(1, 16 / kernels_->lanes);
}

Depthwise::Scratch Depthwise::scratch() const {
  const ConvParams& p = params_;
  const auto round_up = [](int64_t bytes) { return (bytes + 63) / 64 * 64; };
  const int64_t columns = (strip_pixels_ + kDepthwiseSlack) * p.stride[2] + (p.kernel[2] - 1) * p.dilation[2];
  const int64_t row = columns * group_vectors() * kernels_->lanes * static_cast<int64_t>(size_of(p.type));
  return {round_up(row), ring_rows_ * round_up(row),
          round_up(std::min(p.kernel[1], ring_rows_) * static_cast<int64_t>(sizeof(char*))),
          round_up(strip_pixels_ * group_vectors() * kernels_->lanes * 4)};
}

size_t Depthwise::workspace_bytes(int threads) const {
  return static_cast<size_t>(threads * scratch().bytes());
}

Status Depthwise::bind(const ConvShape& shape) noexcept {
  const Extent out = params_.out_extent(shape.in);
  if (shape.in[0] != 1 || out[2] > max_width_ ||
      std::min((params_.kernel[1] - 1) * params_.dilation[1] + 1, shape.in[1]) > ring_rows_) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "a depthwise convolution was given {} columns, it was made for {}", out[2], max_width_);
  }
  out_ = out;
  shape_ = shape;
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

/// Rows and columns of one image's output, for one group of vectors of channels.
struct Depthwise::Strip {
  int64_t image, row_begin, row_end, column_begin, column_end, group;
};

void Depthwise::strip(const Task& t, const Strip& s, char* memory) const noexcept {
  const ConvParams& p = params_;
  const ImageStrides &in = shape_.in_strides, &out = shape_.out_strides;
  const Scratch room = scratch();
  const auto size = static_cast<int64_t>(size_of(p.type));
  const int64_t lanes = kernels_->lanes, vectors = group_vectors(), channel = s.group * vectors * lanes;
  const int64_t channels = std::min(vectors * lanes, p.in_channels - channel), height = shape_.in[1];
  auto* rows = reinterpret_cast<const char**>(memory + room.ring_bytes);
  auto* sums = reinterpret_cast<float*>(memory + room.ring_bytes + room.pointer_bytes);
  DepthwiseArgs a;
  a.rows = rows;
  a.pixel_step = vectors * lanes * size;
  a.kernel = p.kernel[2];
  a.stride = p.stride[2];
  a.dilation = p.dilation[2];
  a.pixels = s.column_end - s.column_begin;
  a.low = t.low;
  a.high = t.high;
  a.out_stride = t.direct ? out.axis[2] : vectors * lanes;

  // Columns of the ring are those of the input from `left` on; what lies outside the image stays zero.
  const int64_t left = s.column_begin * p.stride[2] - p.pad_before[2];
  const int64_t columns = (a.pixels - 1) * p.stride[2] + (p.kernel[2] - 1) * p.dilation[2] + 1;
  const int64_t first_column = std::max<int64_t>(left, 0), last_column = std::min(left + columns, shape_.in[2]);
  const bool whole = first_column == left && last_column == left + columns && channels == vectors * lanes;
  if (!whole) std::memset(memory, 0, static_cast<size_t>(room.ring_bytes));
  DepthwiseCopy copy;
  copy.in_step = in.axis[2] * size;
  copy.out_step = a.pixel_step;
  copy.pixels = std::max<int64_t>(0, last_column - first_column);
  copy.bytes = channels * size;
  int64_t next = 0;  // input row to be copied next
  for (int64_t y = s.row_begin; y < s.row_end; ++y) {
    const int64_t top = y * p.stride[1] - p.pad_before[1], dilation = p.dilation[1];
    const int64_t first = top < 0 ? std::min(p.kernel[1], (-top + dilation - 1) / dilation) : 0;
    const int64_t last =
        top >= height ? first : std::clamp((height - top + dilation - 1) / dilation, first, p.kernel[1]);
    a.taps = last - first;
    if (a.taps > 0) next = std::max(next, top + first * dilation);
    for (; a.taps > 0 && next <= top + (last - 1) * dilation; ++next) {
      copy.in = t.input + (s.image * in.batch + next * in.axis[1] + first_column * in.axis[2] + channel) * size;
      copy.out = memory + next % ring_rows_ * room.row_bytes + (first_column - left) * a.pixel_step;
      kernels_->copy(copy);
    }
    for (int64_t v = 0; v * lanes < channels; ++v) {
      const int64_t at = channel + v * lanes;
      for (int64_t i = 0; i < a.taps; ++i)
        rows[i] = memory + (top + (first + i) * dilation) % ring_rows_ * room.row_bytes + v * lanes * size;
      a.channels = std::min(lanes, channels - v * lanes);
      a.weights = t.packed + ((s.group * vectors + v) * p.kernel[1] + first) * p.kernel[2] * lanes;
      a.bias = t.epilogue.bias ? t.epilogue.bias + at : nullptr;
      const int64_t out_at = s.image * out.batch + y * out.axis[1] + s.column_begin * out.axis[2] + at;
      a.out = t.direct ? static_cast<void*>(t.output + out_at * static_cast<int64_t>(size_of(p.out_type)))
                       : sums + v * lanes;
      (t.direct ? direct_ : sums_)(a);
    }
    if (!t.direct || t.epilogue.post) finish(t, s, y, sums);
  }
}

void Depthwise::finish(const Task& t, const Strip& s, int64_t y, const float* sums) const noexcept {
  const Epilogue& e = t.epilogue;
  const ImageStrides &out = shape_.out_strides, &r = e.residual_strides;
  const auto out_size = static_cast<int64_t>(size_of(params_.out_type));
  const int64_t most = group_vectors() * kernels_->lanes, channel = s.group * most;
  const int64_t pixels = s.column_end - s.column_begin, channels = std::min(most, params_.in_channels - channel);
  char* to = t.output + (s.image * out.batch + y * out.axis[1] + s.column_begin * out.axis[2] + channel) * out_size;
  if (!t.direct) {
    FinishArgs f;
    f.sums = sums;
    f.sums_stride = most;
    f.rows = pixels;
    f.channels = channels;
    f.activation = e.activation;
    f.alpha = e.alpha;
    f.beta = e.beta;
    f.residual_type = e.residual_type;
    if (e.residual) {
      f.residual = static_cast<const char*>(e.residual) +
                   (s.image * r.batch + y * r.axis[1] + s.column_begin * r.axis[2] + channel) *
                       static_cast<int64_t>(size_of(e.residual_type));
      f.residual_stride = r.axis[2];
    }
    f.residual_last = e.residual_after_activation;
    f.out = to;
    f.out_type = params_.out_type;
    f.out_stride = out.axis[2];
    kernels_->finish(f);
  }
  if (!e.post) return;
  for (int64_t x = 0; x < pixels; ++x) {
    e.post(e.post_context, to + x * out.axis[2] * out_size, (s.image * out_[1] + y) * out_[2] + s.column_begin + x,
           channel, channels);
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
  task.direct = (params_.out_type == params_.type || params_.out_type == DataType::F32) && !epilogue.residual &&
                (activation == Activation::None || activation == Activation::Relu || activation == Activation::Clip);
  if (task.direct && activation == Activation::Relu) task.low = 0;
  if (task.direct && activation == Activation::Clip) task.low = epilogue.alpha, task.high = epilogue.beta;

  // Rows are split first; channels as well where rows are few. A thread passes its rows once for every group of
  // channels, so that each line of the input is fetched once.
  const int64_t vectors = group_vectors(), groups = (blocks_of(params_) + vectors - 1) / vectors;
  const int64_t rows = shape_.batch * out_[1], threads = lane.size();
  if (rows == 0 || out_[2] == 0) return;
  int64_t by_groups = 1, best = std::numeric_limits<int64_t>::max();
  for (int64_t p = 1; p <= std::min(threads, groups); ++p) {
    const int64_t q = std::min(threads / p, rows), cost = (groups + p - 1) / p * ((rows + q - 1) / q);
    if (cost < best) best = cost, by_groups = p;
  }
  const int64_t by_rows = std::min(threads / by_groups, rows);
  lane.run([&](int thread) {
    const int64_t g = thread % by_groups, r = thread / by_groups;
    if (r >= by_rows) return;
    const int64_t row_begin = rows * r / by_rows, row_end = rows * (r + 1) / by_rows;
    char* memory = static_cast<char*>(workspace) + thread * scratch().bytes();
    Strip s;
    for (int64_t at = row_begin; at < row_end; at += s.row_end - s.row_begin) {
      s.image = at / out_[1];
      s.row_begin = at % out_[1];
      s.row_end = std::min(out_[1], s.row_begin + row_end - at);
      for (s.group = groups * g / by_groups; s.group < groups * (g + 1) / by_groups; ++s.group) {
        for (s.column_begin = 0; s.column_begin < out_[2]; s.column_begin = s.column_end) {
          s.column_end = std::min(out_[2], s.column_begin + strip_pixels_);
          strip(task, s, memory);
        }
      }
    }
  });
}

}  // namespace tn
