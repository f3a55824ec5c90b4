// SPDX-License-Identifier: Apache-2.0
// Convolution layers of ResNet-50 and MobileNetV2 on one thread or more: GFLOP/s, and the share of the FMA peak that is
// measured beside each layer. "cold" takes its weights from a rotation of copies larger than the caches.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/depthwise.h"
#include "backends/cpu/kernels/winograd/winograd.h"
#include "fma_peak.h"

namespace tn {
namespace {

struct Free {
  void operator()(void* p) const { std::free(p); }
};
using Memory = std::unique_ptr<char, Free>;

/// Aligned memory, touched and filled with small floats.
Memory allocate(size_t bytes) {
  const size_t rounded = (bytes + 4096) / 4096 * 4096;
  Memory memory(static_cast<char*>(std::aligned_alloc(4096, rounded)));
  auto* floats = reinterpret_cast<float*>(memory.get());
  for (size_t i = 0; i < rounded / 4; ++i) floats[i] = static_cast<float>(i * 37 % 101) * 0.01f - 0.5f;
  return memory;
}

struct Layer {
  const char* name;
  int64_t in, out, size, kernel, stride, pad;
};

constexpr Layer kResNet50[] = {
    {"7x7s2 3-64@224", 3, 64, 224, 7, 2, 3},         {"1x1 64-64@56", 64, 64, 56, 1, 1, 0},
    {"3x3 64-64@56", 64, 64, 56, 3, 1, 1},           {"1x1 64-256@56", 64, 256, 56, 1, 1, 0},
    {"1x1 256-64@56", 256, 64, 56, 1, 1, 0},         {"1x1 256-128@56", 256, 128, 56, 1, 1, 0},
    {"3x3s2 128-128@56", 128, 128, 56, 3, 2, 1},     {"1x1s2 256-512@56", 256, 512, 56, 1, 2, 0},
    {"3x3 128-128@28", 128, 128, 28, 3, 1, 1},       {"1x1 128-512@28", 128, 512, 28, 1, 1, 0},
    {"1x1 512-128@28", 512, 128, 28, 1, 1, 0},       {"3x3s2 256-256@28", 256, 256, 28, 3, 2, 1},
    {"1x1s2 512-1024@28", 512, 1024, 28, 1, 2, 0},   {"3x3 256-256@14", 256, 256, 14, 3, 1, 1},
    {"1x1 256-1024@14", 256, 1024, 14, 1, 1, 0},     {"1x1 1024-256@14", 1024, 256, 14, 1, 1, 0},
    {"1x1s2 1024-2048@14", 1024, 2048, 14, 1, 2, 0}, {"3x3 512-512@7", 512, 512, 7, 3, 1, 1},
    {"1x1 512-2048@7", 512, 2048, 7, 1, 1, 0},       {"1x1 2048-512@7", 2048, 512, 7, 1, 1, 0},
};
constexpr Layer kMobileNetV2[] = {
    {"3x3s2 3-32@224", 3, 32, 224, 3, 2, 1}, {"1x1 32-16@112", 32, 16, 112, 1, 1, 0},
    {"1x1 16-96@112", 16, 96, 112, 1, 1, 0}, {"1x1 24-144@56", 24, 144, 56, 1, 1, 0},
    {"1x1 144-24@56", 144, 24, 56, 1, 1, 0}, {"1x1 32-192@28", 32, 192, 28, 1, 1, 0},
    {"1x1 192-64@14", 192, 64, 14, 1, 1, 0}, {"1x1 64-384@14", 64, 384, 14, 1, 1, 0},
    {"1x1 96-576@14", 96, 576, 14, 1, 1, 0}, {"1x1 576-160@7", 576, 160, 7, 1, 1, 0},
    {"1x1 160-960@7", 160, 960, 7, 1, 1, 0}, {"1x1 320-1280@7", 320, 1280, 7, 1, 1, 0},
};

constexpr Layer kDepthwise[] = {
    {"3x3 32@112", 32, 32, 112, 3, 1, 1},   {"3x3s2 96@112", 96, 96, 112, 3, 2, 1},
    {"3x3 144@56", 144, 144, 56, 3, 1, 1},  {"3x3 192@28", 192, 192, 28, 3, 1, 1},
    {"3x3 384@14", 384, 384, 14, 3, 1, 1},  {"3x3 960@7", 960, 960, 7, 3, 1, 1},
    {"5x5 240@28", 240, 240, 28, 5, 1, 2},  {"5x5s2 672@14", 672, 672, 14, 5, 2, 2},
    {"5x5 1152@7", 1152, 1152, 7, 5, 1, 2},
};

void report(benchmark::State& state, Lane& lane, double flops) {
  const double peak = fma_peak(lane) * 1e-9;
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flops * rounds * 1e-9, benchmark::Counter::kIsRate);
  state.counters["peak"] = peak;
  state.counters["of_peak"] = benchmark::Counter(flops * rounds * 1e-9 / peak, benchmark::Counter::kIsRate);
}

ConvParams params_of(const Layer& layer, bool depthwise = false) {
  ConvParams params;
  params.in_channels = layer.in;
  params.out_channels = layer.out;
  params.groups = depthwise ? layer.in : 1;
  params.kernel = {1, layer.kernel, layer.kernel};
  params.stride = {1, layer.stride, layer.stride};
  params.pad_before = params.pad_after = {0, layer.pad, layer.pad};
  params.isa = best_isa();
  return params;
}

/// Times `make(max shape)`, an object with the interface of Conv.
template <typename Make>
void run_layer(benchmark::State& state, const Layer& layer, const ConvParams& params, size_t packed_bytes, bool cold,
               Make&& make) {
  ConvShape shape;
  shape.in = {1, layer.size, layer.size};
  shape.in_strides = ImageStrides::dense(shape.in, layer.in);
  const Extent out = params.out_extent(shape.in);
  shape.out_strides = ImageStrides::dense(out, layer.out);
  Lane lane(static_cast<int>(state.range(0)));
  auto kernel = make(shape);
  if (!kernel.bind(shape)) return state.SkipWithError("bind failed");
  const Memory input = allocate(static_cast<size_t>(shape.in_strides.batch) * 4);
  const Memory output = allocate(static_cast<size_t>(shape.out_strides.batch) * 4);
  const Memory bias = allocate(static_cast<size_t>(layer.out) * 4);
  const Memory workspace = allocate(kernel.workspace_bytes(lane.size()));
  const size_t stride = (packed_bytes + 4095) / 4096 * 4096;
  const size_t copies = cold ? std::max<size_t>(2, (80u << 20) / stride) : 1;
  const Memory weights = allocate(stride * copies);
  Epilogue epilogue;
  epilogue.bias = reinterpret_cast<const float*>(bias.get());
  epilogue.activation = Activation::Relu;
  size_t turn = 0;
  for (auto _ : state) {
    kernel.run(lane, input.get(), weights.get() + turn * stride, epilogue, output.get(), workspace.get());
    turn = (turn + 1) % copies;
  }
  const int64_t products = out[1] * out[2] * layer.out * (layer.in / params.groups) * layer.kernel * layer.kernel;
  report(state, lane, 2.0 * static_cast<double>(products));
}

template <typename Make>
void add(const std::string& name, const Layer& layer, const ConvParams& params, size_t packed_bytes, Make make) {
  for (const bool cold : {false, true}) {
    const std::string full = name + (cold ? "/cold" : "/hot");
    benchmark::RegisterBenchmark(
        full.c_str(),
        [=, &layer](benchmark::State& state) { run_layer(state, layer, params, packed_bytes, cold, make); })
        ->Arg(1)
        ->Arg(2)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

void register_layers(const char* net, std::span<const Layer> layers) {
  for (const Layer& layer : layers) {
    ConvParams params = params_of(layer);
    const std::string name = fmt::format("{}/{}", net, layer.name);
    for (const ConvConfig& config : Conv::configs(params)) {
      params.config = config;
      const std::string tile =
          fmt::format("/{}x{}{}", config.tile.rows, config.tile.vectors, config.merge_width ? "m" : "");
      add(name + tile, layer, params, Conv::packed_bytes(params),
          [params](const ConvShape& max) { return Conv(params, max); });
    }
    for (const WinogradConfig& config : Winograd::configs(params)) {
      const std::string variant = fmt::format("/winograd{}:{}", config.outputs, config.block);
      add(name + variant, layer, params, Winograd::packed_bytes(params, config),
          [=](const ConvShape& max) { return Winograd(params, config, max); });
    }
  }
}

/// Depthwise with the interface of Conv.
struct BenchDepthwise : Depthwise {
  using Depthwise::Depthwise;
  static size_t workspace_bytes(int) { return 0; }
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output, void*) const {
    Depthwise::run(lane, input, packed, epilogue, output);
  }
};

void register_depthwise() {
  for (const Layer& layer : kDepthwise) {
    const ConvParams params = params_of(layer, true);
    add(fmt::format("depthwise/{}", layer.name), layer, params, Depthwise::packed_bytes(params),
        [params](const ConvShape&) { return BenchDepthwise(params); });
  }
}

}  // namespace
}  // namespace tn

int main(int argc, char** argv) {
  tn::register_layers("resnet50", tn::kResNet50);
  tn::register_layers("mobilenetv2", tn::kMobileNetV2);
  tn::register_depthwise();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
