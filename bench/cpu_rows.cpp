// SPDX-License-Identifier: Apache-2.0
// Memory-bound kernels in GB/s (bytes read plus written), beside the memcpy of the same run.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "backends/cpu/kernels/copy/strided_copy.h"

namespace tn {
namespace {

Lane& lane_of(int64_t threads) {
  static Lane one(1), two(2);
  return threads == 1 ? one : two;
}

void report(benchmark::State& state, double bytes) {
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void memcpy_of(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  std::vector<char> from(size, 1), to(size);
  Lane& lane = lane_of(state.range(1));
  for (auto _ : state) {
    lane.parallel_for(static_cast<int64_t>(size), [&](int64_t begin, int64_t end) {
      std::memcpy(to.data() + begin, from.data() + begin, static_cast<size_t>(end - begin));
    });
    benchmark::ClobberMemory();
  }
  report(state, 2.0 * static_cast<double>(size));
}
BENCHMARK(memcpy_of)->ArgsProduct({{1 << 18, 1 << 21, 1 << 26}, {1, 2}})->ArgNames({"bytes", "threads"});

struct Layout {
  Shape dims, from, to;
};

void copies(benchmark::State& state, const Layout& layout, DataType from_type, DataType to_type) {
  const auto count = static_cast<size_t>(layout.dims.elements());
  std::vector<char> from(count * size_of(from_type)), to(count * size_of(to_type));
  StridedCopy kernel(from_type, to_type);
  kernel.bind(layout.dims, layout.from, layout.to);
  Lane& lane = lane_of(state.range(0));
  for (auto _ : state) kernel.run(lane, from.data(), to.data());
  report(state, static_cast<double>(from.size() + to.size()));
}

Layout nchw_to_nhwc(int64_t n, int64_t c, int64_t h, int64_t w) {
  return {{n, c, h, w}, {c * h * w, h * w, w, 1}, {c * h * w, 1, w * c, c}};
}
Layout nhwc_to_nchw(int64_t n, int64_t c, int64_t h, int64_t w) {
  const Layout other = nchw_to_nhwc(n, c, h, w);
  return {other.dims, other.to, other.from};
}
Layout split_heads(int64_t b, int64_t s, int64_t h, int64_t d) {
  return {{b, h, s, d}, {s * h * d, d, h * d, 1}, {s * h * d, s * d, d, 1}};
}
Layout transpose_heads(int64_t b, int64_t s, int64_t h, int64_t d) {
  return {{b, h, d, s}, {s * h * d, d, 1, h * d}, {s * h * d, s * d, s, 1}};
}

void add(const char* name, const Layout& layout, DataType from = DataType::F32, DataType to = DataType::F32) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { copies(state, layout, from, to); })
      ->ArgName("threads")
      ->Arg(1)
      ->Arg(2);
}

void add_copies() {
  add("nchw_to_nhwc/1x3x224x224", nchw_to_nhwc(1, 3, 224, 224));
  add("nchw_to_nhwc/1x3x224x224/f16", nchw_to_nhwc(1, 3, 224, 224), DataType::F32, DataType::F16);
  add("nchw_to_nhwc/1x64x56x56", nchw_to_nhwc(1, 64, 56, 56));
  add("nhwc_to_nchw/1x64x56x56", nhwc_to_nchw(1, 64, 56, 56));
  add("nhwc_to_nchw/1x512x7x7", nhwc_to_nchw(1, 512, 7, 7));
  add("nchw_to_nhwc/16x64x56x56", nchw_to_nhwc(16, 64, 56, 56));
  add("nchw_to_nhwc/16x256x64x64", nchw_to_nhwc(16, 256, 64, 64));
  add("nhwc_to_nchw/1x85x80x80", nhwc_to_nchw(1, 85, 80, 80));
  add("split_heads/8x128x12x64", split_heads(8, 128, 12, 64));
  add("transpose_heads/8x128x12x64", transpose_heads(8, 128, 12, 64));
  add("transpose_heads/1x128x12x64", transpose_heads(1, 128, 12, 64));
  add("convert/f32_to_f16/64x56x56", {{200704}, {1}, {1}}, DataType::F32, DataType::F16);
  add("convert/f16_to_f32/64x56x56", {{200704}, {1}, {1}}, DataType::F16, DataType::F32);
  add("convert/i64_to_i32/200704", {{200704}, {1}, {1}}, DataType::I64, DataType::I32);
  add("convert/u8_to_f32/200704", {{200704}, {1}, {1}}, DataType::U8, DataType::F32);
}

}  // namespace
}  // namespace tn

int main(int argc, char** argv) {
  tn::add_copies();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
