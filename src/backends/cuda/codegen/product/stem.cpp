// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/stem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/product/source.h"
#include "backends/cuda/codegen/product/texts.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

int64_t round_up(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

/// Chunks under a window.
int64_t chunks_of(const Product& product) {
  const Window& w = product.window;
  const int pixels = stem_pixels(product);
  return w.kernel[1] * ((w.kernel[2] + pixels - 1) / pixels);
}

/// Bytes in shared memory.
struct Layout {
  int64_t pixels, patch, filter;
  Layout(const Product& product, const StemTile& tile) {
    const Window& w = product.window;
    const int64_t lines = (tile.h - 1) * w.stride[1] + (w.kernel[1] - 1) * w.dilation[1] + 1;
    const int64_t line = (tile.w - 1) * w.stride[2] + (w.kernel[2] - 1) * w.dilation[2] + 1;
    pixels = lines * line;
    patch = lines * round_up(line, w.stride[2]) * 16;
    filter = tile.n * (round_up(chunks_of(product), 2) + 1) * 16 + 16;
  }
  int64_t bytes(const Product& product, const StemTile& tile) const {
    const int64_t sums = is_bytes(product) ? 0 : int64_t{4} * tile.h * tile.w * (tile.n + 8);
    return std::max(patch + filter, sums);
  }
};

bool fits(const Product& product, const StemTile& tile) {
  return tile.threads() >= 32 && tile.threads() <= 512 &&
         Layout(product, tile).bytes(product, tile) <= product.most_shared;
}

/// Cycles, about.
double cycles(const Product& product, const StemTile& tile, const SymbolRanges& ranges, int multiprocessors) {
  const auto tiles_along = [&](const Dim& extent, int step) {
    return static_cast<double>((range_of(extent, ranges).max + step - 1) / step);
  };
  const double tiles = static_cast<double>(range_of(product.images, ranges).max) *
                       tiles_along(product.rows[1], tile.h) * tiles_along(product.rows[2], tile.w) *
                       tiles_along(product.columns, tile.n);
  const Layout layout(product, tile);
  const double results = double(tile.h) * tile.w * tile.n;
  const double steps = std::ceil(static_cast<double>(chunks_of(product)) / 2);
  const double loads = static_cast<double>(layout.pixels) * 3 + static_cast<double>(layout.filter) / 45;
  const double work = loads + results / 128 * steps * 3.5 + results / tile.threads() * 8;
  const double each = 900 + static_cast<double>(layout.pixels) / tile.threads() * 40 + steps * 40 * tile.fragments;
  const double at_once = std::clamp(std::floor(228.0 * 1024 / static_cast<double>(layout.bytes(product, tile) + 1024)),
                                    1.0, std::floor(1024.0 / tile.threads()));
  return std::max(std::ceil(tiles / multiprocessors) * work, std::ceil(tiles / (multiprocessors * at_once)) * each);
}

}  // namespace

std::string to_string(const StemTile& tile) {
  return fmt::format("{}x{}x{} f{}", tile.h, tile.w, tile.n, tile.fragments);
}

StemTile parse_stem_tile(const std::string& text) {
  StemTile tile;
  const int read = std::sscanf(text.c_str(), "%dx%dx%d f%d", &tile.h, &tile.w, &tile.n, &tile.fragments);
  if (read != 4 || to_string(tile) != text) throw Error(ErrorCode::Internal, "'{}' is no tile of a stem", text);
  return tile;
}

int stem_pixels(const Product& product) {
  return is_bytes(product) && *product.channels.constant() <= 4 && product.window.dilation[2] == 1 ? 4 : 1;
}

// Whether four neighbours of a plane are an aligned word wherever a tile's patch has them.
static bool has_quads(const Product& product, const StemTile& tile) {
  const Product::A& a = product.a;
  if (stem_pixels(product) != 4 || !(a.points[2] == Dim(1)) || tile.w * product.window.stride[2] % 4 != 0) return false;
  for (const Dim& dim : {product.window.in[2], a.images, a.points[1], a.channel})
    if (known_divisor(dim, 4) != 4) return false;
  return a.alignment % 4 == 0;
}

std::optional<std::string> refuses_stem(const Product& product) {
  const auto channels = product.channels.constant();
  if (!channels || product.groups != 1 || *channels * static_cast<int64_t>(size_of(product.type)) > 16)
    return "more channels than 16 bytes hold, or groups";
  if (product.window.kernel[0] != 1 || !(product.window.in[0] == Dim(1))) return "three axes";
  if (product.window.taps() == 1 || product.window.taps() > 128) return "a window of one tap, or of more than 128";
  if (product.window.stride[2] > 8) return "a long stride";
  return std::nullopt;
}

std::vector<StemTile> stem_tiles(const Product& product, const SymbolRanges& ranges, int multiprocessors, size_t most) {
  const int64_t columns = range_of(product.columns, ranges).max;
  const auto height = static_cast<int>(std::min<int64_t>(range_of(product.rows[1], ranges).max, 1 << 16));
  const auto width = static_cast<int>(std::min<int64_t>(range_of(product.rows[2], ranges).max, 1 << 16));
  std::vector<int> widths = {16, 32, 64, 128};
  if (width < 128) widths.push_back(static_cast<int>(round_up(width, 16)));
  std::ranges::sort(widths);
  widths.erase(std::unique(widths.begin(), widths.end()), widths.end());
  std::vector<std::pair<double, StemTile>> ranked;
  for (const int w : widths) {
    if (w >= width + 16) continue;
    for (const int h : {1, 2, 4, 8, 16}) {
      if (h > 1 && h / 2 >= height) continue;
      for (const int n : {16, 32, 64}) {
        if (n > 16 && n / 2 >= columns) continue;
        for (const int fragments : {1, 2}) {
          const StemTile tile{h, w, n, fragments};
          if (h * w % (16 * fragments) == 0 && fits(product, tile))
            ranked.emplace_back(cycles(product, tile, ranges, multiprocessors), tile);
        }
      }
    }
  }
  std::ranges::stable_sort(ranked, {}, &std::pair<double, StemTile>::first);
  std::vector<StemTile> tiles;
  for (size_t i = 0; i < std::min(most, ranked.size()); ++i) tiles.push_back(ranked[i].second);
  return tiles;
}

KernelText stem_text(const Product& product, const StemTile& tile, std::string entry, const SymbolRanges& ranges) {
  internal_check(!refuses_stem(product) && fits(product, tile), "a product does not fit the tile {}", to_string(tile));
  const Layout layout(product, tile);
  const bool direct = is_bytes(product);
  const int joined = joined_fragments(16 * tile.fragments, tile.n);
  ProductSource source(product, ranges, direct ? 2 * joined : 8, true);
  Defines& define = source.define;
  define_mma(define, product);
  define("DIRECT", direct), define("JOINED", joined);
  define("FORM", 0), define("WARPGROUP", 3), define("STAGES", 2),
      define("CLUSTER", 1);  // parts of the main loop, which a stem has not
  define("TILE_M", tile.h * tile.w), define("TILE_N", tile.n);
  define("TILE_H", tile.h), define("TILE_W", tile.w);
  define("TILE_K", 32 / static_cast<int64_t>(size_of(product.type)));  // of one step
  define("WARPS_M", tile.threads() / 32), define("WARPS_N", 1), define("WARPS_K", 1);
  define("PIXELS", stem_pixels(product)), define("QUADS", has_quads(product, tile));
  define("FILTER_AT", layout.patch);
  KernelText text;
  source.finish(text, std::move(entry), std::string(kMmaPartsText) + std::string(kStemText));
  text.block = {static_cast<uint32_t>(tile.threads()), 1, 1};
  text.grid = {product.images * Dim::ceil_div(product.rows[1], tile.h) * Dim::ceil_div(product.rows[2], tile.w) *
                   Dim::ceil_div(product.columns, tile.n),
               1, 1};
  text.shared_bytes = static_cast<uint32_t>(layout.bytes(product, tile));
  text.overlaps = true;
  text.reads_early = 0;
  return text;
}

}  // namespace tn::cuda
