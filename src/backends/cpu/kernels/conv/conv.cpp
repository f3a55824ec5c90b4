// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/conv/conv.h"

#include <cstring>

namespace tn {
namespace {

int64_t element_size(const ConvParams& p) {
  return static_cast<int64_t>(size_of(p.type));
}

ProductPacking packing_of(const ConvParams& p) {
  const int64_t kernel = p.kernel[0] * p.kernel[1] * p.kernel[2], in = p.in_channels / p.groups;
  ProductPacking packing;
  packing.kernels = product_kernels(p.isa, p.type);
  if (packing.kernels == nullptr) {
    throw Error(ErrorCode::Unsupported, "no convolution kernel for {} with {}", name_of(p.type), name_of(p.isa));
  }
  packing.vectors = p.config.tile.vectors;
  packing.groups = p.groups;
  packing.channels = p.out_channels / p.groups;
  packing.taps = p.config.merge_width ? kernel / p.kernel[2] : kernel;
  packing.depth = p.config.merge_width ? in * p.kernel[2] : in;
  return packing;
}

/// Output pixel = input pixel: no table of offsets.
bool is_pointwise(const ConvParams& p) {
  constexpr Extent kOnes = {1, 1, 1}, kZeros = {};
  return p.kernel == kOnes && p.stride == kOnes && p.pad_before == kZeros && p.pad_after == kZeros;
}

bool rows_adjoin(const Extent& extent, const ImageStrides& s) {
  return s.axis[1] == extent[2] * s.axis[2] && (extent[0] == 1 || s.axis[0] == extent[1] * s.axis[1]);
}

}  // namespace

std::vector<ConvConfig> Conv::configs(const ConvParams& params) {
  std::vector<ConvConfig> result;
  const ProductKernels* kernels = product_kernels(params.isa, params.type);
  if (kernels == nullptr) return result;
  const int64_t in = params.in_channels / params.groups, out = params.out_channels / params.groups;
  const bool merge = params.groups == 1 && params.dilation[2] == 1 && params.kernel[2] > 1 && in <= 4;
  const int64_t needed = (out + kernels->lanes - 1) / kernels->lanes;
  const auto shapes = tile_shapes(*kernels);
  for (const TileShape& shape : shapes) {
    const bool too_narrow = shape.vectors == 1 && needed > 1 && shape != TileShape{28, 1};
    if (shape.vectors > needed || too_narrow) continue;
    if (merge) result.push_back({shape, true});
    result.push_back({shape, false});
  }
  // Blocks that divide the channels evenly come first: no narrow last block.
  std::stable_sort(result.begin(), result.end(), [&](const ConvConfig& a, const ConvConfig& b) {
    if (a.merge_width != b.merge_width) return a.merge_width;
    return (needed % a.tile.vectors == 0) > (needed % b.tile.vectors == 0);
  });
  return result;
}

size_t Conv::packed_bytes(const ConvParams& params) {
  return packing_of(params).bytes();
}

void Conv::pack(const ConvParams& p, const TensorView& weights, std::span<std::byte> out) {
  const int64_t in = p.in_channels / p.groups, kernel = p.kernel[0] * p.kernel[1] * p.kernel[2];
  internal_check(weights.is_dense() && weights.elements() == p.out_channels * in * kernel,
                 "convolution weights must be dense, of [{},{},{}] elements", p.out_channels, in, kernel);
  WeightStrides strides;
  strides.group = p.out_channels / p.groups * in * kernel;
  strides.channel = in * kernel;
  if (p.config.merge_width) {
    strides.tap = p.kernel[2];
    strides.outer = 1;
    strides.inner = kernel;
    strides.inner_count = in;
  } else {
    strides.tap = 1;
    strides.outer = kernel;
  }
  packing_of(p).pack(weights.data, weights.type, strides, out);
}

Conv::Conv(const ConvParams& params, const ConvShape& max) : params_(params) {
  shape_.packing = packing_of(params);
  shape_.out_type = params.out_type;
  const Extent out = params.out_extent(max.in);
  max_pixels_ = out[0] * out[1] * out[2];
  zeros_.assign(static_cast<size_t>(aside_row_bytes()), static_cast<char>(params.zero_point));
  offsets_.reserve(static_cast<size_t>(max_pixels_ * shape_.packing.taps));
  if (params.config.merge_width) ragged_.reserve(static_cast<size_t>(tiles_for(max_pixels_, params.config.tile.rows)));
}

int64_t Conv::aside_row_bytes() const {
  return (shape_.packing.depth * element_size(params_) + 63) / 64 * 64;
}

size_t Conv::workspace_bytes(int threads) const {
  if (!params_.config.merge_width) return 0;
  return static_cast<size_t>(threads * aside_row_bytes() * (1 + shape_.packing.taps * params_.config.tile.rows));
}

Status Conv::bind(const ConvShape& shape) noexcept {
  const Extent out = params_.out_extent(shape.in);
  const int64_t pixels = out[0] * out[1] * out[2], size = element_size(params_);
  const bool same =
      pixels > 0 && shape_.pixels > 0 && shape.in == bound_.in && shape.in_strides.axis == bound_.in_strides.axis;
  if (pixels > max_pixels_) {
    return Status::failure(ErrorCode::InvalidArgument, "a convolution was given {} output pixels, it was made for {}",
                           pixels, max_pixels_);
  }
  if (params_.config.merge_width && shape.in_strides.axis[2] != params_.in_channels) {
    return Status::failure(ErrorCode::Internal,
                           "internal error: a convolution that merges the width needs dense pixels");
  }
  if ((shape.in[0] * shape.in_strides.axis[0] + shape.in[1] * shape.in_strides.axis[1]) * size > INT32_MAX) {
    return Status::failure(ErrorCode::Unsupported, "an image of a convolution is larger than 2 GiB");
  }
  shape_.images = shape.batch;
  shape_.pixels = pixels;
  shape_.tile_rows = params_.config.tile.rows;
  shape_.tiles = tiles_for(pixels, shape_.tile_rows);
  shape_.input_batch = shape.in_strides.batch * size;
  shape_.input_group = params_.in_channels / params_.groups * size;
  shape_.input_bytes = shape.in[0] * shape.in[1] * shape.in[2] * params_.in_channels * size;
  shape_.out_extent = out;
  shape_.out = shape.out_strides;
  if (is_pointwise(params_) && rows_adjoin(shape.in, shape.in_strides)) {
    shape_.input_row = shape.in_strides.axis[2] * size;
    shape_.offsets = nullptr;
  } else if (!same) {
    fill_offsets(shape);
  }
  bound_ = shape;
  return {};
}

void Conv::fill_offsets(const ConvShape& shape) noexcept {
  const Extent& in = shape.in;
  const Extent& step = shape.in_strides.axis;
  const int64_t size = element_size(params_), row_bytes = aside_row_bytes();
  const Extent window = {params_.kernel[0], params_.kernel[1], params_.config.merge_width ? 1 : params_.kernel[2]};
  const int64_t reach = params_.config.merge_width ? params_.kernel[2] : 1;
  offsets_.resize(static_cast<size_t>(shape_.pixels * shape_.packing.taps));
  ragged_.assign(params_.config.merge_width ? static_cast<size_t>(shape_.tiles) : 0, 0);
  int32_t* entry = offsets_.data();
  for (int64_t tile = 0; tile < shape_.tiles; ++tile) {
    const int64_t begin = shape_.tile_begin(tile), rows = shape_.tile_begin(tile + 1) - begin;
    Extent corner[kMaxTileRows];
    for (int64_t i = 0; i < rows; ++i) corner[i] = window_corner(begin + i);
    int64_t slot = 0;
    for (int64_t z = 0; z < window[0]; ++z) {
      for (int64_t y = 0; y < window[1]; ++y) {
        for (int64_t x = 0; x < window[2]; ++x) {
          for (int64_t i = 0; i < rows; ++i) {
            const int64_t iz = corner[i][0] + z * params_.dilation[0], iy = corner[i][1] + y * params_.dilation[1];
            const int64_t ix = corner[i][2] + x * params_.dilation[2];
            ++slot;
            if (iz < 0 || iz >= in[0] || iy < 0 || iy >= in[1] || ix + reach <= 0 || ix >= in[2]) {
              *entry++ = ~0;
            } else if (ix < 0 || ix + reach > in[2]) {
              *entry++ = ~static_cast<int32_t>(slot * row_bytes);
              ragged_[static_cast<size_t>(tile)] = 1;
            } else {
              *entry++ = static_cast<int32_t>((iz * step[0] + iy * step[1] + ix * step[2]) * size);
            }
          }
        }
      }
    }
  }
  shape_.offsets = offsets_.data();
}

Extent Conv::window_corner(int64_t pixel) const noexcept {
  const int64_t width = shape_.out_extent[2], height = shape_.out_extent[1], row = pixel / width;
  return {row / height * params_.stride[0] - params_.pad_before[0],
          row % height * params_.stride[1] - params_.pad_before[1],
          pixel % width * params_.stride[2] - params_.pad_before[2]};
}

/// Copies the windows' rows that reach over the left or right edge, with zeros outside. Slot 0 stays zero.
void Conv::fill_aside(const char* image, int64_t tile, char* aside) const noexcept {
  const int64_t begin = shape_.tile_begin(tile), rows = shape_.tile_begin(tile + 1) - begin;
  const int32_t* entry = offsets_.data() + begin * shape_.packing.taps;
  const Extent& step = bound_.in_strides.axis;
  const int64_t size = element_size(params_), pixel_bytes = params_.in_channels * size, row_bytes = aside_row_bytes();
  for (int64_t tap = 0; tap < shape_.packing.taps; ++tap) {
    for (int64_t i = 0; i < rows; ++i, ++entry) {
      if (*entry >= -1) continue;
      const Extent corner = window_corner(begin + i);
      const int64_t iz = corner[0] + tap / params_.kernel[1] * params_.dilation[0];
      const int64_t iy = corner[1] + tap % params_.kernel[1] * params_.dilation[1];
      const int64_t from = std::max<int64_t>(corner[2], 0), to = std::min(corner[2] + params_.kernel[2], bound_.in[2]);
      char* slot = aside + ~*entry;
      std::memset(slot, params_.zero_point, static_cast<size_t>(row_bytes));
      std::memcpy(slot + (from - corner[2]) * pixel_bytes,
                  image + (iz * step[0] + iy * step[1] + from * step[2]) * size,
                  static_cast<size_t>((to - from) * pixel_bytes));
    }
  }
}

void Conv::run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
               void* workspace) const noexcept {
  ProductOperands operands;
  operands.input = input;
  operands.packed = packed;
  operands.output = output;
  operands.zeros = zeros_.data();
  if (params_.config.merge_width && shape_.offsets) {
    operands.aside = static_cast<char*>(workspace);
    operands.aside_bytes = static_cast<int64_t>(workspace_bytes(1));
    for (int thread = 0; thread < lane.size(); ++thread) {
      std::memset(operands.aside + thread * operands.aside_bytes, params_.zero_point,
                  static_cast<size_t>(aside_row_bytes()));
    }
    operands.fill.context = this;
    operands.fill.wanted = ragged_.data();
    operands.fill.function = [](const void* self, const char* image, int64_t tile, char* aside) {
      static_cast<const Conv*>(self)->fill_aside(image, tile, aside);
    };
  }
  run_product(lane, shape_, operands, epilogue);
}

}  // namespace tn
