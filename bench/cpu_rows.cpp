// SPDX-License-Identifier: Apache-2.0
// Memory-bound kernels in GB/s (bytes read plus written), beside the memcpy of the same run.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "backends/cpu/kernels/attention/attention.h"
#include "backends/cpu/kernels/copy/strided_copy.h"
#include "backends/cpu/kernels/pool/pool.h"
#include "backends/cpu/kernels/pool/resize.h"
#include "backends/cpu/kernels/rows/norm.h"
#include "backends/cpu/kernels/rows/reduce.h"
#include "backends/cpu/kernels/rows/softmax.h"

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

template <typename Body>
void add_threads(const char* name, const Body& body) {
  benchmark::RegisterBenchmark(name, body)->ArgName("threads")->Arg(1)->Arg(2);
}

void add_rows() {
  constexpr int64_t kRows = 1024, kRow = 768;
  constexpr auto kBytes = static_cast<double>(kRows * kRow * 4);
  add_threads("softmax/1024x768", [=](benchmark::State& state) {
    std::vector<float> x(kRows * kRow), y(x.size());
    Softmax softmax(DataType::F32);
    softmax.bind({kRows, kRow}, {kRow, 1}, {kRow, 1}, 1);
    for (auto _ : state) softmax.run(lane_of(state.range(0)), x.data(), y.data());
    report(state, 2 * kBytes);
  });
  add_threads("layer_norm/1024x768", [=](benchmark::State& state) {
    std::vector<float> x(kRows * kRow, 1.0f), y(x.size()), scale(kRow, 1.0f), bias(kRow);
    RowNorm norm(DataType::F32, RowNorm::Kind::Layer, 1e-5f);
    norm.bind(kRows, kRow);
    RowNorm::Operands operands{.in = x.data(), .scale = scale.data(), .bias = bias.data(), .out = y.data()};
    for (auto _ : state) norm.run(lane_of(state.range(0)), operands);
    report(state, 2 * kBytes);
  });
  add_threads("mean/nhwc/16x49x2048", [](benchmark::State& state) {
    std::vector<float> x(16 * 49 * 2048), y(16 * 2048);
    Reduce mean(DataType::F32, ReduceOp::Mean);
    mean.bind({16, 49, 2048}, {49 * 2048, 2048, 1}, 2, {2048, 0, 1});
    for (auto _ : state) mean.run(lane_of(state.range(0)), x.data(), y.data());
    report(state, static_cast<double>(x.size() * 4));
  });
  add_threads("mean/nchw/16x2048x49", [](benchmark::State& state) {
    std::vector<float> x(16 * 49 * 2048), y(16 * 2048);
    Reduce mean(DataType::F32, ReduceOp::Mean);
    mean.bind({16, 2048, 49}, {49 * 2048, 49, 1}, 4, {2048, 1, 0});
    for (auto _ : state) mean.run(lane_of(state.range(0)), x.data(), y.data());
    report(state, static_cast<double>(x.size() * 4));
  });
}

void add_pools() {
  const auto pool = [](benchmark::State& state, bool nhwc) {
    constexpr int64_t kC = 64, kIn = 112, kOut = 56;
    std::vector<float> x(kC * kIn * kIn), y(kC * kOut * kOut);
    Pool max(DataType::F32, Pool::Kind::Max, {{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}});
    const auto strides = [&](int64_t size) {
      return nhwc ? Shape{0, 1, size * kC, kC} : Shape{0, size * size, size, 1};
    };
    max.bind({1, kC, kIn, kIn}, strides(kIn), {1, kC, kOut, kOut}, strides(kOut));
    for (auto _ : state) max.run(lane_of(state.range(0)), x.data(), y.data());
    report(state, static_cast<double>((x.size() + y.size()) * 4));
  };
  add_threads("max_pool/nhwc/64x112x112", [=](benchmark::State& state) { pool(state, true); });
  add_threads("max_pool/nchw/64x112x112", [=](benchmark::State& state) { pool(state, false); });
  const auto resize = [](benchmark::State& state, ResizeMode mode) {
    constexpr int64_t kC = 128, kIn = 40, kOut = 80;
    std::vector<float> x(kC * kIn * kIn), y(kC * kOut * kOut);
    Resize twice(DataType::F32, {mode, ResizeCoordinates::Asymmetric, ResizeRounding::Floor}, {kOut, kOut});
    const float scales[] = {2, 2};
    twice.bind({1, kC, kIn, kIn}, {0, 1, kIn * kC, kC}, {1, kC, kOut, kOut}, {0, 1, kOut * kC, kC}, scales);
    for (auto _ : state) twice.run(lane_of(state.range(0)), x.data(), y.data());
    report(state, static_cast<double>((x.size() + y.size()) * 4));
  };
  add_threads("resize/nearest/nhwc/128x40x40", [=](benchmark::State& state) { resize(state, ResizeMode::Nearest); });
  add_threads("resize/linear/nhwc/128x40x40", [=](benchmark::State& state) { resize(state, ResizeMode::Linear); });
}

void add_attention(const char* name, int64_t batch, int64_t heads, int64_t queries, int64_t keys) {
  add_threads(name, [=](benchmark::State& state) {
    constexpr int64_t kDim = 64;
    const auto at = [&](int64_t rows) { return AttentionShape::Strides{rows * heads * kDim, kDim, heads * kDim, 1}; };
    const AttentionShape shape{.batch = batch,
                               .heads = heads,
                               .queries = queries,
                               .keys = keys,
                               .dim = kDim,
                               .value_dim = kDim,
                               .query = at(queries),
                               .key = at(keys),
                               .value = at(keys),
                               .out = at(queries)};
    Lane& lane = lane_of(state.range(0));
    Attention attention({.scale = 0.125f});
    attention.bind(shape);
    std::vector<float> q(static_cast<size_t>(batch * queries * heads * kDim), 0.1f), out(q.size());
    std::vector<float> k(static_cast<size_t>(batch * keys * heads * kDim), 0.1f), v(k);
    std::vector<char> workspace(attention.workspace_bytes(shape, lane.size()) + 64);
    void* room = workspace.data() + (64 - reinterpret_cast<uintptr_t>(workspace.data()) % 64) % 64;
    for (auto _ : state) attention.run(lane, q.data(), k.data(), v.data(), nullptr, out.data(), room);
    const auto work = static_cast<double>(4 * batch * heads * queries * keys * kDim);
    state.counters["GFLOP/s"] = benchmark::Counter(work * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  });
}

}  // namespace
}  // namespace tn

int main(int argc, char** argv) {
  tn::add_copies();
  tn::add_rows();
  tn::add_pools();
  tn::add_attention("attention/bert_b1_s128", 1, 12, 128, 128);
  tn::add_attention("attention/vit_b1_s197", 1, 12, 197, 197);
  tn::add_attention("attention/b1_s1024", 1, 12, 1024, 1024);
  tn::add_attention("attention/decode_s1024", 1, 12, 1, 1024);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
