// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/winograd/winograd.h"

#include <limits>

#include "base/os/cpu.h"

namespace tn {
namespace {

constexpr int64_t kStagedChannels = 64;

int64_t padded(const ProductPacking& packing, int64_t channels) {
  return (channels + packing.kernels->lanes - 1) / packing.kernels->lanes * packing.kernels->lanes;
}

/// One product of [patches, in] and [in, out] for each of the (m + 2)^2 values: the groups of a packing.
ProductPacking packing_of(const ConvParams& p, const WinogradConfig& config) {
  ProductPacking packing;
  packing.kernels = product_kernels(p.isa, p.type);
  packing.vectors = config.tile.vectors;
  packing.groups = (config.outputs + 2) * (config.outputs + 2);
  packing.channels = p.out_channels;
  packing.depth = p.in_channels;
  return packing;
}

/// G of the paper: the rows evaluate the filter at the points of transform_kernel.h.
constexpr double kF2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
constexpr double kF4[6][3] = {{1.0 / 4, 0, 0},
                              {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                              {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                              {1.0 / 24, 1.0 / 12, 1.0 / 6},
                              {1.0 / 24, -1.0 / 12, 1.0 / 6},
                              {0, 0, 1}};

/// Calls body(begin, end) for [begin, end) of `count` in parts of at most `most`, nearly equal.
template <typename Body>
void in_parts(int64_t begin, int64_t end, int64_t most, Body&& body) {
  const int64_t count = end - begin, parts = (count + most - 1) / most;
  for (int64_t i = 0; i < parts; ++i) body(begin + count * i / parts, begin + count * (i + 1) / parts);
}

}  // namespace

const WinogradKernels& winograd_kernels(Isa isa) {
  if (isa == Isa::Generic) return kWinogradGeneric;
  return isa == Isa::Avx2 ? kWinogradAvx2 : kWinogradAvx512;
}

bool Winograd::supports(const ConvParams& p, const WinogradConfig& config) {
  constexpr Extent kThree = {1, 3, 3}, kOnes = {1, 1, 1};
  const bool type = (p.type == DataType::F32 || config.outputs == 2) && product_kernels(p.isa, p.type) != nullptr;
  return type && p.groups == 1 && p.kernel == kThree && p.stride == kOnes && p.dilation == kOnes &&
         p.pad_before[0] == 0 && p.pad_after[0] == 0;
}

std::vector<WinogradConfig> Winograd::configs(const ConvParams& params) {
  std::vector<WinogradConfig> result;
  for (int outputs : {4, 2}) {
    if (!supports(params, {outputs, 0, {}})) continue;
    const ProductKernels& kernels = *product_kernels(params.isa, params.type);
    const TileShape tile = kernels.max_rows(4) > 0 ? TileShape{14, 2} : TileShape{6, 2};
    const int64_t values = (outputs + 2) * (outputs + 2);
    const int64_t bytes =
        values * (params.in_channels * static_cast<int64_t>(size_of(params.type)) + params.out_channels * 4);
    const int64_t fitting = cpu_info().l2_bytes / bytes / tile.rows * tile.rows;
    const auto block = static_cast<int>(std::clamp<int64_t>(fitting, tile.rows, 4 * tile.rows));
    result.push_back({outputs, block, tile});
    result.push_back({outputs, 2 * block, tile});
    result.push_back({outputs, 0, tile});
  }
  return result;
}

size_t Winograd::packed_bytes(const ConvParams& params, const WinogradConfig& config) {
  return packing_of(params, config).bytes();
}

void Winograd::pack(const ConvParams& p, const WinogradConfig& config, const TensorView& weights,
                    std::span<std::byte> out) {
  internal_check(
      weights.type == DataType::F32 && weights.is_dense() && weights.elements() == p.out_channels * p.in_channels * 9,
      "Winograd weights must be dense f32 of [{},{},3,3]", p.out_channels, p.in_channels);
  const int64_t patch = config.outputs + 2, filters = p.out_channels * p.in_channels;
  const auto* g = config.outputs == 2 ? kF2 : kF4;
  std::vector<float> transformed(static_cast<size_t>(patch * patch * filters));
  for (int64_t filter = 0; filter < filters; ++filter) {
    const float* w = weights.as<float>() + filter * 9;
    for (int64_t i = 0; i < patch; ++i) {
      double row[3];
      for (int x = 0; x < 3; ++x) row[x] = g[i][0] * w[x] + g[i][1] * w[3 + x] + g[i][2] * w[6 + x];
      for (int64_t j = 0; j < patch; ++j) {
        transformed[static_cast<size_t>((i * patch + j) * filters + filter)] =
            static_cast<float>(row[0] * g[j][0] + row[1] * g[j][1] + row[2] * g[j][2]);
      }
    }
  }
  WeightStrides strides;
  strides.group = filters;
  strides.channel = p.in_channels;
  strides.outer = 1;
  packing_of(p, config).pack(transformed.data(), DataType::F32, strides, out);
}

Winograd::Winograd(const ConvParams& params, const WinogradConfig& config, const ConvShape& max)
    : params_(params), config_(config), kernels_(&winograd_kernels(params.isa)) {
  internal_check(supports(params, config), "not a 3x3 convolution with stride 1 in {}", name_of(params.type));
  packing_ = packing_of(params, config);
  transforms_ = config.outputs == 2 ? &kernels_->f2 : &kernels_->f4;
  const Extent out = params.out_extent(max.in);
  max_patches_ =
      max.batch * ((out[1] + config.outputs - 1) / config.outputs) * ((out[2] + config.outputs - 1) / config.outputs);
}

/// A patch before and after the products.
int64_t Winograd::patch_bytes() const {
  const auto size = static_cast<int64_t>(size_of(params_.type));
  return packing_.groups * (padded(packing_, params_.in_channels) * size + padded(packing_, params_.out_channels) * 4);
}

size_t Winograd::workspace_bytes(int threads) const {
  const int64_t patches = config_.block > 0 ? static_cast<int64_t>(config_.block) * threads : max_patches_;
  return static_cast<size_t>(patches * patch_bytes());
}

Status Winograd::bind(const ConvShape& shape) noexcept {
  out_ = params_.out_extent(shape.in);
  shape_ = shape;
  rows_ = (out_[1] + config_.outputs - 1) / config_.outputs;
  columns_ = (out_[2] + config_.outputs - 1) / config_.outputs;
  const int64_t patches = shape.batch * rows_ * columns_;
  if (shape.in[0] != 1 || patches > max_patches_) {
    return Status::failure(ErrorCode::InvalidArgument,
                           "a Winograd convolution was given {} patches, it was made for {}", patches, max_patches_);
  }
  return {};
}

/// What is the same for all patches of a run.
struct Winograd::Task {
  const char* input;
  const char* packed;
  const Epilogue& epilogue;
  char* output;
  bool direct;  ///< the transform writes the output itself
};

/// Values before ([value][patch][in channel]) and after ([value][patch][out channel]) the products, from patch `first`
/// on.
struct Winograd::Patches {
  char* before;
  float* after;
  int64_t first, count;
  int64_t before_plane, after_plane;  ///< elements
};

Winograd::Patches Winograd::patches_at(void* memory, int64_t first, int64_t count, int64_t room) const noexcept {
  const int64_t before_plane = room * padded(packing_, params_.in_channels);
  char* before = static_cast<char*>(memory);
  char* after = before + packing_.groups * before_plane * static_cast<int64_t>(size_of(params_.type));
  return {before,       reinterpret_cast<float*>(after),
          first,        count,
          before_plane, room * padded(packing_, params_.out_channels)};
}

void Winograd::transform_input(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept {
  const ImageStrides& s = shape_.in_strides;
  const auto size = static_cast<int64_t>(size_of(params_.type));
  const int64_t patch = config_.outputs + 2, row_bytes = padded(packing_, params_.in_channels) * size;
  WinogradInput t;
  t.row_step = s.axis[1] * size;
  t.pixel_step = s.axis[2] * size;
  t.channels = params_.in_channels;
  t.plane = patches.before_plane;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t at = patches.first + i, image = at / (rows_ * columns_), within = at % (rows_ * columns_);
    const int64_t y = within / columns_ * config_.outputs - params_.pad_before[1];
    const int64_t x = within % columns_ * config_.outputs - params_.pad_before[2];
    t.input = task.input + (image * s.batch + y * s.axis[1] + x * s.axis[2]) * size;
    t.y_begin = std::max<int64_t>(0, -y);
    t.x_begin = std::max<int64_t>(0, -x);
    t.y_end = std::min(patch, shape_.in[1] - y);
    t.x_end = std::min(patch, shape_.in[2] - x);
    t.out = patches.before + i * row_bytes;
    params_.type == DataType::F32 ? transforms_->input_f32(t) : transforms_->input_f16(t);
  }
}

/// Units [begin, end) of (value, block of output channels), each over all patches.
void Winograd::multiply(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept {
  const auto size = static_cast<int64_t>(size_of(params_.type));
  const int64_t in_row = padded(packing_, params_.in_channels) * size;
  const int64_t out_row = padded(packing_, params_.out_channels), per_value = packing_.blocks_per_group();
  TileArgs t;
  t.row_stride = in_row;
  t.depth = params_.in_channels;
  t.out_stride = out_row;
  const ClipBounds clip;
  t.low = clip.low;
  t.high = clip.high;
  for (int64_t unit = begin; unit < end; ++unit) {
    const int64_t value = unit / per_value, block = unit % per_value, vectors = packing_.vectors_of(block);
    const int64_t k_groups = packing_.bytes_per_vector() / packing_.kernels->lanes / 4;
    t.weights = task.packed + packing_.offset_of(unit);
    t.channels = vectors * packing_.kernels->lanes;
    const char* next = unit + 1 < end ? task.packed + packing_.offset_of(unit + 1) : t.weights;
    // Tiles of nearly equal height: those that are one row higher come first.
    const int64_t tiles = tiles_for(patches.count, config_.tile.rows), rows = patches.count / tiles;
    t.tiles = patches.count % tiles;
    t.prefetch_step = packing_.prefetch_step(vectors, tiles);
    const auto run = [&](int64_t from, int64_t height, int64_t pass) {
      if (t.tiles == 0) return;
      t.prefetch = next + pass * k_groups * t.prefetch_step;
      t.input = patches.before + value * patches.before_plane * size + from * in_row;
      t.out = patches.after + value * patches.after_plane + from * out_row + block * packing_.panel();
      packing_.kernels->tile(height, vectors)(t);
    };
    const int64_t higher = t.tiles;
    run(0, rows + 1, 0);
    t.tiles = tiles - higher;
    run(higher * (rows + 1), rows, higher);
  }
}

void Winograd::transform_output(const Task& task, const Patches& patches, int64_t begin, int64_t end) const noexcept {
  const int64_t row = padded(packing_, params_.out_channels);
  for (int64_t i = begin; i < end; ++i)
    write_patch(task, patches.after + i * row, patches.after_plane, patches.first + i);
}

void Winograd::write_patch(const Task& task, const float* sums, int64_t plane, int64_t patch) const noexcept {
  const Epilogue& e = task.epilogue;
  const int64_t image = patch / (rows_ * columns_), within = patch % (rows_ * columns_);
  const int64_t y = within / columns_ * config_.outputs, x = within % columns_ * config_.outputs;
  const ImageStrides &o = shape_.out_strides, &r = e.residual_strides;
  const int64_t out_at = image * o.batch + y * o.axis[1] + x * o.axis[2];
  const int64_t residual_first = image * r.batch + y * r.axis[1] + x * r.axis[2];
  WinogradOutput t;
  t.plane = plane;
  t.rows = std::min<int64_t>(config_.outputs, out_[1] - y);
  t.columns = std::min<int64_t>(config_.outputs, out_[2] - x);
  const ClipBounds clip = task.direct ? clip_of(e) : ClipBounds();
  t.low = clip.low;
  t.high = clip.high;
  const auto out_size = static_cast<int64_t>(size_of(params_.out_type));
  if (task.direct) {
    t.sums = sums;
    t.channels = params_.out_channels;
    t.bias = e.bias;
    if (e.residual) t.residual = static_cast<const float*>(e.residual) + residual_first;
    t.residual_row = r.axis[1];
    t.residual_pixel = r.axis[2];
    t.residual_last = e.residual_after_activation;
    t.out = reinterpret_cast<float*>(task.output) + out_at;
    t.out_row = o.axis[1];
    t.out_pixel = o.axis[2];
    transforms_->output(t);
  } else {
    alignas(64) float staged[16 * kStagedChannels];
    t.out = staged;
    t.out_row = config_.outputs * kStagedChannels;
    t.out_pixel = kStagedChannels;
    FinishArgs f;
    f.sums_stride = kStagedChannels;
    f.rows = t.columns;
    f.take(e);
    f.out_type = params_.out_type;
    f.out_stride = o.axis[2];
    for (int64_t c = 0; c < params_.out_channels; c += kStagedChannels) {
      t.sums = sums + c;
      t.channels = f.channels = std::min(kStagedChannels, params_.out_channels - c);
      transforms_->output(t);
      f.bias = e.bias ? e.bias + c : nullptr;
      for (int64_t i = 0; i < t.rows; ++i) {
        f.sums = staged + i * t.out_row;
        f.out = task.output + (out_at + i * o.axis[1] + c) * out_size;
        f.residual = residual_at(e, residual_first + i * r.axis[1] + c);
        kernels_->finish(f);
      }
    }
  }
}

void Winograd::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
                   void* workspace) const noexcept {
  const Task task{static_cast<const char*>(input), static_cast<const char*>(packed), epilogue,
                  static_cast<char*>(output),
                  params_.out_type == DataType::F32 && is_clip(epilogue.activation) &&
                      (!epilogue.residual || epilogue.residual_type == DataType::F32)};
  const int64_t count = shape_.batch * rows_ * columns_, threads = lane.size(), units = packing_.blocks();
  if (count == 0) return;
  if (config_.block > 0) {
    lane.run([&](int thread) {
      char* memory = static_cast<char*>(workspace) + thread * config_.block * patch_bytes();
      in_parts(count * thread / threads, count * (thread + 1) / threads, config_.block,
               [&](int64_t begin, int64_t end) {
                 const Patches patches = patches_at(memory, begin, end - begin, config_.block);
                 transform_input(task, patches, 0, patches.count);
                 multiply(task, patches, 0, units);
                 transform_output(task, patches, 0, patches.count);
               });
    });
    return;
  }
  const Patches patches = patches_at(workspace, 0, count, count);
  lane.parallel_for(count, [&](int64_t begin, int64_t end) { transform_input(task, patches, begin, end); });
  lane.parallel_for(units, [&](int64_t begin, int64_t end) { multiply(task, patches, begin, end); });
  lane.parallel_for(count, [&](int64_t begin, int64_t end) { transform_output(task, patches, begin, end); });
}

}  // namespace tn
