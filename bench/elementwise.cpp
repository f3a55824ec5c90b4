// SPDX-License-Identifier: Apache-2.0
// Compiled elementwise programs on one core: items per second are elements. The argument is the element count: 8192
// stays in the first-level cache's neighbourhood, 4 Mi comes from memory.
#include <benchmark/benchmark.h>

#include <vector>

#include "backends/cpu/kernels/jit/elementwise_loop.h"
#include "base/tensor_view.h"
#include "expr/expr.h"

namespace {

using namespace tn;

void run(benchmark::State& state, const Expr& expr, DataType type = DataType::F32) {
  const ScalarProgram program = lower(std::span(&expr, 1));
  const std::vector<DataType> types(program.inputs.size(), type);
  const int64_t count = state.range(0);
  const auto bytes = static_cast<size_t>(count) * size_of(type);
  std::vector<std::vector<std::byte>> data(types.size() + 1, std::vector<std::byte>(bytes));
  std::vector<const void*> operands;
  for (size_t k = 0; k < types.size(); ++k) {
    const TensorView view = TensorView::dense(data[k].data(), type, Shape{count});
    for (int64_t i = 0; i < count; ++i) store_double(view, i, static_cast<double>(i % 1000) * 0.01 - 5);
    operands.push_back(view.data);
  }
  void* result = data.back().data();
  ElementwiseLoop loop(program, types, std::span(&type, 1), 1);
  const std::vector<Shape> strides(types.size(), Shape{1});
  if (!loop.bind(Shape{count}, strides, std::span(strides).first(1)).ok()) return state.SkipWithError("bind failed");
  Lane lane(1);
  for (auto _ : state) {
    loop.run(lane, operands.data(), &result);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * count);
  state.SetLabel(std::string(name_of(loop.isa())));
}

const Expr x = input(0), y = input(1);
const double kHalfRoot = 0.70710678118654752440;

void add_relu(benchmark::State& state) {
  run(state, relu(x + y));
}
void silu(benchmark::State& state) {
  run(state, x * sigmoid(x));
}
void silu_f16(benchmark::State& state) {
  run(state, x * sigmoid(x), DataType::F16);
}
void gelu_erf(benchmark::State& state) {
  run(state, x * 0.5 * (erf(x * kHalfRoot) + 1));
}
void gelu_tanh(benchmark::State& state) {
  run(state, x * 0.5 * (tanh((x + x * x * x * 0.044715) * 0.7978845608028654) + 1));
}
void exp_only(benchmark::State& state) {
  run(state, exp(x));
}
void mish(benchmark::State& state) {
  run(state, x * tanh(softplus(x)));
}
void pow_any(benchmark::State& state) {
  run(state, pow(abs(x), y));
}

void compile(benchmark::State& state) {
  const Expr expr = x * sigmoid(x) + y;
  const ScalarProgram program = lower(std::span(&expr, 1));
  const std::vector<CompiledElementwise::Operand> operands(2);
  const DataType result = DataType::F32;
  for (auto _ : state)
    benchmark::DoNotOptimize(CompiledElementwise(program, operands, std::span(&result, 1)).code_bytes());
}

}  // namespace

BENCHMARK(add_relu)->Arg(8192)->Arg(1 << 22);
BENCHMARK(silu)->Arg(64)->Arg(8192)->Arg(1 << 22);
BENCHMARK(silu_f16)->Arg(8192);
BENCHMARK(gelu_erf)->Arg(8192)->Arg(1 << 22);
BENCHMARK(gelu_tanh)->Arg(8192);
BENCHMARK(exp_only)->Arg(8192);
BENCHMARK(mish)->Arg(8192);
BENCHMARK(pow_any)->Arg(8192);
BENCHMARK(compile);

BENCHMARK_MAIN();
