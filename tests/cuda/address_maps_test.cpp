// SPDX-License-Identifier: Apache-2.0
// Where the texts of products read and write: they run on the host over every coordinate of windows of all kinds, in
// whole numbers, so that one element read from a wrong place, twice or not at all shows. Around the operands there is
// nothing but NaN. A residual lies where the result goes: what is stored twice has it added twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>

#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/codegen/product/stem.h"
#include "backends/cuda/codegen/product/tiles.h"
#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "expr/expr.h"

namespace tn::test {
namespace {

using cuda::KernelText;
using cuda::MmaTile;
using cuda::Product;
using cuda::Spatial;

/// Elements with 4 KiB of NaN on both sides; 16-byte aligned.
class Surrounded {
 public:
  Surrounded(DataType type, Shape dims)
      : memory_(2 * kMargin + (static_cast<size_t>(dims.elements()) * size_of(type) + 15) / 16 * 16, std::byte{0xff}),
        view_(TensorView::dense(memory_.data() + kMargin, type, dims)) {}
  Surrounded(DataType type, Shape dims, const std::function<int64_t(int64_t)>& value) : Surrounded(type, dims) {
    for (int64_t i = 0; i < dims.elements(); ++i) store_double(view_, i, static_cast<double>(value(i)));
  }
  explicit Surrounded(const std::vector<std::byte>& bytes)
      : Surrounded(DataType::U8, {static_cast<int64_t>(bytes.size())}) {
    std::ranges::copy(bytes, memory_.begin() + kMargin);
  }
  const TensorView& view() const { return view_; }
  double operator[](int64_t i) const { return load_double(view_, i); }
  uint64_t address() const { return reinterpret_cast<uint64_t>(view_.data); }
  bool margins_are_whole() const {
    const auto untouched = [](std::byte b) { return b == std::byte{0xff}; };
    return std::all_of(memory_.begin(), memory_.begin() + kMargin, untouched) &&
           std::all_of(memory_.end() - kMargin, memory_.end(), untouched);
  }

 private:
  static constexpr size_t kMargin = 4096;
  std::vector<std::byte> memory_;
  TensorView view_;
};

struct ConvCase {
  const char* name;
  DataType type = DataType::F16;
  int64_t images = 1;
  Spatial<int64_t> in{1, 9, 10};
  int64_t channels = 16, columns = 24, groups = 1;
  Spatial<int64_t> kernel{1, 3, 3}, stride{1, 1, 1}, dilation{1, 1, 1}, pad{0, 1, 1};
  Spatial<int64_t> pad_behind = pad;
  bool row_major = false;  ///< all of a channel together, as a network's input lies
  bool depthwise = false;
};

void PrintTo(const ConvCase& c, std::ostream* out) {
  *out << c.name;
}

int64_t volume(const Spatial<int64_t>& extents) {
  return extents[0] * extents[1] * extents[2];
}

// Numbers without a pattern.
int64_t mixed(int64_t i) {
  return static_cast<int64_t>(static_cast<uint64_t>(i + 1) * 0x9e3779b97f4a7c15u >> 40);
}

HostCompiler& compiler_of(const std::string& architecture) {
  static std::map<std::string, HostCompiler> all;
  return all.try_emplace(architecture, architecture).first->second;
}

/// A convolution and what goes through it.
class Conv {
 public:
  explicit Conv(const ConvCase& c)
      : case_(c),
        input_(c.type, {c.images * volume(c.in) * c.channels}, [](int64_t i) { return mixed(i) % 7 - 3; }),
        filters_(DataType::F32,
                 {c.columns, c.depthwise ? 1 : c.channels / c.groups, c.kernel[0], c.kernel[1], c.kernel[2]},
                 [](int64_t i) { return mixed(i + 99) % 5 - 2; }) {
    for (size_t i = 0; i < 3; ++i)
      out_[i] = (c.in[i] + c.pad[i] + c.pad_behind[i] - c.dilation[i] * (c.kernel[i] - 1) - 1) / c.stride[i] + 1;
    describe();
  }

  const Product& product() const { return product_; }
  const TensorView& filters() const { return filters_.view(); }
  int64_t results() const { return c().images * volume(out_) * c().columns; }

  /// Of each result by the definition, before the residual.
  double sum(int64_t result) const {
    const int64_t column = result % c().columns;
    int64_t point = result / c().columns;
    Spatial<int64_t> at;
    for (size_t i = 3; i-- > 0;) at[i] = point % out_[i], point /= out_[i];
    const int64_t group = column / (c().columns / c().groups), per_group = c().channels / c().groups;
    const int64_t first = c().depthwise ? column : group * per_group, channels = c().depthwise ? 1 : per_group;
    double total = 0;
    for (int64_t tap = 0; tap < volume(c().kernel); ++tap) {
      const Spatial<int64_t> t = {tap / (c().kernel[1] * c().kernel[2]), tap / c().kernel[2] % c().kernel[1],
                                  tap % c().kernel[2]};
      Spatial<int64_t> from;
      bool inside = true;
      for (size_t i = 0; i < 3; ++i) {
        from[i] = at[i] * c().stride[i] - c().pad[i] + t[i] * c().dilation[i];
        inside = inside && from[i] >= 0 && from[i] < c().in[i];
      }
      if (!inside) continue;
      for (int64_t k = 0; k < channels; ++k)
        total += input_[place(point, from, first + k)] * filters_[(column * channels + k) * volume(c().kernel) + tap];
    }
    return total;
  }

  /// What is wrong with the kernel, if anything is. Its results are compared with the definition.
  std::string fault(const KernelText& text, const std::vector<std::byte>& packed,
                    HostCompiler& compiler = compiler_of("sm_90")) const;

 private:
  const ConvCase& c() const { return case_; }
  int64_t place(int64_t image, const Spatial<int64_t>& at, int64_t channel) const {
    const int64_t point = (at[0] * c().in[1] + at[1]) * c().in[2] + at[2];
    if (c().row_major) return (image * c().channels + channel) * volume(c().in) + point;
    return (image * volume(c().in) + point) * c().channels + channel;
  }
  void describe() {
    Product& p = product_;
    p.type = c().type;
    p.tf32 = true;
    p.depthwise = c().depthwise;
    p.images = c().images;
    p.groups = c().groups;
    p.channels = c().channels / c().groups;
    p.columns = c().columns / c().groups;
    Dim stride = c().row_major ? 1 : c().channels;
    for (size_t i = 3; i-- > 0;) {
      p.window.kernel[i] = c().kernel[i], p.window.stride[i] = c().stride[i];
      p.window.dilation[i] = c().dilation[i], p.window.pad[i] = c().pad[i];
      p.window.in[i] = c().in[i];
      p.rows[i] = out_[i];
      p.a.points[i] = stride;
      stride = stride * Dim(c().in[i]);
    }
    p.a.images = volume(c().in) * c().channels;
    if (c().row_major) p.a.channel = volume(c().in);
    p.a.alignment = 16 / static_cast<int64_t>(size_of(c().type));
    p.b.packed = true;
    cuda::ResultOperand result;
    result.type = DataType::F32;
    result.strides = {volume(out_) * c().columns, out_[1] * out_[2] * c().columns, out_[2] * c().columns, c().columns,
                      1};
    result.alignment = 4;
    p.epilogue.inputs = p.epilogue.outputs = {result};
    const std::vector<Expr> sum = {input(0) + input(1)};
    p.epilogue.program = lower(sum);
  }

  ConvCase case_;
  Surrounded input_, filters_;
  Spatial<int64_t> out_{};
  Product product_;
};

std::string Conv::fault(const KernelText& text, const std::vector<std::byte>& packed, HostCompiler& compiler) const {
  static EmulatedDevice device;
  const Surrounded weights(packed);
  const Surrounded residual(DataType::F32, {results()}, [](int64_t i) { return i % 97; }), &all = residual;
  std::vector<uint64_t> arguments = {input_.address(), weights.address(), all.address(), all.address()};
  if (text.reads_early >= 0) arguments.push_back(0);
  const auto function = device.load(compiler.compile(text.source, text.entry), text.entry, text.shared_bytes);
  Launch launch{function.get()};
  for (size_t i = 0; i < 3; ++i) launch.grid[i] = static_cast<uint32_t>(*text.grid[i].constant());
  launch.block = text.block;
  launch.shared_bytes = text.shared_bytes;
  launch.cluster = text.cluster;
  launch.arguments = arguments;
  const SharedReads before = device.reads();
  const auto queue = device.make_queue();
  Status status = queue->launch(launch);
  if (status) status = queue->synchronize();
  if (!status) return std::string(status.message());
  for (int64_t i = 0; i < results(); ++i) {
    const double expected = sum(i) + static_cast<double>(i % 97);
    if (all[i] != expected) return fmt::format("result {} is {}, not {}", i, all[i], expected);
  }
  if (!all.margins_are_whole()) return "something else than the results is written";
  const int64_t phases = device.reads().phases - before.phases, conflicts = device.reads().conflicts - before.conflicts;
  return conflicts > 0 ? fmt::format("{} bank conflicts in {} phases", conflicts, phases) : "";
}

class Maps : public testing::TestWithParam<ConvCase> {};

const SymbolRanges kNone;
const cuda::Gpu kGpu = {"sm_90", 132};

// The tiles that tuning would be offered first.
TEST_P(Maps, TilesSwizzlesAndWindows) {
  const Conv conv(GetParam());
  const Product& product = conv.product();
  const auto packed =
      cuda::pack_columns(conv.filters(), product.type, cuda::packed_depth(product), product.type == DataType::F32);
  ASSERT_EQ(cuda::refuses_mma(product, "sm_90"), std::nullopt);
  for (const MmaTile& tile : cuda::mma_tiles(product, kNone, kGpu, 6)) {
    const std::string fault = conv.fault(cuda::mma_text(product, tile, "product", kNone), packed);
    // Where all taps share pixels, those outside are one row of zeros, whose banks may be those of another row.
    const bool halo = tile.form == MmaTile::Form::Halo;
    EXPECT_TRUE(fault.empty() || (halo && fault.find("bank conflicts") != fault.npos))
        << GetParam().name << " " << cuda::to_string(tile) << ": " << fault;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Maps,
    testing::Values(
        ConvCase{.name = "halo", .images = 2, .channels = 32},
        ConvCase{.name = "bf16", .type = DataType::BF16, .in = {1, 7, 5}, .channels = 64, .columns = 40},
        ConvCase{.name = "tf32", .type = DataType::F32, .images = 2, .in = {1, 7, 9}, .channels = 12, .columns = 20},
        ConvCase{.name = "strides", .in = {1, 11, 13}, .stride = {1, 2, 3}},
        ConvCase{.name = "dilation", .in = {1, 12, 11}, .dilation = {1, 2, 3}, .pad = {0, 2, 3}},
        ConvCase{.name = "uneven", .pad = {0, 2, 0}, .pad_behind = {0, 0, 2}},
        ConvCase{.name = "groups", .images = 2, .channels = 32, .columns = 48, .groups = 4},
        ConvCase{.name = "odd", .images = 2, .channels = 5, .columns = 7},
        ConvCase{.name = "pairs", .channels = 6, .columns = 18},
        ConvCase{.name = "points",
                 .images = 3,
                 .in = {1, 5, 7},
                 .channels = 40,
                 .columns = 33,
                 .kernel = {1, 1, 1},
                 .pad = {0, 0, 0}},
        ConvCase{.name = "apart", .in = {1, 9, 7}, .kernel = {1, 1, 1}, .stride = {1, 2, 2}, .pad = {0, 0, 0}},
        ConvCase{.name = "volume",
                 .in = {4, 5, 6},
                 .channels = 8,
                 .kernel = {3, 2, 3},
                 .stride = {2, 1, 1},
                 .pad = {1, 0, 1}},
        ConvCase{.name = "patches",
                 .in = {1, 16, 24},
                 .channels = 3,
                 .kernel = {1, 8, 8},
                 .stride = {1, 8, 8},
                 .pad = {0, 0, 0}}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(Maps, FormsAreAllThere) {
  const Conv conv({.name = "3x3", .images = 2, .in = {1, 13, 11}, .channels = 64, .columns = 64});
  const Product& product = conv.product();
  const auto packed = cuda::pack_columns(conv.filters(), product.type, cuda::packed_depth(product), false);
  for (const char* text :
       {"32x32x256 s6 w1x1x4 slab", "128x64x64 s3 w4x2x1", "16x16x256 s4 w1x1x8", "48x64x128 s8 w1x4x2",
        "64x64x128 s4 w4x1x1 wg", "128x32x128 s3 w4x1x1 wg", "128x64x128 s3 w8x1x1 wg"})
    EXPECT_EQ(conv.fault(cuda::mma_text(product, cuda::parse_mma_tile(text), "product", kNone), packed), "") << text;
  const std::string halo =
      conv.fault(cuda::mma_text(product, cuda::parse_mma_tile("64x32x128 s2 w2x1x2 halo"), "product", kNone), packed);
  EXPECT_NE(halo.find("bank conflicts"), halo.npos) << halo;
}

TEST(Maps, OlderArchitectures) {
  const Conv conv({.name = "3x3", .channels = 24, .columns = 20});
  const Product& product = conv.product();
  const auto packed = cuda::pack_columns(conv.filters(), product.type, cuda::packed_depth(product), false);
  const KernelText text = cuda::mma_text(product, cuda::parse_mma_tile("32x32x64 s3 w2x1x2"), "product", kNone);
  for (const char* architecture : {"sm_75", "sm_80"})
    EXPECT_EQ(conv.fault(text, packed, compiler_of(architecture)), "") << architecture;
}

// A kernel with one mistake.
TEST(Maps, MistakesShow) {
  const Conv conv({.name = "3x3", .images = 2, .channels = 64, .columns = 40});
  const Product& product = conv.product();
  const auto packed = cuda::pack_columns(conv.filters(), product.type, cuda::packed_depth(product), false);
  const KernelText right = cuda::mma_text(product, cuda::parse_mma_tile("64x64x128 s3 w2x2x1"), "product", kNone);
  ASSERT_EQ(conv.fault(right, packed), "");
  const std::pair<const char*, const char*> mistakes[] = {
      {"        __syncthreads();\n        if (++stage", "        if (++stage"},
      {"        wait_for_copies<STAGES - 2>();\n", "        wait_for_copies<STAGES - 1>();\n"},
      {"  __syncthreads();\n#pragma unroll 1\n  for (int first", "#pragma unroll 1\n  for (int first"},
      {"< u32(IN_W)", "<= u32(IN_W)"},
      {"tap_w[piece] = tap % KERNEL_W", "tap_w[piece] = tap % (KERNEL_W + 1)"},
      {"(row, load_at), [&](int piece) {\n#if WINDOW", "(row ^ 1, load_at), [&](int piece) {\n#if WINDOW"},
      {"b_chunk = (lane >> 3) & 1", "b_chunk = (lane >> 4) & 1"},
      {"(chunk ^ ((row / kShare) & kMask))", "chunk"}};
  for (const auto& [from, to] : mistakes) {
    KernelText text = right;
    const size_t at = text.source.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.source.replace(at, std::strlen(from), to);
    EXPECT_NE(conv.fault(text, packed), "") << to << " instead of " << from;
  }
}

// 576 elements of depth: in blocks of the grid they are nine times 64, which three share evenly, and four do not.
TEST(Maps, ClustersShareOutTheDepth) {
  const Conv conv({.name = "3x3", .images = 2, .in = {1, 13, 11}, .channels = 64, .columns = 72});
  const Product& product = conv.product();
  const auto packed = cuda::pack_columns(conv.filters(), product.type, cuda::packed_depth(product), false);
  for (const char* text :
       {"32x64x128 s3 w2x2x1 c3", "48x64x128 s3 w1x4x2 c4", "64x32x128 s4 w2x2x1 slab c3", "16x16x64 s2 w1x1x2 c8",
        "128x64x256 s4 w2x2x1 c2", "64x64x128 s4 w4x1x1 wg c4", "128x32x128 s3 w4x1x1 wg c3"})
    EXPECT_EQ(conv.fault(cuda::mma_text(product, cuda::parse_mma_tile(text), "product", kNone), packed), "") << text;
}

TEST(Maps, Stems) {
  const ConvCase cases[] = {
      {.name = "7x7 by 2",
       .images = 2,
       .in = {1, 21, 30},
       .channels = 3,
       .kernel = {1, 7, 7},
       .stride = {1, 2, 2},
       .pad = {0, 3, 3},
       .row_major = true},
      {.name = "3x3 bf16", .type = DataType::BF16, .in = {1, 9, 33}, .channels = 1, .columns = 16},
      {.name = "6x6 f32",
       .type = DataType::F32,
       .in = {1, 14, 20},
       .channels = 3,
       .columns = 32,
       .kernel = {1, 6, 6},
       .stride = {1, 2, 2},
       .pad = {0, 2, 2},
       .row_major = true},
      {.name = "dilated",
       .in = {1, 14, 20},
       .channels = 7,
       .columns = 20,
       .kernel = {1, 3, 5},
       .stride = {1, 1, 3},
       .dilation = {1, 2, 1}}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    ASSERT_EQ(cuda::refuses_stem(conv.product()), std::nullopt) << c.name;
    const auto packed = cuda::pack_pixels(conv.filters(), c.type, c.type == DataType::F32);
    for (const cuda::StemTile& tile : cuda::stem_tiles(conv.product(), kNone, kGpu.multiprocessors, 4))
      EXPECT_EQ(conv.fault(cuda::stem_text(conv.product(), tile, "stem", kNone), packed), "")
          << c.name << " " << cuda::to_string(tile);
  }
}

TEST(Maps, OneMultiplicationAtATime) {
  const ConvCase cases[] = {
      {.name = "f32", .type = DataType::F32, .images = 2, .channels = 6, .columns = 10, .groups = 2},
      {.name = "strides",
       .in = {3, 8, 9},
       .channels = 3,
       .columns = 70,
       .kernel = {2, 3, 3},
       .stride = {1, 2, 1},
       .dilation = {1, 1, 2},
       .pad = {1, 0, 2}}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    const auto packed = cuda::pack_columns(conv.filters(), c.type, cuda::packed_depth(conv.product()), false);
    for (const int rows : {32, 64, 128})
      EXPECT_EQ(conv.fault(cuda::simt_text(conv.product(), rows, "simt", kNone), packed), "") << c.name << " " << rows;
  }
}

TEST(Maps, Depthwise) {
  const ConvCase cases[] = {{.name = "f16", .images = 2, .channels = 24, .columns = 24, .depthwise = true},
                            {.name = "strides",
                             .in = {1, 12, 15},
                             .channels = 12,
                             .columns = 12,
                             .kernel = {1, 5, 5},
                             .stride = {1, 2, 2},
                             .pad = {0, 2, 2},
                             .depthwise = true},
                            {.name = "dilated",
                             .type = DataType::F32,
                             .in = {3, 8, 9},
                             .channels = 13,
                             .columns = 13,
                             .kernel = {2, 3, 3},
                             .dilation = {1, 2, 1},
                             .pad = {1, 2, 0},
                             .depthwise = true}};
  for (const ConvCase& c : cases) {
    const Conv conv(c);
    const auto packed = cuda::pack_taps(conv.filters());
    for (const cuda::DepthwiseTile& tile : {cuda::DepthwiseTile{1, 1, 8}, {8, 1, 8}, {4, 4, 4}, {3, 2, 8}})
      EXPECT_EQ(conv.fault(cuda::depthwise_text(conv.product(), tile, "depthwise", kNone), packed), "")
          << c.name << " " << cuda::to_string(tile);
  }
}

}  // namespace
}  // namespace tn::test
