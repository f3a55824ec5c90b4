// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/int8_depthwise.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/kernels/depthwise/geometry.h"

namespace tn {
namespace {

constexpr int64_t kStrip = 32;  // pixels whose sums are kept

int64_t blocks_of(const ConvParams& p) {
  const int64_t block = int8_depthwise_kernels(p.isa)->block;
  return (p.in_channels + block - 1) / block;
}

bool is_byte(DataType type) {
  return type == DataType::U8 || type == DataType::I8;
}

/// Of a channel of a block, among the sums in registers: [vector][lane].
int64_t place_of(int64_t channel, int64_t lanes) {
  const int64_t vector = channel % 16 / 4, lane = channel / 16 * 4 + channel % 4;
  return vector * lanes + lane;
}

Int8DepthwiseFunction row_function(const Int8DepthwiseKernels& kernels, const ConvParams& p) {
  const DepthwiseWindow window = depthwise_window(p);
  const auto& rows = kernels.rows[p.type == DataType::I8 ? 1 : 0];
  if (window == DepthwiseWindow::Width3Stride1) return rows[0];
  return rows[window == DepthwiseWindow::Width3Stride2 ? 1 : 2];
}

}  // namespace

const Int8DepthwiseKernels* int8_depthwise_kernels(Isa isa) {
  if (isa == Isa::Generic) return &kInt8DepthwiseGeneric;
  if (isa == Isa::AvxVnni) return &kInt8DepthwiseAvxVnni;
  return isa == Isa::Avx512Vnni ? &kInt8DepthwiseAvx512Vnni : nullptr;
}

bool Int8Depthwise::supports(const ConvParams& p) {
  return is_depthwise(p) && (p.type == DataType::U8 || p.type == DataType::I8) && int8_depthwise_kernels(p.isa) &&
         p.kernel[1] <= kInt8DepthwiseRows;
}

size_t Int8Depthwise::packed_bytes(const ConvParams& p) {
  return static_cast<size_t>(blocks_of(p) * p.kernel[2] * 4 * int8_depthwise_kernels(p.isa)->block);
}

void Int8Depthwise::pack(const ConvParams& p, const TensorView& weights, std::span<std::byte> out) {
  const int64_t block = int8_depthwise_kernels(p.isa)->block, taps = p.kernel[1] * p.kernel[2];
  internal_check(weights.type == DataType::I8 && weights.is_dense() && weights.elements() == p.in_channels * taps &&
                     out.size() >= packed_bytes(p),
                 "depthwise weights must be dense i8 of [{},{}] elements", p.in_channels, taps);
  std::fill(out.begin(), out.end(), std::byte{0});
  const auto* from = weights.as<int8_t>();
  auto* to = reinterpret_cast<int8_t*>(out.data());
  for (int64_t c = 0; c < p.in_channels; ++c) {
    const int64_t within = c % block, vector = within % 16 / 4, lane = within / 16 * 4 + within % 4;
    for (int64_t y = 0; y < p.kernel[1]; ++y)
      for (int64_t x = 0; x < p.kernel[2]; ++x)
        to[((c / block * p.kernel[2] + x) * 4 + vector) * block + lane * 4 + y] = from[c * taps + y * p.kernel[2] + x];
  }
}

Int8Depthwise::Int8Depthwise(const ConvParams& params)
    : params_(params),
      kernels_(int8_depthwise_kernels(params.isa)),
      row_(kernels_ ? row_function(*kernels_, params) : nullptr) {
  internal_check(supports(params), "not a depthwise convolution of bytes: {} channels, {} groups", params.in_channels,
                 params.groups);
}

Status Int8Depthwise::bind(const ConvShape& shape) noexcept {
  if (shape.in[0] != 1) {
    return Status::failure(ErrorCode::InvalidArgument, "a depthwise convolution was given images {} deep", shape.in[0]);
  }
  shape_ = shape;
  out_ = params_.out_extent(shape.in);
  return {};
}

/// What is the same for all rows of a run.
struct Int8Depthwise::Task {
  const char* input;
  const char* packed;
  const Epilogue& epilogue;
  char* output;
};

Int8DepthwiseTerms Int8Depthwise::terms_of(const Requantization& r, int64_t block) const noexcept {
  Int8DepthwiseTerms terms;
  terms.zero_point = r.zero_point;
  terms.low = r.low;
  terms.high = r.high;
  const int64_t first = block * kernels_->block,
                count = std::min<int64_t>(kernels_->block, params_.in_channels - first);
  for (int64_t c = 0; c < count; ++c) {
    const int64_t place = place_of(c, kernels_->block / 4);
    terms.correction[place] = r.correction[first + c];
    terms.scale[place] = r.scale[first + c];
    terms.offset[place] = r.offset[first + c];
  }
  return terms;
}

/// Output rows [begin, end) of all images, for one block of channels.
void Int8Depthwise::rows(const Task& task, int64_t block, int64_t begin, int64_t end) const noexcept {
  const Epilogue& e = task.epilogue;
  const bool plain =
      is_byte(params_.out_type) && !e.residual && !e.requantization->table && e.activation == Activation::None;
  const Int8DepthwiseTerms terms = plain ? terms_of(*e.requantization, block) : Int8DepthwiseTerms();
  for (int64_t at = begin; at < end; ++at) row(task, {at / out_[1], at % out_[1], block}, plain ? &terms : nullptr);
}

void Int8Depthwise::row(const Task& t, const Row& at, const Int8DepthwiseTerms* terms) const noexcept {
  const ConvParams& p = params_;
  const ImageStrides& in = shape_.in_strides;
  alignas(64) char outside[kMostInt8Block];
  std::memset(outside, p.zero_point, sizeof outside);
  alignas(64) int32_t sums[kStrip * kMostInt8Block];
  const int64_t channel = at.block * kernels_->block;
  Int8DepthwiseArgs a;
  for (int64_t tap = 0; tap < kInt8DepthwiseRows; ++tap) {
    const int64_t y = at.y * p.stride[1] - p.pad_before[1] + tap * p.dilation[1];
    const bool inside = tap < p.kernel[1] && y >= 0 && y < shape_.in[1];
    a.rows[tap] = inside ? t.input + at.image * in.batch + y * in.axis[1] + channel : outside;
    a.steps[tap] = inside ? in.axis[2] : 0;
  }
  a.width = shape_.in[2];
  a.kernel = p.kernel[2];
  a.stride = p.stride[2];
  a.dilation = p.dilation[2];
  a.channels = std::min<int64_t>(kernels_->block, p.in_channels - channel);
  a.zero_point = static_cast<uint8_t>(p.zero_point);
  a.weights = t.packed + at.block * p.kernel[2] * 4 * kernels_->block;
  a.sums = sums;
  if (terms) {
    const ImageStrides& out = shape_.out_strides;
    a.terms = terms;
    a.out = t.output + at.image * out.batch + at.y * out.axis[1] + channel;
    a.out_stride = out.axis[2];
    a.left = -p.pad_before[2];
    a.pixels = out_[2];
    return row_(a);
  }
  for (int64_t x = 0; x < out_[2]; x += kStrip) {
    a.left = x * p.stride[2] - p.pad_before[2];
    a.pixels = std::min(kStrip, out_[2] - x);
    row_(a);
    finish(t, at, x, a.pixels, sums);
  }
}

void Int8Depthwise::finish(const Task& t, const Row& at, int64_t x, int64_t pixels, int32_t* sums) const noexcept {
  const Epilogue& e = t.epilogue;
  const ImageStrides &out = shape_.out_strides, &r = e.residual_strides;
  const auto out_size = static_cast<int64_t>(size_of(params_.out_type));
  const int64_t channel = at.block * kernels_->block;
  RequantizeArgs q(*e.requantization, channel);
  q.sums = sums;
  q.sums_stride = kernels_->block;
  q.rows = pixels;
  q.channels = std::min<int64_t>(kernels_->block, params_.in_channels - channel);
  q.residual = residual_at(e, at.image * r.batch + at.y * r.axis[1] + x * r.axis[2] + channel);
  q.residual_signed = e.residual_type == DataType::I8;
  q.residual_stride = r.axis[2];
  q.out = t.output + (at.image * out.batch + at.y * out.axis[1] + x * out.axis[2] + channel) * out_size;
  q.out_stride = out.axis[2];
  if (is_byte(params_.out_type)) return requantize_rows(*kernels_->requantize, kernels_->finish, q, e);
  kernels_->requantize->to_floats(q);
  FinishArgs f;
  f.sums = reinterpret_cast<const float*>(sums);
  f.sums_stride = q.sums_stride;
  f.rows = pixels;
  f.channels = q.channels;
  f.take(e);
  f.residual = q.residual;
  f.out = q.out;
  f.out_type = params_.out_type;
  f.out_stride = q.out_stride;
  kernels_->finish(f);
}

void Int8Depthwise::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue,
                        void* output) const noexcept {
  const Task task{static_cast<const char*>(input), static_cast<const char*>(packed), epilogue,
                  static_cast<char*>(output)};
  const int64_t rows = shape_.batch * out_[1], blocks = blocks_of(params_);
  if (rows == 0 || out_[2] == 0) return;
  const auto [by_blocks, by_rows] = split_depthwise(rows, blocks, lane.size());
  lane.run([&, by_blocks = by_blocks, by_rows = by_rows](int thread) {
    const int64_t b = thread % by_blocks, r = thread / by_blocks;
    if (r >= by_rows) return;
    for (int64_t block = blocks * b / by_blocks; block < blocks * (b + 1) / by_blocks; ++block)
      this->rows(task, block, rows * r / by_rows, rows * (r + 1) / by_rows);
  });
}

}  // namespace tn
