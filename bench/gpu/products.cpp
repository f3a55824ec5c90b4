// SPDX-License-Identifier: Apache-2.0
// Linear layers of transformers on the GPU by tile: microseconds of one in a chain whose weights come from memory, and
// the largest difference from sums made one multiplication at a time.
//   bench_cuda_products TILES ROWS…        the TILES best guesses for each layer at so many rows
//   bench_cuda_products 0 ROWS "TILE"…     these tiles
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "backends/cuda/codegen/product/product.h"
#include "backends/cuda/codegen/product/tiles.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/tactics/compiler.h"
#include "base/error.h"
#include "base/half.h"
#include "base/require.h"
#include "expr/expr.h"

namespace tn::cuda {
namespace {

struct Layer {
  const char* name;
  int64_t k, n;
  bool gelu, residual;
};

constexpr Layer kLayers[] = {
    {"qkv", 768, 2304, false, false},
    {"proj", 768, 768, false, true},
    {"up", 768, 3072, true, false},
    {"down", 3072, 768, false, true},
};

Product product_of(const Layer& layer, int64_t rows) {
  Product product;
  product.type = DataType::F16;
  product.rows = product.window.in = {1, 1, rows};
  product.columns = layer.n;
  product.channels = layer.k;
  product.a.points[2] = layer.k;
  product.a.alignment = 8;
  product.b.packed = true;
  const auto operand = [&](DataType type, Dim row) {
    ResultOperand result;
    result.type = type;
    result.strides = {0, 0, 0, std::move(row), 1};
    result.alignment = 8;
    return result;
  };
  Epilogue& epilogue = product.epilogue;
  epilogue.inputs = {operand(DataType::F32, 0)};
  epilogue.inputs[0].constant = true;
  if (layer.residual) epilogue.inputs.push_back(operand(DataType::F16, layer.n));
  epilogue.outputs = {operand(DataType::F16, layer.n)};
  Expr value = input(0) + input(1);
  if (layer.gelu) value = value * (erf(value * constant(0.70710678118654752)) + constant(1)) * constant(0.5);
  if (layer.residual) value = value + input(2);
  const std::vector<Expr> results = {value};
  product.epilogue.program = lower(results);
  return product;
}

std::unique_ptr<DeviceBuffer> random_halves(Device& device, Queue& queue, int64_t count, float scale) {
  std::mt19937 engine(7);
  std::uniform_real_distribution<float> numbers(-scale, scale);
  std::vector<Half> host(static_cast<size_t>(count));
  for (Half& half : host) half = Half(numbers(engine));
  auto buffer = device.allocate(host.size() * sizeof(Half), "a benchmark");
  require(queue.copy(buffer->data(), host.data(), host.size() * sizeof(Half)));
  require(queue.synchronize());
  return buffer;
}

class Bench {
 public:
  Bench(Device& device, const Layer& layer, int64_t rows)
      : device_(device), layer_(layer), rows_(rows), product_(product_of(layer, rows)), queue_(device.make_queue()) {
    constexpr int64_t kBytes = 128 << 20;  // of weights: more than any cache keeps
    copies_ = kBytes / (layer.k * layer.n * 2) + 1;
    a_ = random_halves(device, *queue_, rows * layer.k, 1);
    b_ = random_halves(device, *queue_, copies_ * layer.k * layer.n, 0.05f);
    residual_ = random_halves(device, *queue_, rows * layer.n, 1);
    bias_ = random_halves(device, *queue_, 2 * layer.n, 0.01f);
    out_ = random_halves(device, *queue_, rows * layer.n, 1);
    expected_ = result(simt_text(product_, 64, "product", {}));
  }
  const Product& product() const { return product_; }
  void prefetch(const MmaTile& tile) const {
    compiler().prefetch(mma_text(product_, tile, "product", {}).source, "product");
  }

  void run(const MmaTile& tile) {
    const KernelText text = mma_text(product_, tile, "product", {});
    const std::vector<Half> got = result(text);
    float most = 0, error = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      most = std::max(most, std::fabs(static_cast<float>(expected_[i])));
      const float difference = std::fabs(static_cast<float>(got[i]) - static_cast<float>(expected_[i]));
      error = difference <= error ? error : difference;
    }
    const double microseconds = time(text);
    const double flops = 2.0 * static_cast<double>(rows_ * layer_.k * layer_.n);
    fmt::print("{:5} {:5} {:28} {:8.2f} us {:6.1f} TFLOP/s  error {:.1e}{}\n", layer_.name, rows_, to_string(tile),
               microseconds, flops / microseconds * 1e-6, error / most, error / most < 2e-3f ? "" : "  WRONG");
  }

  static NvrtcCompiler& compiler() {
    static NvrtcCompiler compiler(open_device(0).architecture());
    return compiler;
  }

 private:
  Launch launch(const KernelText& text, std::vector<uint64_t>& arguments, int64_t copy) {
    const auto place = [](const auto& buffer) { return reinterpret_cast<uint64_t>(buffer->data()); };
    arguments = {place(a_), place(b_) + static_cast<uint64_t>(copy * layer_.k * layer_.n * 2), place(bias_)};
    if (layer_.residual) arguments.push_back(place(residual_));
    arguments.push_back(place(out_));
    if (text.reads_early >= 0) arguments.push_back(0);  // A is not known to be complete
    kernel_ = device_.load(compiler().compile(text.source, text.entry), text.entry, text.shared_bytes);
    Launch launch{kernel_.get()};
    for (size_t i = 0; i < 3; ++i) launch.grid[i] = static_cast<uint32_t>(*text.grid[i].constant());
    launch.block = text.block;
    launch.shared_bytes = text.shared_bytes;
    launch.cluster = text.cluster;
    launch.overlaps = text.overlaps;
    launch.arguments = arguments;
    return launch;
  }
  std::vector<Half> result(const KernelText& text) {
    std::vector<uint64_t> arguments;
    std::vector<Half> host(static_cast<size_t>(rows_ * layer_.n), Half(77.f));
    require(queue_->copy(out_->data(), host.data(), host.size() * sizeof(Half)));
    require(queue_->launch(launch(text, arguments, 0)));
    require(queue_->copy(host.data(), out_->data(), host.size() * sizeof(Half)));
    require(queue_->synchronize());
    return host;
  }
  double time(const KernelText& text) {
    const auto graph = device_.make_graph();
    Queue& recorder = graph->record();
    std::vector<uint64_t> arguments;
    for (int64_t copy = 0; copy < copies_; ++copy) require(recorder.launch(launch(text, arguments, copy)));
    require(graph->finish());
    const auto begin = device_.make_event(), end = device_.make_event();
    std::vector<double> times;
    for (int run = 0; run < 7; ++run) {
      require(begin->record(*queue_));
      require(graph->run(*queue_));
      require(end->record(*queue_));
      require(end->wait());
      double milliseconds = 0;
      require(end->since(*begin, milliseconds));
      times.push_back(1000 * milliseconds / static_cast<double>(copies_));
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
  }

  Device& device_;
  Layer layer_;
  int64_t rows_, copies_ = 1;
  Product product_;
  std::unique_ptr<Queue> queue_;
  std::shared_ptr<void> kernel_;  ///< of the last launch
  std::unique_ptr<DeviceBuffer> a_, b_, residual_, bias_, out_;
  std::vector<Half> expected_;
};

void run(size_t most, const std::vector<std::string>& arguments) {
  Device& device = open_device(0);
  const size_t shapes = most == 0 ? 1 : arguments.size();
  for (size_t i = 0; i < shapes; ++i) {
    for (const Layer& layer : kLayers) {
      Bench bench(device, layer, std::stoll(arguments[i]));
      std::vector<MmaTile> tiles;
      if (most > 0) tiles = mma_tiles(bench.product(), {}, {device.architecture(), device.multiprocessors()}, most);
      for (size_t k = shapes; k < arguments.size(); ++k) {
        const MmaTile tile = parse_mma_tile(arguments[k]);
        if (fits(bench.product(), tile)) tiles.push_back(tile);
      }
      for (const MmaTile& tile : tiles) bench.prefetch(tile);
      for (const MmaTile& tile : tiles) {
        try {
          bench.run(tile);
        } catch (const Error& error) {
          fmt::print("{} {}: {}\n", layer.name, to_string(tile), error.what());
        }
      }
    }
  }
}

}  // namespace
}  // namespace tn::cuda

int main(int argc, char** argv) {
  try {
    if (argc < 3) return fmt::print("{} TILES ROWS… | {} 0 ROWS TILE…\n", argv[0], argv[0]), 2;
    tn::cuda::run(std::stoul(argv[1]), std::vector<std::string>(argv + 2, argv + argc));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
