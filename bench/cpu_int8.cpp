// SPDX-License-Identifier: Apache-2.0
// Convolutions of bytes, u8 to u8 with weights drawn from a normal distribution: GMAC/s of every instruction set and
// tile. bench_cpu_int8 [threads]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "backends/cpu/kernels/conv/conv.h"

namespace tn {
namespace {

struct Layer {
  int64_t in, out, size, kernel, stride;
};
constexpr Layer kLayers[] = {{3, 32, 224, 3, 2},   {3, 64, 224, 7, 2},   {16, 96, 112, 1, 1},  {32, 16, 112, 1, 1},
                             {24, 144, 56, 1, 1},  {144, 24, 56, 1, 1},  {64, 256, 56, 1, 1},  {256, 64, 56, 1, 1},
                             {64, 64, 56, 3, 1},   {128, 128, 28, 3, 1}, {256, 256, 14, 3, 1}, {512, 512, 7, 3, 1},
                             {576, 96, 14, 1, 1},  {320, 1280, 7, 1, 1}, {32, 32, 160, 3, 1},  {64, 64, 80, 3, 1},
                             {512, 1024, 14, 1, 2}};

std::vector<int8_t> normal_weights(int64_t channels, int64_t each) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<int8_t> weights;
  for (int64_t c = 0; c < channels; ++c) {
    std::vector<float> row(static_cast<size_t>(each));
    float most = 0;
    for (float& w : row) most = std::max(most, std::abs(w = normal(random)));
    for (const float w : row) weights.push_back(static_cast<int8_t>(std::lround(w / most * 127)));
  }
  return weights;
}

/// The shortest of calls over a while, in seconds.
template <typename Run>
double time_of(Run&& run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (const auto begin = Clock::now(); Clock::now() - begin < std::chrono::milliseconds(80);) {
    const auto start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

void measure(const Layer& layer, Isa isa, Lane& lane) {
  ConvParams params;
  params.in_channels = layer.in;
  params.out_channels = layer.out;
  params.kernel = {1, layer.kernel, layer.kernel};
  params.stride = {1, layer.stride, layer.stride};
  params.pad_before = params.pad_after = {0, layer.kernel / 2, layer.kernel / 2};
  params.type = params.out_type = DataType::U8;
  params.isa = isa;
  ConvShape shape;
  shape.in = {1, layer.size, layer.size};
  shape.in_strides = ImageStrides::dense(shape.in, layer.in);
  const Extent out = params.out_extent(shape.in);
  shape.out_strides = ImageStrides::dense(out, layer.out);
  const int64_t depth = layer.in * layer.kernel * layer.kernel;
  std::vector<int8_t> weights = normal_weights(layer.out, depth);
  const TensorView view =
      TensorView::dense(weights.data(), DataType::I8, {layer.out, layer.in, 1, layer.kernel, layer.kernel});
  std::vector<uint8_t> input(static_cast<size_t>(shape.in_strides.batch)),
      output(static_cast<size_t>(shape.out_strides.batch));
  std::mt19937 random(2);
  for (uint8_t& x : input) x = static_cast<uint8_t>(random());
  const std::vector<int32_t> correction(static_cast<size_t>(layer.out), 7);
  const std::vector<float> scale(correction.size(), 1e-3f), offset(correction.size(), 3.f);
  Requantization requantization;
  requantization.correction = correction.data();
  requantization.scale = scale.data();
  requantization.offset = offset.data();
  Epilogue epilogue;
  epilogue.requantization = &requantization;
  std::string line = fmt::format("{:4}-{:4}@{:3} {}x{}s{} {:10}", layer.in, layer.out, layer.size, layer.kernel,
                                 layer.kernel, layer.stride, name_of(isa));
  for (const ConvConfig& config : Conv::configs(params)) {
    params.config = config;
    std::vector<std::byte> packed(Conv::packed_bytes(params) + 64);
    auto* aligned = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(packed.data()) + 63) / 64 * 64);
    Conv::pack(params, view, {aligned, packed.size() - 64});
    Conv conv(params, shape);
    if (!conv.bind(shape)) continue;
    std::vector<char> workspace(conv.workspace_bytes(lane.size()));
    const double seconds =
        time_of([&] { conv.run(lane, input.data(), aligned, epilogue, output.data(), workspace.data()); });
    const auto products = static_cast<double>(out[1] * out[2] * layer.out * depth);
    line += fmt::format(" | {}x{}{} {:6.1f} us {:6.1f}", config.tile.rows, config.tile.vectors,
                        config.merge_width ? "w" : "", seconds * 1e6, products / seconds * 1e-9);
  }
  fmt::print("{}\n", line);
}

}  // namespace
}  // namespace tn

int main(int argc, char** argv) {
  tn::Lane lane(argc > 1 ? std::atoi(argv[1]) : 1);
  for (const tn::Layer& layer : tn::kLayers) {
    for (const tn::Isa isa : tn::available_int8_isas()) {
      if (isa != tn::Isa::Generic) tn::measure(layer, isa, lane);
    }
  }
  return 0;
}
