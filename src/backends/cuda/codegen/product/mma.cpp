// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdio>

#include "backends/cuda/codegen/product/product.h"
#include "backends/cuda/codegen/product/source.h"
#include "backends/cuda/codegen/product/texts.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kRoomyShared = 100 * 1024;  // up to here sums get memory of their own
constexpr int kStatisticsOfFragment = 12;      // registers for the sums and squares of 16 rows
constexpr int kRegistersOfMoments = 12;
constexpr int kMostStatistics = 4;  // warps that leave two numbers of a row behind its sums
constexpr int kMostCluster = 8;     // blocks that every device with clusters runs together

int64_t round_up(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

struct SharedLayout {
  uint32_t sums_at, bytes;
};
SharedLayout layout_of(const Product& product, const MmaTile& tile) {
  // A block of a cluster has sums of its share of the rows from every block.
  const int64_t sums = int64_t{4} * tile.warps_k * round_up(tile.m, tile.cluster) * (tile.n + 8);
  int64_t buffers =
      int64_t{tile.m + tile.n} * tile.k_bytes * (tile.form == MmaTile::Form::Slab ? tile.stages - 1 : tile.stages);
  if (tile.form == MmaTile::Form::Halo) {
    const int64_t pixels = tile.m + 2 * *product.window.in[2].constant() + 3;
    buffers = round_up(pixels * tile.k_bytes, 1024) + int64_t{9} * tile.n * tile.k_bytes;
  }
  if (leaves_from_registers(product, tile)) return {static_cast<uint32_t>(buffers), static_cast<uint32_t>(buffers)};
  // Where sums have memory of their own, no block of a cluster waits for what another still reads.
  const bool apart = buffers + sums <= (tile.cluster > 1 ? product.most_shared : kRoomyShared);
  return {apart ? static_cast<uint32_t>(buffers) : 0,
          static_cast<uint32_t>(apart ? buffers + sums : std::max(buffers, sums))};
}

// multiply_async: one wgmma of 64 rows by all columns of a warpgroup, 32 bytes along K.
std::string wgmma_text(const Product& product, const MmaTile& tile) {
  const int columns = tile.n / tile.warps_n, sums = columns / 2;
  const bool bytes = is_bytes(product);
  const std::string_view types = product.type == DataType::F16    ? "k16.f32.f16.f16"
                                 : product.type == DataType::BF16 ? "k16.f32.bf16.bf16"
                                 : product.type == DataType::U8   ? "k32.s32.u8.s8"
                                                                  : "k32.s32.s8.s8";
  std::string names, operands;
  for (int i = 0; i < sums; ++i) {
    const std::string_view comma = i > 0 ? ", " : "";
    names += fmt::format("{}%{}", comma, i);
    operands += fmt::format("{}\"+{}\"(c[{}][{}])", comma, bytes ? 'r' : 'f', i / 4, i % 4);
  }
  return fmt::format(
      "__device__ __forceinline__ void multiply_async(sum_t (&c)[kFragmentsN][4], u64 a, u64 b) {{\n"
      "  asm volatile(\"wgmma.mma_async.sync.aligned.m64n{}{} {{{}}}, %{}, %{}, {};\"\n"
      "               : {} : \"l\"(a), \"l\"(b));\n}}\n",
      columns, types, names, sums, sums + 1, bytes ? "1" : "1, 1, 1, 0, 0", operands);
}

void define_normalization(Defines& define, const Product& product) {
  define("NORMALIZES", product.normalizes.has_value());
  define("READS_MOMENTS", product.reads_moments), define("GIVES_MOMENTS", product.gives_moments);
  define("MAKES_STATISTICS", product.normalizes.has_value() && !product.reads_moments);
  define("MOMENTS_GROUP", Product::kMomentsGroup);
  if (!product.normalizes) return;
  const size_t terms = 2 + product.epilogue.inputs.size() - 2;  // behind A and B
  define("GIVES_ROWS", product.gives_rows);
  define("ONE", product.type == DataType::F16 ? "0x3c003c00u" : "0x3f803f80u");
  define("EPSILON", fmt::format("{:e}f", *product.normalizes));
  define("COLUMN_SUMS", "fixed." + input_name(terms));
  define("COLUMN_SHIFTS", "fixed." + input_name(terms + 1));
}

bool fits_warpgroups(const Product& product, const MmaTile& tile) {
  const bool halves = product.type == DataType::F16 || product.type == DataType::BF16;
  if ((!halves && !is_bytes(product)) || product.a_transposed() || product.b_transposed()) return false;
  const int columns = tile.n / tile.warps_n;
  return tile.k_bytes == 128 && tile.stages >= 3 && tile.warps_k == 1 && tile.warps_m % 4 == 0 && columns <= 256 &&
         columns % 16 == 0;
}

// Row statistics that the kernel makes come from fragments of rows as they are.
bool fits_normalization(const Product& product, const MmaTile& tile) {
  const bool halves = product.type == DataType::F16 || product.type == DataType::BF16;
  if (!halves || tile.form == MmaTile::Form::Halo || !product.window.is_plain() || product.groups != 1 ||
      product.a_transposed())
    return false;
  if (product.reads_moments) return true;
  const int registers = registers_of(tile) + kStatisticsOfFragment * tile.m / tile.warps_m / 16;
  return tile.warps_n <= kMostStatistics && registers <= 255 && registers * tile.threads() * tile.blocks <= 65536;
}

bool fits_clusters(const MmaTile& tile, int64_t depth_blocks) {
  if (tile.cluster == 1) return true;
  // Each block has two blocks of the depth at least.
  return tile.cluster > 1 && tile.cluster <= kMostCluster && tile.form != MmaTile::Form::Halo &&
         depth_blocks >= 2 * tile.cluster;
}

}  // namespace

bool Window::is_plain() const {
  return !transposed && taps() == 1 && stride == Spatial<int64_t>{1, 1, 1} && pad == Spatial<int64_t>{0, 0, 0};
}

std::string to_string(const MmaTile& tile) {
  std::string text = fmt::format("{}x{}x{} s{} w{}x{}x{}", tile.m, tile.n, tile.k_bytes, tile.stages, tile.warps_m,
                                 tile.warps_n, tile.warps_k);
  if (tile.form == MmaTile::Form::Slab) text += " slab";
  if (tile.form == MmaTile::Form::Halo) text += " halo";
  if (tile.form == MmaTile::Form::Warpgroup) text += " wg";
  if (tile.blocks > 1) text += fmt::format(" o{}", tile.blocks);
  return tile.cluster > 1 ? text + fmt::format(" c{}", tile.cluster) : text;
}

MmaTile parse_mma_tile(const std::string& text) {
  MmaTile tile;
  const int read = std::sscanf(text.c_str(), "%dx%dx%d s%d w%dx%dx%d", &tile.m, &tile.n, &tile.k_bytes, &tile.stages,
                               &tile.warps_m, &tile.warps_n, &tile.warps_k);
  if (text.find(" slab") != std::string::npos) tile.form = MmaTile::Form::Slab;
  if (text.find(" halo") != std::string::npos) tile.form = MmaTile::Form::Halo;
  if (text.find(" wg") != std::string::npos) tile.form = MmaTile::Form::Warpgroup;
  if (const size_t at = text.find(" o"); at != std::string::npos) std::sscanf(text.c_str() + at, " o%d", &tile.blocks);
  if (const size_t at = text.find(" c"); at != std::string::npos) std::sscanf(text.c_str() + at, " c%d", &tile.cluster);
  if (read != 7 || to_string(tile) != text) throw Error(ErrorCode::Internal, "'{}' is no tile of a product", text);
  return tile;
}

std::optional<std::string> refuses_mma(const Product& product, const std::string& architecture) {
  int capability = 0;
  std::sscanf(architecture.c_str(), "sm_%d", &capability);
  const bool halves = product.type == DataType::F16 || product.type == DataType::BF16;
  const bool bytes = is_bytes(product);
  if (!halves && !bytes && product.type != DataType::F32)
    return "operands of another type than f32, f16, bf16 or bytes";
  if (bytes && (!product.b.packed || product.a_transposed())) return "bytes that do not lie along the depth";
  if (product.type == DataType::F32 && !product.tf32) return "f32 without TF32";
  if (capability < (product.type == DataType::F16 || bytes ? 75 : 80))
    return fmt::format("no tensor cores for {} on {}", name_of(product.type), architecture);
  if (product.window.transposed) return "a transposed window";
  if (product.sums != (bytes ? ScalarType::I32 : ScalarType::F32))
    return "sums of another type than f32, or i32 of bytes";
  const auto& kernel = product.window.kernel;
  if (kernel[0] + kernel[1] + kernel[2] > 32) return "a window with more than 32 taps along its axes";
  if (product.window.taps() > 1 && !product.channels.is_constant()) return "channels of unknown number";
  return std::nullopt;
}

int registers_of(const MmaTile& tile) {
  const int warp_m = tile.m / tile.warps_m, warp_n = tile.n / tile.warps_n;
  const int rows = tile.m * tile.k_bytes / 16 / tile.threads(), sums = warp_m * warp_n / 32;
  // wgmma reads its operands from shared memory.
  if (tile.form == MmaTile::Form::Warpgroup) return sums + 2 * rows + 30;
  return sums + 2 * (warp_m / 4 + warp_n / 4) + 2 * rows + 44;
}

bool leaves_from_registers(const Product& product, const MmaTile& tile) {
  constexpr int kOfResults = 96;  // registers besides the sums
  const int registers = std::min(255, 65536 / (tile.threads() * tile.blocks));
  return is_bytes(product) && tile.warps_k == 1 && tile.cluster == 1 && tile.n / tile.warps_n % 32 == 0 &&
         registers - tile.m * tile.n / tile.threads() >= kOfResults;
}

uint32_t shared_bytes(const Product& product, const MmaTile& tile) {
  return layout_of(product, tile).bytes;
}

bool fits(const Product& product, const MmaTile& tile) {
  const int warp_m = tile.m / tile.warps_m, warp_n = tile.n / tile.warps_n, steps = tile.k_bytes / 32;
  const int threads = tile.threads(), chunks = tile.k_bytes / 16, bands = tile.n / 8;
  if (warp_m < 16 || warp_m % 16 != 0 || warp_n < 16 || warp_n % 16 != 0) return false;
  if (steps % tile.warps_k != 0 || threads % chunks != 0 || threads < bands) return false;
  if (threads > 512 || registers_of(tile) * threads * tile.blocks > 65536 || registers_of(tile) > 255) return false;
  if (product.b_transposed() && !std::has_single_bit(static_cast<unsigned>(tile.n))) return false;
  const auto depth = product.depth().constant();
  const int64_t bytes = depth ? *depth * static_cast<int64_t>(size_of(product.type)) : 0;
  const int64_t depth_blocks = round_up(bytes, tile.k_bytes) / tile.k_bytes;
  if (!fits_clusters(tile, depth_blocks)) return false;
  if (tile.form == MmaTile::Form::Warpgroup && !fits_warpgroups(product, tile)) return false;
  if (product.normalizes && !fits_normalization(product, tile)) return false;
  const bool has_moments = product.reads_moments || product.gives_moments;
  if (has_moments && registers_of(tile) + kRegistersOfMoments > 255) return false;
  if (tile.form == MmaTile::Form::Slab) {
    if (!depth || (tile.stages - 1) * tile.cluster != depth_blocks) return false;
    if ((tile.stages - 1) * steps / tile.warps_k > 24) return false;
  }
  if (tile.form == MmaTile::Form::Halo) {
    const Window& w = product.window;
    const Spatial<int64_t> one{1, 1, 1};
    if (w.kernel != Spatial<int64_t>{1, 3, 3} || w.stride != one || w.dilation != one ||
        w.pad != Spatial<int64_t>{0, 1, 1})
      return false;
    if (!product.channels.is_constant() || !w.in[2].is_constant() || !w.in[1].is_constant() || !product.b.packed)
      return false;
    if (*product.channels.constant() * static_cast<int64_t>(size_of(product.type)) != tile.k_bytes) return false;
    if (product.groups != 1 || product.a.zero_point != 0 ||
        piece_of_a(product) * static_cast<int64_t>(size_of(product.type)) != 16)
      return false;
    // Pixels must lie in a line.
    if (!(product.a.points[1] == product.a.points[2] * w.in[2]) || !(product.a.images == product.a.points[1] * w.in[1]))
      return false;
  } else if (tile.stages < 2) {
    return false;
  }
  return shared_bytes(product, tile) <= product.most_shared;
}

int64_t packed_depth(const Product& product) {
  return round_up(*product.depth().constant(), 16 / static_cast<int64_t>(size_of(product.type)));
}

KernelText mma_text(const Product& product, const MmaTile& tile, std::string entry, const SymbolRanges& ranges) {
  internal_check(fits(product, tile), "a product does not fit the tile {}", to_string(tile));
  const SharedLayout layout = layout_of(product, tile);
  const bool reads_early = product.b.packed && !product.reads_moments;
  const bool direct = leaves_from_registers(product, tile);
  const int joined = joined_fragments(tile.m / tile.warps_m, tile.n / tile.warps_n);
  ProductSource source(product, ranges, direct ? 2 * joined : 8, reads_early);
  Defines& define = source.define;
  define_mma(define, product);
  define("DIRECT", direct), define("JOINED", joined);
  define("PIPELINE", 0), define("SLAB", 1), define("HALO", 2), define("WARPGROUP", 3);
  define("FORM", static_cast<int64_t>(tile.form));
  define("TILE_M", tile.m), define("TILE_N", tile.n);
  define("TILE_K", tile.k_bytes / static_cast<int64_t>(size_of(product.type)));
  define("STAGES", tile.stages), define("MIN_BLOCKS", tile.blocks), define("CLUSTER", tile.cluster);
  define("WARPS_M", tile.warps_m), define("WARPS_N", tile.warps_n), define("WARPS_K", tile.warps_k);
  define("SUMS_AT", layout.sums_at);
  define_normalization(define, product);
  KernelText text;
  const bool warpgroups = tile.form == MmaTile::Form::Warpgroup;
  source.finish(text, std::move(entry),
                fmt::format("{}{}{}{}{}", kMmaPartsText, warpgroups ? wgmma_text(product, tile) : "", kMmaLoadText,
                            warpgroups ? kWarpgroupLoopText : kMmaLoopText, kMmaResultsText));
  text.block = {static_cast<uint32_t>(tile.threads()), 1, 1};
  text.grid = {Dim::ceil_div(product.row_count(), tile.m) * Dim::ceil_div(product.columns, tile.n) * tile.cluster,
               product.groups, tn::product(product.batch)};
  text.cluster = static_cast<uint32_t>(tile.cluster);
  text.shared_bytes = layout.bytes;
  text.overlaps = true;
  if (reads_early) text.reads_early = 0;
  return text;
}

}  // namespace tn::cuda
