// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/tiles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "backends/cuda/codegen/product/source.h"

namespace tn::cuda {
namespace {

constexpr int kClusters[] = {1, 2, 3, 4, 6, 8};

int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

struct Sizes {
  int64_t rows, columns, depth_bytes, matrices;  ///< columns of one group
  /// Blocks of the grid.
  int64_t blocks(const MmaTile& tile) const {
    return ceil_div(rows, tile.m) * ceil_div(columns, tile.n) * matrices * tile.cluster;
  }
  /// Along K, of one block of the grid.
  int64_t depth_blocks(const MmaTile& tile) const {
    return ceil_div(depth_bytes, int64_t{tile.k_bytes} * tile.cluster);
  }
};

/// Cycles that the product takes, give or take; constants are fitted to measured tilings of convolutions.
class CostModel {
 public:
  CostModel(const Product& product, const Sizes& sizes, int multiprocessors)
      : product_(product), sizes_(sizes), multiprocessors_(multiprocessors) {}

  double cycles(const MmaTile& tile) const {
    const bool warpgroups = tile.form == MmaTile::Form::Warpgroup;
    const double together = warpgroups ? 1000 + 500 * tile.cluster : 3000 + 400 * tile.cluster;
    return (tile.cluster > 1 ? together : 0) + (warpgroups ? cycles_of_warpgroups(tile) : cycles_of_warps(tile));
  }

 private:
  double cycles_of_warps(const MmaTile& tile) const {
    const auto tiles = static_cast<double>(sizes_.blocks(tile));
    const double per_multiprocessor = std::ceil(tiles / multiprocessors_);
    const double waves = std::ceil(tiles / (multiprocessors_ * blocks_at_once(tile)));
    const double blocks = tile.form == MmaTile::Form::Halo ? 9 : static_cast<double>(sizes_.depth_blocks(tile));
    const double steps = tile.k_bytes / 32.0 / tile.warps_k;
    const double bytes = loaded(tile, blocks) * per_multiprocessor / 45;
    const double products = per_multiprocessor * tile.m * tile.n * blocks * (tile.k_bytes / 2.0) / 1024 / 0.55;
    const bool waits_once = tile.form != MmaTile::Form::Pipeline;
    const double barrier = 90 + 10.0 * tile.threads() / 32;
    const double loop = blocks * ((waits_once ? 8 : barrier) + 45 * steps);
    const double first = waits_once ? loaded(tile, blocks) / 2 : double(tile.m + tile.n) * tile.k_bytes;
    const bool direct = leaves_from_registers(product_, tile);
    const double sums = double(tile.m) * tile.n * tile.warps_k / tile.threads() * (direct ? 3 : 6);
    const double results = is_bytes(product_) ? per_multiprocessor * tile.m * tile.n * (direct ? 0.1 : 0.16) : 0;
    const double refills = waits_once ? 0 : std::max(0.0, blocks - tile.stages + 1) * 20;
    const double idle = tiles < 50 ? 600 : 0;
    // What blocks at once on a multiprocessor do beside one another counts once.
    return std::max({bytes, products, loop * waves, results}) + (700 + first / 50 + sums + refills) * waves + idle;
  }
  // What comes from the second cache counts, and how well the last wave fills the device.
  double cycles_of_warpgroups(const MmaTile& tile) const {
    const auto tiles = static_cast<double>(sizes_.blocks(tile)),
               blocks = static_cast<double>(sizes_.depth_blocks(tile));
    const double area = double(tile.m) * tile.n;
    const double loop = blocks * std::max(area * 64 / 1900, double(tile.m + tile.n) * tile.k_bytes / 60);
    // Weights come from memory: blocks of the depth arrive as many at a time as are loaded ahead.
    const double fixed = 1700 + area / 18, latency = 60 * blocks + 900 * std::max(1.0, blocks / (tile.stages - 2));
    const double busy = std::ceil(tiles / multiprocessors_) * (loop + 0.1 * fixed);
    const double waves = std::ceil(tiles / (multiprocessors_ * blocks_at_once(tile)));
    return 1.3 * std::max(busy, waves * (std::max(loop, latency) + fixed));
  }
  double loaded(const MmaTile& tile, double blocks) const {
    if (tile.form != MmaTile::Form::Halo) return blocks * (tile.m + tile.n) * tile.k_bytes;
    const auto line = product_.window.in[2].constant().value_or(0);
    return double(tile.k_bytes) * (tile.m + 2 * static_cast<double>(line) + 3 + 9.0 * tile.n);
  }
  double blocks_at_once(const MmaTile& tile) const {
    const int registers = registers_of(tile);
    const int64_t by_memory = 227 * 1024 / (int64_t{shared_bytes(product_, tile)} + 1024);
    return static_cast<double>(std::max<int64_t>(
        1, std::min({by_memory, int64_t{2048 / tile.threads()}, int64_t{65536 / (tile.threads() * registers)}})));
  }

  const Product& product_;
  Sizes sizes_;
  int multiprocessors_;
};

Sizes sizes_of(const Product& product, const SymbolRanges& ranges) {
  const auto most = [&](const Dim& dim) { return range_of(dim, ranges).max; };
  return {most(product.row_count()), most(product.columns),
          most(product.depth()) * static_cast<int64_t>(size_of(product.type)),
          most(tn::product(product.batch)) * product.groups};
}

// Columns of tiles: powers of two as far as needed, and those that leave least over where the columns are none.
std::vector<int> widths(const Sizes& sizes) {
  std::vector<int> all;
  for (int n = 16; n <= 256 && (n == 16 || n / 2 < sizes.columns); n *= 2) all.push_back(n);
  for (const int64_t most : {128, 256}) {
    const int64_t even = ceil_div(ceil_div(sizes.columns, ceil_div(sizes.columns, most)), 16) * 16;
    if (std::ranges::find(all, even) == all.end()) all.push_back(static_cast<int>(even));
  }
  return all;
}

// Blocks that run at once, one on a multiprocessor, in clusters of so many. A cluster keeps to one part of the device,
// of 14 to 18 multiprocessors, and what is left over of that stays idle.
int64_t blocks_at_once_in(int cluster, const Gpu& gpu) {
  constexpr int kPart = 14;
  return kPart / cluster * cluster * int64_t{gpu.multiprocessors} / kPart;
}

// The narrowest columns of tiles with which one wave, or two, cover what there is; wider ones would leave
// multiprocessors idle.
std::vector<int> widths_of_waves(const Sizes& sizes, const MmaTile& tile, const Gpu& gpu) {
  std::vector<int> all;
  const int64_t along_m = ceil_div(sizes.rows, tile.m) * sizes.matrices * tile.cluster;
  for (const int waves : {1, 2}) {
    const int64_t along_n = waves * blocks_at_once_in(tile.cluster, gpu) / along_m;
    if (along_n == 0) continue;
    const auto n = static_cast<int>(ceil_div(ceil_div(sizes.columns, along_n), 16) * 16);
    if (n >= 32 && n <= 256) all.push_back(n);
  }
  return all;
}

// Rows of tiles: powers of two as far as needed, and in linear layers what divides a few rows evenly.
std::vector<int> heights(const Product& product, const Sizes& sizes) {
  std::vector<int> all;
  for (int m = 16; m <= 256 && (m == 16 || m / 2 < sizes.rows); m *= 2) all.push_back(m);
  if (!product.window.is_plain() || product.a_transposed() || sizes.rows > 512) return all;
  for (int64_t parts = 1; parts <= 3; ++parts) {
    const auto even = static_cast<int>(ceil_div(ceil_div(sizes.rows, parts), 16) * 16);
    if (even <= 256 && std::ranges::find(all, even) == all.end()) all.push_back(even);
  }
  return all;
}

// Blocks of a cluster: more than one where a linear layer has so few tiles that all clusters run at once; else they
// cost more than they save.
std::vector<int> cluster_sizes(const Product& product, const Sizes& sizes, MmaTile tile, const Gpu& gpu) {
  std::vector<int> all = {1};
  if (gpu.architecture != "sm_90" || !product.window.is_plain() || product.groups != 1) return all;
  for (const int cluster : kClusters) {
    tile.cluster = cluster;
    if (cluster > 1 && sizes.blocks(tile) <= blocks_at_once_in(cluster, gpu)) all.push_back(cluster);
  }
  return all;
}

/// A width, and blocks of a cluster.
std::set<std::pair<int, int>> columns_and_clusters(const Product& product, const Sizes& sizes, MmaTile tile,
                                                   const Gpu& gpu) {
  std::set<std::pair<int, int>> all;
  const auto add = [&](const std::vector<int>& columns, int only_cluster) {
    for (const int n : columns) {
      tile.n = n;
      for (const int cluster : cluster_sizes(product, sizes, tile, gpu))
        if (only_cluster == 0 || cluster == only_cluster) all.emplace(n, cluster);
    }
  };
  add(widths(sizes), 0);
  for (const int cluster : kClusters) {
    tile.cluster = cluster;
    add(widths_of_waves(sizes, tile, gpu), cluster);
  }
  return all;
}

// With as many stages as there is room for, and are of use.
void add_warpgroup(const Product& product, const Sizes& sizes, MmaTile tile, std::vector<MmaTile>& all) {
  constexpr int64_t kMostStages = 14;
  const int64_t most = std::clamp<int64_t>(sizes.depth_blocks(tile) + 2, 3, kMostStages);
  for (tile.stages = static_cast<int>(most); tile.stages >= 3; --tile.stages) {
    if (!fits(product, tile) || tile.blocks * (shared_bytes(product, tile) + 1024) > 228 * 1024) continue;
    all.push_back(tile);
    return;
  }
}

// Tiles that warpgroups multiply, 64 or 128 rows each.
void add_warpgroups(const Product& product, const Sizes& sizes, const Gpu& gpu, std::vector<MmaTile>& all) {
  MmaTile tile;
  tile.form = MmaTile::Form::Warpgroup;
  tile.k_bytes = 128;
  tile.warps_n = 1;
  for (tile.m = 64; tile.m <= 256; tile.m += 64) {
    if (tile.m > 64 && tile.m - 64 >= sizes.rows) break;
    for (const int rows : {64, 128}) {
      if (tile.m % rows != 0) continue;
      tile.warps_m = 4 * tile.m / rows;
      for (const auto& [n, cluster] : columns_and_clusters(product, sizes, tile, gpu)) {
        tile.n = n;
        tile.cluster = cluster;
        const int most = cluster > 1 ? 1 : 3;
        for (tile.blocks = 1; tile.blocks <= most; ++tile.blocks) add_warpgroup(product, sizes, tile, all);
      }
    }
  }
}

// Tiles of one shape and division among warps, in all forms that fit.
void add_forms(const Product& product, const Sizes& sizes, MmaTile tile, std::vector<MmaTile>& all) {
  const int64_t blocks = sizes.depth_blocks(tile);
  const auto add = [&](MmaTile::Form form, int stages) {
    tile.form = form;
    tile.stages = stages;
    if (fits(product, tile)) all.push_back(tile);
  };
  if (product.depth().is_constant() && blocks <= 16) add(MmaTile::Form::Slab, static_cast<int>(blocks) + 1);
  add(MmaTile::Form::Halo, 2);
  for (const int stages : {2, 3, 4, 5, 6, 8})
    if (stages == 2 || stages <= blocks + 1) add(MmaTile::Form::Pipeline, stages);
}

// All divisions of a tile among warps, in all forms that fit.
void add_divisions(const Product& product, const Sizes& sizes, MmaTile tile, std::vector<MmaTile>& all) {
  const int most_along_k = tile.cluster > 1 ? 2 : 8;  // blocks of a cluster do what warps would
  for (tile.warps_m = 1; tile.warps_m <= 4; tile.warps_m *= 2) {
    for (tile.warps_n = 1; tile.warps_n <= 4; tile.warps_n *= 2) {
      for (tile.warps_k = 1; tile.warps_k <= most_along_k; tile.warps_k *= 2) {
        const int share = tile.m * tile.n / (tile.warps_m * tile.warps_n);
        if (tile.threads() < 64 || share < 256 || (tile.warps_k > 1 && share > 2048)) continue;
        add_forms(product, sizes, tile, all);
      }
    }
  }
}

std::vector<MmaTile> all_tiles(const Product& product, const Sizes& sizes, const Gpu& gpu) {
  std::vector<MmaTile> all;
  if (gpu.architecture == "sm_90") add_warpgroups(product, sizes, gpu, all);
  MmaTile tile;
  for (const int m : heights(product, sizes)) {
    tile.m = m;
    for (const int n : widths(sizes)) {
      tile.n = n;
      for (const int cluster : cluster_sizes(product, sizes, tile, gpu)) {
        tile.cluster = cluster;
        for (tile.k_bytes = 64; tile.k_bytes <= 1024; tile.k_bytes *= 2) add_divisions(product, sizes, tile, all);
      }
    }
  }
  return all;
}

/// Takes tiles as long as there are few of the same shape, and none that differs in stages only.
class Selection {
 public:
  bool take(const MmaTile& tile) {
    const int form = static_cast<int>(tile.form);
    int& shape = of_shape_[{tile.m, tile.n, form, tile.cluster}];
    int& division = of_division_[{tile.m, tile.n, tile.k_bytes, tile.warps_m, tile.warps_n, tile.warps_k, tile.blocks,
                                  form, tile.cluster}];
    if (shape >= 2 || division >= 1) return false;
    ++shape, ++division;
    tiles_.push_back(tile);
    return true;
  }
  size_t size() const { return tiles_.size(); }
  const std::vector<MmaTile>& tiles() const { return tiles_; }

 private:
  std::vector<MmaTile> tiles_;
  std::map<std::array<int, 4>, int> of_shape_;
  std::map<std::array<int, 9>, int> of_division_;
};

}  // namespace

std::vector<MmaTile> mma_tiles(const Product& product, const SymbolRanges& ranges, const Gpu& gpu, size_t most) {
  const Sizes sizes = sizes_of(product, ranges);
  const CostModel model(product, sizes, gpu.multiprocessors);
  std::vector<std::pair<double, MmaTile>> ranked;
  for (const MmaTile& tile : all_tiles(product, sizes, gpu)) ranked.emplace_back(model.cycles(tile), tile);
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Selection selection;
  // Half may be of one form, or in clusters, before the others have had their turn.
  std::map<std::optional<MmaTile::Form>, size_t> of_form;
  for (const auto& [cycles, tile] : ranked) {
    size_t& taken = of_form[tile.cluster > 1 ? std::nullopt : std::optional(tile.form)];
    if (selection.size() < most && taken < (most + 1) / 2 && selection.take(tile)) ++taken;
  }
  for (const auto& [cycles, tile] : ranked) {
    if (selection.size() < most) selection.take(tile);
  }
  return selection.tiles();
}

}  // namespace tn::cuda
