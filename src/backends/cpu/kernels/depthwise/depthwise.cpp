// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/depthwise.h"

#include "backends/cpu/kernels/depthwise/geometry.h"
#include "base/os/cpu.h"
#include "base/stored_float.h"

namespace tn {
namespace {

bool is_bytes(DataType type) {
  return type == DataType::U8 || type == DataType::I8;
}

size_t index_of(DataType type) {
  if (is_bytes(type)) return type == DataType::U8 ? 3 : 4;
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
  constexpr int64_t kExactTaps = (int64_t{1} << 24) / (255 * 128);  // of bytes
  return is_depthwise(p) && (is_stored_float(p.type) || (is_bytes(p.type) && p.kernel[1] * p.kernel[2] <= kExactTaps));
}

size_t Depthwise::packed_bytes(const ConvParams& p) {
  return static_cast<size_t>(blocks_of(p) * depthwise_kernels(p.isa).lanes * p.kernel[1] * p.kernel[2] * 4);
}

void Depthwise::pack(const ConvParams& p, const TensorView& weights, std::span<std::byte> out) {
  pack_depthwise<float>(p, depthwise_kernels(p.isa).lanes, weights, out);
}

Depthwise::Depthwise(const ConvParams& params)
    : params_(params),
      kernels_(&depthwise_kernels(params.isa)),
      sums_(kernels_->sums[index_of(params.type)][static_cast<size_t>(depthwise_window(params))]),
      direct_(params.out_type == DataType::F32 || is_bytes(params.type)
                  ? sums_
                  : kernels_->direct[index_of(params.type)][static_cast<size_t>(depthwise_window(params))]),
      vectors_(blocks_of(params)) {
  internal_check(supports(params), "not a depthwise convolution: {} channels, {} groups", params.in_channels,
                 params.groups);
}

Status Depthwise::bind(const ConvShape& shape) noexcept {
  if (shape.in[0] != 1) {
    return Status::failure(ErrorCode::InvalidArgument, "a depthwise convolution was given images {} deep", shape.in[0]);
  }
  shape_ = shape;
  out_ = params_.out_extent(shape.in);
  return {};
}

/// Vectors of channels whose rows are passed one after another before the next vectors' are. The rows under a window
/// stay in the L1 cache, unless the image comes from beyond the L2 cache: then it is read in its order.
int64_t Depthwise::group_vectors() const {
  constexpr int64_t kL1Bytes = 24 << 10, kFewestBytes = 256, kMostChannels = 512;
  const int64_t element = static_cast<int64_t>(size_of(params_.type)), lanes = kernels_->lanes;
  const int64_t most = kMostChannels / lanes, row_bytes = shape_.in[2] * element;
  int64_t vectors = most;
  if (shape_.in[1] * row_bytes * params_.in_channels <= cpu_info().l2_bytes / 2) {
    const int64_t fewest = std::max<int64_t>(1, kFewestBytes / (lanes * element));
    vectors = std::clamp(kL1Bytes / std::max<int64_t>(1, params_.kernel[1] * row_bytes * lanes), fewest, most);
  }
  const int64_t groups = (vectors_ + vectors - 1) / vectors;
  return (vectors_ + groups - 1) / groups;
}

/// What is the same for all rows of a run.
struct Depthwise::Task {
  const char* input;
  const float* packed;
  const Epilogue& epilogue;
  char* output;
  bool direct;  ///< the kernel writes the output itself
  ClipBounds clip;
};

void Depthwise::row(const Task& t, const Row& at) const noexcept {
  const ConvParams& p = params_;
  const ImageStrides &in = shape_.in_strides, &out = shape_.out_strides;
  const auto size = static_cast<int64_t>(size_of(p.type)), out_size = static_cast<int64_t>(size_of(p.out_type));
  const int64_t lanes = kernels_->lanes, dilation = p.dilation[1];
  const auto [first, last] = taps_in_image(p, at.y, shape_.in[1]);
  DepthwiseArgs a;
  a.taps = last - first;
  a.input = t.input + (at.image * in.batch + at.channel) * size;
  if (a.taps > 0) a.input += (at.y * p.stride[1] - p.pad_before[1] + first * dilation) * in.axis[1] * size;
  a.row_step = dilation * in.axis[1] * size;
  a.width = shape_.in[2];
  a.pixel_step = in.axis[2] * size;
  a.kernel = p.kernel[2];
  a.stride = p.stride[2];
  a.dilation = p.dilation[2];
  a.channels = at.channels;
  a.weights_step = p.kernel[1] * p.kernel[2] * lanes;
  a.weights = t.packed + at.channel / lanes * a.weights_step + first * p.kernel[2] * lanes;
  a.bias = t.epilogue.bias ? t.epilogue.bias + at.channel : nullptr;
  a.low = t.clip.low;
  a.high = t.clip.high;
  a.zero_point = static_cast<float>(p.zero_point);
  a.left = -p.pad_before[2];
  a.pixels = out_[2];
  if (t.direct) {
    a.out = t.output + (at.image * out.batch + at.y * out.axis[1] + at.channel) * out_size;
    a.out_stride = out.axis[2];
    direct_(a);
    return;
  }
  constexpr int64_t kSums = 4096;  // room for eight pixels of the most channels of a row
  alignas(64) float sums[kSums];
  a.out = sums;
  a.out_stride = (at.channels + lanes - 1) / lanes * lanes;
  const int64_t strip = kSums / a.out_stride;
  for (int64_t x = 0; x < out_[2]; x += strip, a.left += strip * p.stride[2]) {
    a.pixels = std::min(strip, out_[2] - x);
    sums_(a);
    finish(t, at, x, a.pixels, sums);
  }
}

void Depthwise::finish(const Task& t, const Row& at, int64_t x, int64_t pixels, float* sums) const noexcept {
  const Epilogue& e = t.epilogue;
  const ImageStrides &out = shape_.out_strides, &r = e.residual_strides;
  const auto out_size = static_cast<int64_t>(size_of(params_.out_type));
  const int64_t lanes = kernels_->lanes;
  FinishArgs f;
  f.sums = sums;
  f.sums_stride = (at.channels + lanes - 1) / lanes * lanes;
  f.rows = pixels;
  f.channels = at.channels;
  f.take(e);
  f.residual = residual_at(e, at.image * r.batch + at.y * r.axis[1] + x * r.axis[2] + at.channel);
  f.out = t.output + (at.image * out.batch + at.y * out.axis[1] + x * out.axis[2] + at.channel) * out_size;
  if (e.requantization) {
    RequantizeArgs q(*e.requantization, at.channel);
    q.sums = reinterpret_cast<int32_t*>(sums);
    q.kind = SumKind::Exact;
    q.sums_stride = f.sums_stride;
    q.rows = pixels;
    q.channels = at.channels;
    q.residual = f.residual;
    q.residual_signed = e.residual_type == DataType::I8;
    q.residual_stride = f.residual_stride;
    q.out = f.out;
    q.out_stride = out.axis[2];
    if (is_bytes(params_.out_type)) return requantize_rows(*kernels_->requantize, kernels_->finish, q, e);
    kernels_->requantize->to_floats(q);
  }
  f.out_type = params_.out_type;
  f.out_stride = out.axis[2];
  kernels_->finish(f);
}

void Depthwise::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue,
                    void* output) const noexcept {
  Task task{static_cast<const char*>(input),
            static_cast<const float*>(packed),
            epilogue,
            static_cast<char*>(output),
            false,
            {}};
  task.direct = !epilogue.requantization && (params_.out_type == params_.type || params_.out_type == DataType::F32) &&
                !epilogue.residual && is_clip(epilogue.activation);
  if (task.direct) task.clip = clip_of(epilogue);

  const int64_t rows = shape_.batch * out_[1], lanes = kernels_->lanes;
  if (rows == 0 || out_[2] == 0) return;
  const auto [by_vectors, by_rows] = split_depthwise(rows, vectors_, lane.size());
  const int64_t group = group_vectors();
  lane.run([&, by_vectors = by_vectors, by_rows = by_rows](int thread) {
    const int64_t v = thread % by_vectors, r = thread / by_vectors;
    if (r >= by_rows) return;
    const int64_t vector_end = vectors_ * (v + 1) / by_vectors, row_end = rows * (r + 1) / by_rows;
    for (int64_t begin = rows * r / by_rows, end; begin < row_end; begin = end) {
      const int64_t image = begin / out_[1];
      end = std::min(row_end, (image + 1) * out_[1]);
      for (int64_t vector = vectors_ * v / by_vectors; vector < vector_end; vector += group) {
        const int64_t channel = vector * lanes;
        const int64_t channels = std::min(std::min(group, vector_end - vector) * lanes, params_.in_channels - channel);
        for (int64_t at = begin; at < end; ++at) row(task, {image, at % out_[1], channel, channels});
      }
    }
  });
}

}  // namespace tn
