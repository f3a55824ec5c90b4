// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/product.h"

#include <limits>

#include "base/os/cpu.h"

namespace tn {
namespace {

/// Whether pixels follow each other at one stride over all axes.
bool is_even(const Extent& extent, const ImageStrides& strides) {
  return (extent[1] == 1 && extent[0] == 1) || (strides.axis[1] == extent[2] * strides.axis[2] &&
                                                (extent[0] == 1 || strides.axis[0] == extent[1] * strides.axis[1]));
}

/// Element offset of a pixel of one image.
int64_t pixel_offset(const Extent& extent, const ImageStrides& strides, int64_t pixel) {
  const int64_t x = pixel % extent[2], row = pixel / extent[2];
  return x * strides.axis[2] + row % extent[1] * strides.axis[1] + row / extent[1] * strides.axis[0];
}

/// Without a table of offsets, images that follow each other without gaps are one image: fewer low tiles.
ProductShape joined(const ProductShape& s, const Epilogue& e) {
  const int64_t pixels = s.pixels;
  const auto follows = [&](const ImageStrides& strides) {
    return is_even(s.out_extent, strides) && strides.batch == pixels * strides.axis[2];
  };
  if (s.offsets || s.images == 1 || s.input_batch != pixels * s.input_row || !follows(s.out) ||
      (e.residual && !follows(e.residual_strides))) {
    return s;
  }
  ProductShape one = s;
  one.images = 1;
  one.pixels = s.images * pixels;
  one.out_extent = {1, 1, one.pixels};
  one.tiles = tiles_for(one.pixels, s.tile_rows);
  one.input_bytes = s.images * s.input_bytes;
  return one;
}

/// Splits threads over blocks and tiles so that the slowest thread has the least to compute and to fetch.
struct Grid {
  int over_blocks = 1, over_tiles = 1;
};

Grid choose_grid(const ProductShape& s, int threads) {
  constexpr double kProductsPerCycle = 32, kBytesPerCycle = 6;
  const int64_t blocks = s.packing.blocks(), tiles = s.images * s.tiles;
  const double weight_bytes = static_cast<double>(s.packing.bytes()) / static_cast<double>(blocks);
  const double input_bytes = static_cast<double>(s.input_bytes) / static_cast<double>(s.tiles);
  const double products = static_cast<double>(s.pixels) / static_cast<double>(s.tiles) * weight_bytes / 4;
  Grid best;
  double best_cost = std::numeric_limits<double>::infinity();
  for (int p = 1; p <= threads && p <= blocks; ++p) {
    const int q = static_cast<int>(std::min<int64_t>(threads / p, tiles));
    const double b = static_cast<double>((blocks + p - 1) / p), t = static_cast<double>((tiles + q - 1) / q);
    const double cost = b * t * products / kProductsPerCycle + (b * weight_bytes + t * input_bytes) / kBytesPerCycle;
    if (cost < best_cost) {
      best_cost = cost;
      best = {p, q};
    }
  }
  return best;
}

/// How a thread goes over its part: all blocks of weights pass over a chunk of tiles and a stretch of k before the next
/// begins. Further stretches add to the output.
struct Blocking {
  int64_t tiles = 0, depth = 0;
};

/// The activations of a chunk and stretch stay in the L2 cache, beside the weights that pass by and what another
/// hardware thread of the core keeps there. Where k must be whole, there is one chunk if re-reading the activations
/// costs less than re-reading the weights.
Blocking choose_blocking(const ProductShape& s, const ProductPart& part, bool may_split_depth) {
  constexpr int64_t kDepth = 768;  // adding to the output costs a few percent of the products between
  const int64_t l2 = cpu_info().l2_bytes, room = l2 * 3 / 8, depth = s.packing.depth;
  const int64_t tiles = part.tile_end - part.tile_begin, blocks = part.block_end - part.block_begin;
  const int64_t per_tile = std::max<int64_t>(1, s.input_bytes / s.tiles), activations = per_tile * tiles;
  const auto even_parts = [](int64_t whole, int64_t most) {
    const int64_t parts = (whole + most - 1) / most;
    return (whole + parts - 1) / parts;
  };
  if (activations <= room || blocks == 1) return {tiles, depth};
  if (may_split_depth && depth >= 2 * kDepth) {
    const int64_t stretch = (even_parts(depth, kDepth) + 7) / 8 * 8;
    return {even_parts(tiles, std::max<int64_t>(1, room * depth / (per_tile * stretch))), stretch};
  }
  const int64_t weights = static_cast<int64_t>(s.packing.bytes()) / s.packing.blocks() * blocks;
  const int64_t chunk = std::max<int64_t>(1, room / per_tile), chunks = (tiles + chunk - 1) / chunk;
  const int64_t chunked_traffic = weights <= l2 / 2 ? weights + activations : chunks * weights + activations;
  return {weights + blocks * activations < chunked_traffic ? tiles : even_parts(tiles, chunk), depth};
}

/// The state of one thread's run.
class Worker {
 public:
  Worker(const ProductShape& shape, const ProductOperands& operands, const Epilogue& epilogue, char* aside)
      : s_(shape), o_(operands), e_(epilogue), aside_(aside) {
    even_ = is_even(s_.out_extent, s_.out) && (!e_.residual || is_even(s_.out_extent, e_.residual_strides));
    const DataType direct = s_.packing.kernels->direct_type;
    const bool plain = even_ && s_.out_type == direct && (!e_.residual || e_.residual_type == direct);
    // A residual that is the output itself would be lost before it is added.
    in_place_ = plain && !is_clip(e_.activation) && s_.packing.kernels->finish_halves &&
                !(e_.residual && e_.residual_after_activation);
    direct_ = in_place_ || (plain && is_clip(e_.activation));
    may_split_ = plain && direct == DataType::F32 && s_.packing.taps == 1 && !o_.fill.function &&
                 !(e_.residual && e_.residual_after_activation);
    out_size_ = static_cast<int64_t>(size_of(s_.out_type));
    args_.aside = o_.fill.function ? aside_ : o_.zeros;
    args_.taps = s_.packing.taps;
    args_.row_stride = s_.input_row;
  }

  void run(const ProductPart& part) {
    const Blocking blocking = choose_blocking(s_, part, may_split_);
    for (int64_t begin = part.tile_begin; begin < part.tile_end; begin += blocking.tiles) {
      const int64_t end = std::min(part.tile_end, begin + blocking.tiles);
      int64_t k = 0;
      do {
        set_stretch(k, std::min(s_.packing.depth, k + blocking.depth));
        for (int64_t block = part.block_begin; block < part.block_end; ++block) {
          const int64_t next = block + 1 < part.block_end ? block + 1 : part.block_begin;
          pass(block, begin, end, next);
        }
        k += blocking.depth;
      } while (k < s_.packing.depth);
    }
  }

 private:
  /// What follows works on k from `begin` to `end`: all but the first stretch add to the output, the last applies the
  /// epilogue.
  void set_stretch(int64_t begin, int64_t end) {
    k_ = begin;
    args_.depth = end - begin;
    last_ = end == s_.packing.depth;
    to_output_ = direct_ || !last_;
    const ClipBounds clip = last_ && direct_ ? clip_of(e_) : ClipBounds();
    args_.low = clip.low;
    args_.high = clip.high;
    args_.residual_last = begin == 0 && e_.residual_after_activation;
  }

  /// One block of channels over tiles [begin, end); meanwhile the block `next` is fetched.
  void pass(int64_t block, int64_t begin, int64_t end, int64_t next) {
    const ProductPacking& p = s_.packing;
    const int64_t group = block / p.blocks_per_group(), within = block % p.blocks_per_group();
    const int64_t vectors = p.vectors_of(within), line = vectors * p.kernels->lanes * 4;
    first_channel_ = group * p.channels + within * p.panel();
    args_.channels = p.channels_of(within);
    args_.bias = to_output_ && last_ && e_.bias ? e_.bias + first_channel_ : nullptr;
    args_.out_stride = to_output_ ? s_.out.axis[2] : vectors * p.kernels->lanes;
    const char* packed = static_cast<const char*>(o_.packed);
    const int64_t packed_from = p.offset_of(s_.first_block);
    if (p.kernels->saturates) args_.wide = reinterpret_cast<const uint8_t*>(packed + p.wide_offset(block));
    // k is only split where it has four bytes.
    args_.weights = packed + (p.offset_of(block) - packed_from) + k_ * line;
    const int64_t next_k = next > block ? k_ : last_ ? 0 : k_ + args_.depth;
    const int64_t next_line = p.vectors_of(next % p.blocks_per_group()) * p.kernels->lanes * 4;
    const int64_t k_groups = p.taps * ((args_.depth + p.kernels->group - 1) / p.kernels->group);
    const char* fetched = packed + (p.offset_of(next) - packed_from) + next_k * next_line;
    args_.prefetch_step = p.prefetch_step(vectors, end - begin);
    int64_t image = begin / s_.tiles, tile = begin % s_.tiles;
    for (int64_t i = begin; i < end; i += args_.tiles) {
      args_.tiles = run_length(tile, std::min(end - i, s_.tiles - tile), vectors);
      args_.prefetch = fetched + (i - begin) * k_groups * args_.prefetch_step;
      several(image, tile, group, vectors);
      tile += args_.tiles;
      if (tile == s_.tiles) {
        tile = 0;
        ++image;
      }
    }
  }

  /// How many of the next `most` tiles of an image one call can take: of one height, without rows to fill, and as many
  /// as there is room for their sums.
  int64_t run_length(int64_t tile, int64_t most, int64_t vectors) const {
    const int64_t higher = s_.pixels % s_.tiles;  // tiles that are one row higher come first
    if (tile < higher) most = std::min(most, higher - tile);
    if (!to_output_ || in_place_) {
      const int64_t rows = s_.tile_begin(tile + 1) - s_.tile_begin(tile);
      most = std::min(most, kSums / (rows * vectors * s_.packing.kernels->lanes));
    }
    if (!o_.fill.function) return std::max<int64_t>(most, 1);
    int64_t count = 1;
    while (count < most && !o_.fill.wanted[tile] && !o_.fill.wanted[tile + count]) ++count;
    return count;
  }

  void several(int64_t image, int64_t tile, int64_t group, int64_t vectors) {
    const int64_t pixel = s_.tile_begin(tile), rows = s_.tile_begin(tile + args_.tiles) - pixel;
    const char* input = static_cast<const char*>(o_.input) + image * s_.input_batch;
    if (o_.fill.function && o_.fill.wanted[tile]) o_.fill.function(o_.fill.context, input, tile, aside_);
    args_.input = input + group * s_.input_group + k_ * 4;
    if (s_.offsets) {
      args_.offsets = s_.offsets + pixel * s_.packing.taps;
    } else {
      args_.input += pixel * s_.input_row;
    }
    place_output(image, pixel);
    s_.packing.kernels->tile(rows / args_.tiles, vectors)(args_);
    if (!last_) return;
    if (!direct_) finish(image, pixel, rows);
    if (in_place_) finish_in_place(image, pixel, rows);
  }

  void place_output(int64_t image, int64_t pixel) {
    const int64_t out = image * s_.out.batch + pixel * s_.out.axis[2] + first_channel_;
    const int64_t residual = image * e_.residual_strides.batch + pixel * e_.residual_strides.axis[2] + first_channel_;
    args_.residual_stride = e_.residual_strides.axis[2];
    args_.residual = nullptr;
    if (direct_ && s_.out_type == DataType::F16) {
      args_.half_out = static_cast<Half*>(o_.output) + out;
      if (e_.residual) args_.half_residual = static_cast<const Half*>(e_.residual) + residual;
      return;
    }
    args_.out = to_output_ ? static_cast<float*>(o_.output) + out : sums_;
    if (k_ > 0) {
      args_.residual = static_cast<const float*>(o_.output) + out;
      args_.residual_stride = s_.out.axis[2];
    } else if (to_output_ && e_.residual) {
      args_.residual = static_cast<const float*>(e_.residual) + residual;
    }
  }

  int64_t out_offset(int64_t image, int64_t pixel) const {
    return image * s_.out.batch + first_channel_ +
           (even_ ? pixel * s_.out.axis[2] : pixel_offset(s_.out_extent, s_.out, pixel));
  }

  /// The activation of halves that the tiles have written.
  void finish_in_place(int64_t image, int64_t pixel, int64_t rows) {
    F16FinishArgs f;
    f.in = f.out = static_cast<Half*>(o_.output) + out_offset(image, pixel);
    f.in_stride = f.out_stride = s_.out.axis[2];
    f.rows = rows;
    f.channels = args_.channels;
    f.take(e_);
    s_.packing.kernels->finish_halves(f);
  }

  void finish(int64_t image, int64_t pixel, int64_t rows) {
    if (e_.requantization) {
      if (out_size_ == 1) return requantize(image, pixel, rows);
      const RequantizeArgs r = requantization(rows);
      s_.packing.kernels->requantize->to_floats(r);
    }
    FinishArgs f;
    f.sums_stride = args_.out_stride;
    f.rows = even_ ? rows : 1;
    f.channels = args_.channels;
    f.bias = e_.bias ? e_.bias + first_channel_ : nullptr;
    f.take(e_);
    f.out_type = s_.out_type;
    f.out_stride = s_.out.axis[2];
    for (int64_t row = 0; row < rows; row += f.rows) {
      f.sums = sums_ + row * f.sums_stride;
      f.out = static_cast<char*>(o_.output) + out_offset(image, pixel + row) * out_size_;
      if (k_ == 0) f.residual = residual(image, pixel + row);  // later stretches find it in the sums
      s_.packing.kernels->finish(f);
    }
  }

  /// All but what differs from row to row.
  RequantizeArgs requantization(int64_t rows) {
    RequantizeArgs r(*e_.requantization, first_channel_);
    r.sums = reinterpret_cast<int32_t*>(sums_);
    r.sums_stride = args_.out_stride;
    r.rows = rows;
    r.channels = args_.channels;
    return r;
  }

  void requantize(int64_t image, int64_t pixel, int64_t rows) {
    RequantizeArgs r = requantization(even_ ? rows : 1);
    r.residual_signed = e_.residual_type == DataType::I8;
    r.residual_stride = e_.residual_strides.axis[2];
    r.out_stride = s_.out.axis[2];
    for (int64_t row = 0; row < rows; row += r.rows, r.sums += r.rows * r.sums_stride) {
      r.out = static_cast<char*>(o_.output) + out_offset(image, pixel + row);
      r.residual = residual(image, pixel + row);
      requantize_rows(*s_.packing.kernels->requantize, s_.packing.kernels->finish, r, e_);
    }
  }

  /// The residual of a pixel, or null.
  const char* residual(int64_t image, int64_t pixel) const {
    const ImageStrides& r = e_.residual_strides;
    const int64_t offset = even_ ? pixel * r.axis[2] : pixel_offset(s_.out_extent, r, pixel);
    return residual_at(e_, image * r.batch + first_channel_ + offset);
  }

  const ProductShape& s_;
  const ProductOperands& o_;
  const Epilogue& e_;
  char* aside_;
  TileArgs args_;
  bool even_ = false;
  bool direct_ = false;     ///< tiles write the output and apply the epilogue
  bool in_place_ = false;   ///< all but the activation, which follows
  bool may_split_ = false;  ///< k
  int64_t k_ = 0;           ///< where the stretch begins
  bool last_ = true;        ///< the stretch is the last
  bool to_output_ = true;   ///< its tiles write the output, with or without the epilogue
  int64_t out_size_ = 4, first_channel_ = 0;
  static constexpr int64_t kSums = 2 * kMaxTileFloats;  // they stay in the L1 cache
  alignas(64) float sums_[kSums];
};

}  // namespace

void run_product_part(const ProductShape& shape, const ProductOperands& operands, const Epilogue& epilogue,
                      const ProductPart& part, char* aside) noexcept {
  Worker(shape, operands, epilogue, aside).run(part);
}

void run_product(Lane& lane, const ProductShape& given, const ProductOperands& operands,
                 const Epilogue& epilogue) noexcept {
  if (given.images * given.pixels == 0 || given.packing.blocks() == 0) return;
  const ProductShape shape = joined(given, epilogue);
  const Grid grid = choose_grid(shape, lane.size());
  const int64_t blocks = shape.packing.blocks(), tiles = shape.images * shape.tiles;
  lane.run([&](int thread) {
    const int b = thread % grid.over_blocks, t = thread / grid.over_blocks;
    if (t >= grid.over_tiles) return;
    const ProductPart part = {blocks * b / grid.over_blocks, blocks * (b + 1) / grid.over_blocks,
                              tiles * t / grid.over_tiles, tiles * (t + 1) / grid.over_tiles};
    run_product_part(shape, operands, epilogue, part, operands.aside + thread * operands.aside_bytes);
  });
}

std::span<const TileShape> tile_shapes(const ProductKernels& kernels) {
  static constexpr TileShape wide[] = {{6, 4}, {14, 2}, {9, 3}, {28, 1}};
  static constexpr TileShape narrow[] = {{6, 2}, {4, 3}, {12, 1}};
  static constexpr TileShape matrices[] = {{16, 4}, {32, 2}, {16, 3}, {32, 1}};
  if (kernels.max_rows(1) == kMaxTileRows) return matrices;
  return kernels.max_rows(4) > 0 ? std::span<const TileShape>(wide) : std::span<const TileShape>(narrow);
}

}  // namespace tn
