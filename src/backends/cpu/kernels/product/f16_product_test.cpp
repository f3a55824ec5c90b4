// SPDX-License-Identifier: Apache-2.0
// fp16 tiles on an emulated fp16 unit: which sums, channels, rows and residuals meet, for every width of a tile.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "backends/cpu/kernels/product/f16_tile_kernel.h"
#include "backends/cpu/kernels/product/product.h"
#include "backends/cpu/kernels/simd/emulated_fp16.h"

namespace tn {
namespace {

constexpr int kTileRows[] = {5, 4, 3, 2};  // by vectors

const ProductKernels& emulated() {
  static const ProductKernels kernels = [] {
    ProductKernels k{EmulatedFp16::kLanes,        2, DataType::F16, {}, Finish<EmulatedFp16>::run,
                     F16Finish<EmulatedFp16>::run};
    fill_tiles<F16Tile, EmulatedFp16, 1, kTileRows[0]>(k);
    fill_tiles<F16Tile, EmulatedFp16, 2, kTileRows[1]>(k);
    fill_tiles<F16Tile, EmulatedFp16, 3, kTileRows[2]>(k);
    fill_tiles<F16Tile, EmulatedFp16, 4, kTileRows[3]>(k);
    return k;
  }();
  return kernels;
}

/// Row r of the output is the sum over taps t of row r + t of the input times weights[t].
struct Problem {
  int64_t rows = 11, depth = 6, channels = 13, taps = 1;
  int vectors = 2;
  DataType out_type = DataType::F16;
  Activation activation = Activation::None;
  bool with_bias = true, with_residual = false, residual_last = false;

  std::string text() const {
    return fmt::format("{} rows, {} deep, {} channels, {} taps, {} vectors, {}, activation {}, bias {}, residual {} {}",
                       rows, depth, channels, taps, vectors, name_of(out_type), static_cast<int>(activation), with_bias,
                       with_residual, residual_last);
  }
};

std::vector<float> random_halves(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& x : values) x = static_cast<float>(Half(uniform(random)));
  return values;
}
std::vector<Half> halves_of(const std::vector<float>& values) {
  std::vector<Half> result;
  for (const float x : values) result.emplace_back(x);
  return result;
}

double wanted(const Problem& p, const std::vector<float>& input, const std::vector<float>& weights, double bias,
              double residual, int64_t row, int64_t channel, double& scale) {
  double sum = bias;
  scale = 1 + std::fabs(bias) + std::fabs(residual);
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    for (int64_t k = 0; k < p.depth; ++k) {
      const double product = static_cast<double>(input[static_cast<size_t>((row + tap) * p.depth + k)]) *
                             weights[static_cast<size_t>((tap * p.channels + channel) * p.depth + k)];
      sum += product;
      scale += std::fabs(product);
    }
  }
  if (!p.residual_last) sum += residual;
  if (p.activation == Activation::Relu) sum = std::max(sum, 0.0);
  if (p.activation == Activation::Clip) sum = std::clamp(sum, -0.5, 0.75);
  if (p.activation == Activation::Silu) sum /= 1 + std::exp(-sum);
  if (p.activation == Activation::Gelu) sum *= 0.5 * (1 + std::erf(sum * 0.70710678118654752));
  return p.residual_last ? sum + residual : sum;
}

void check(const Problem& p) {
  SCOPED_TRACE(p.text());
  const std::vector<float> input = random_halves((p.rows + p.taps - 1) * p.depth, 1);
  const std::vector<float> weights = random_halves(p.taps * p.channels * p.depth, 2);
  const std::vector<float> bias = random_halves(p.channels, 3), residual = random_halves(p.rows * p.channels, 4);

  ProductShape shape;
  shape.packing = {&emulated(), p.vectors, 1, p.channels, p.taps, p.depth};
  shape.out_type = p.out_type;
  shape.pixels = p.rows;
  shape.tile_rows = kTileRows[p.vectors - 1];
  shape.tiles = tiles_for(p.rows, shape.tile_rows);
  shape.input_row = p.depth * 2;
  shape.input_bytes = p.rows * p.depth * 2;
  shape.out_extent = {1, 1, p.rows};
  shape.out = ImageStrides::dense(shape.out_extent, p.channels);
  std::vector<int32_t> offsets;
  for (int64_t tile = 0; p.taps > 1 && tile < shape.tiles; ++tile)
    for (int64_t tap = 0; tap < p.taps; ++tap)
      for (int64_t row = shape.tile_begin(tile); row < shape.tile_begin(tile + 1); ++row)
        offsets.push_back(static_cast<int32_t>((row + tap) * p.depth * 2));
  if (p.taps > 1) shape.offsets = offsets.data();

  std::vector<std::byte> packed(shape.packing.bytes());
  shape.packing.pack(weights.data(), DataType::F32, {0, p.depth, p.channels * p.depth, 1, 0, 1}, packed);
  const std::vector<Half> input_halves = halves_of(input);
  Epilogue e;
  e.bias = p.with_bias ? bias.data() : nullptr;
  e.activation = p.activation;
  e.alpha = -0.5f;
  e.beta = 0.75f;
  e.residual_type = DataType::F16;
  e.residual_strides = shape.out;
  e.residual_after_activation = p.residual_last;
  // Exactly the memory of the output, so that a sanitizer sees what a tile writes beyond it.
  std::vector<Half> out(static_cast<size_t>(p.rows * p.channels));
  std::vector<float> wide(out.size());
  if (p.with_residual) {  // the output itself
    out = halves_of(residual);
    e.residual = out.data();
  }
  ProductOperands operands;
  operands.input = input_halves.data();
  operands.packed = packed.data();
  operands.output = p.out_type == DataType::F16 ? static_cast<void*>(out.data()) : wide.data();
  Lane lane(2);
  run_product(lane, shape, operands, e);

  for (int64_t row = 0; row < p.rows; ++row) {
    for (int64_t c = 0; c < p.channels; ++c) {
      const auto at = static_cast<size_t>(row * p.channels + c);
      double scale = 0;
      const double want = wanted(p, input, weights, p.with_bias ? static_cast<double>(bias[static_cast<size_t>(c)]) : 0,
                                 p.with_residual ? static_cast<double>(residual[at]) : 0, row, c, scale);
      const float got = p.out_type == DataType::F16 ? static_cast<float>(out[at]) : wide[at];
      ASSERT_NEAR(got, want, 1e-3 * scale) << "row " << row << " channel " << c;
    }
  }
}

TEST(F16Product, EveryWidthAndTail) {
  for (int vectors : {1, 2, 3, 4})
    for (int64_t channels : {1, 4, 5, 8, 9, 12, 13, 16, 23})
      for (int64_t depth : {1, 2, 7, 24, 130}) {
        Problem p;
        p.vectors = vectors;
        p.channels = channels;
        p.depth = depth;
        p.with_residual = depth % 2 == 0;
        check(p);
        p.out_type = DataType::F32;
        p.with_residual = false;
        check(p);
      }
}

TEST(F16Product, Epilogues) {
  for (Activation activation :
       {Activation::None, Activation::Relu, Activation::Clip, Activation::Silu, Activation::Gelu})
    for (int residual = 0; residual < 3; ++residual)
      for (int64_t depth : {10, 150}) {
        Problem p;
        p.vectors = 3;
        p.depth = depth;
        p.activation = activation;
        p.with_residual = residual > 0;
        p.residual_last = residual == 2;
        p.with_bias = residual != 1;
        check(p);
      }
}

TEST(F16Product, TapsInOneChunkAndInSeveral) {
  for (int64_t taps : {3, 9})
    for (int64_t depth : {3, 14, 15, 40, 131}) {
      Problem p;
      p.taps = taps;
      p.depth = depth;
      p.activation = Activation::Relu;
      p.with_residual = true;
      check(p);
    }
}

}  // namespace
}  // namespace tn
