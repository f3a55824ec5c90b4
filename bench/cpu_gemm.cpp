// SPDX-License-Identifier: Apache-2.0
// Linear layers of transformers on one thread or more, for one sequence and for a batch: GFLOP/s by tile, and the FMA
// peak measured between them. Tiles run in turns, so that a disturbance meets all of them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/kernels/gemm/gemm.h"
#include "fma_peak.h"

namespace tn {
namespace {

struct Layer {
  const char* name;
  int64_t k, n;
  Activation activation;
  bool residual;
};

constexpr Layer kLayers[] = {
    {"qkv", 768, 2304, Activation::None, false},
    {"proj", 768, 768, Activation::None, true},
    {"up", 768, 3072, Activation::Gelu, false},
    {"down", 3072, 768, Activation::None, true},
};

struct Variant {
  Gemm gemm;
  TileShape tile;
  std::vector<std::byte> packed;
  std::vector<double> seconds;
};

void run_layer(Lane& lane, const Layer& layer, int64_t rows, int rounds) {
  GemmParams params;
  params.k = layer.k;
  params.n = layer.n;
  params.isa = best_isa();
  const std::vector<float> a(static_cast<size_t>(rows * layer.k), 0.5f),
      b(static_cast<size_t>(layer.k * layer.n), 0.25f);
  std::vector<float> c(static_cast<size_t>(rows * layer.n)), bias(static_cast<size_t>(layer.n));
  std::vector<float> residual(layer.residual ? c.size() : 0);
  const GemmShape shape{1, rows, rows * layer.k, layer.k, rows * layer.n, layer.n};
  Epilogue epilogue;
  epilogue.bias = bias.data();
  epilogue.activation = layer.activation;
  if (layer.residual) {
    epilogue.residual = residual.data();
    epilogue.residual_strides = {rows * layer.n, {0, 0, layer.n}};
  }
  std::vector<Variant> variants;
  for (const TileShape& tile : Gemm::configs(params)) {
    params.tile = tile;
    variants.push_back({Gemm(params), tile, std::vector<std::byte>(Gemm::packed_bytes(params) + 64), {}});
    const auto address = reinterpret_cast<uintptr_t>(variants.back().packed.data());
    const std::span<std::byte> aligned(variants.back().packed.data() + (64 - address % 64) % 64,
                                       Gemm::packed_bytes(params));
    Gemm::pack(params, TensorView{const_cast<float*>(b.data()), DataType::F32, {layer.k, layer.n}, {layer.n, 1}},
               aligned);
    if (!variants.back().gemm.bind(shape)) std::abort();
  }
  double peak = 0;
  for (int round = 0; round <= rounds; ++round) {
    for (Variant& v : variants) {
      const auto address = reinterpret_cast<uintptr_t>(v.packed.data());
      const auto begin = std::chrono::steady_clock::now();
      v.gemm.run(lane, a.data(), v.packed.data() + (64 - address % 64) % 64, epilogue, c.data(), nullptr);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      if (round > 0) v.seconds.push_back(seconds);
    }
    peak = std::max(peak, fma_peak(lane));
  }
  const double flops = 2.0 * static_cast<double>(rows * layer.k * layer.n);
  std::printf("%-5s rows %5ld threads %d peak %6.1f |", layer.name, static_cast<long>(rows), lane.size(), peak * 1e-9);
  for (Variant& v : variants) {
    std::sort(v.seconds.begin(), v.seconds.end());
    std::printf("  %dx%d %6.1f (%5.1f)", v.tile.rows, v.tile.vectors, flops / v.seconds[0] * 1e-9,
                flops / v.seconds[v.seconds.size() / 4] * 1e-9);
  }
  std::printf("\n");
}

}  // namespace
}  // namespace tn

/// Rows to run with, for each layer: bench_cpu_gemm [THREADS [ROWS…]]
int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  std::vector<int64_t> rows;
  for (int i = 2; i < argc; ++i) rows.push_back(std::atoi(argv[i]));
  if (rows.empty()) rows = {197, 16 * 197};
  tn::Lane lane(threads);
  for (const tn::Layer& layer : tn::kLayers) {
    for (const int64_t m : rows) tn::run_layer(lane, layer, m, static_cast<int>(std::max<int64_t>(4, 3000 / m)));
  }
}
