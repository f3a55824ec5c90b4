// SPDX-License-Identifier: Apache-2.0
// Compiles every kernel that tuning would time: all candidates of all regions of the networks in tests/golden, for
// several architectures. Needs NVRTC and no GPU.
//   bench_compile_all [--first] [--arch=sm_80,sm_90] [--types=fp32,fp16,bf16] [--batch=N] [--threads=N] [GRAPH…]
// --first: of each region the first variant of each tactic that takes it. Ends with 1 if a text does not compile or
// spills registers, or a kernel wants more shared memory than there is; with 77 where there is no NVRTC.
#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/architecture.h"
#include "backends/cuda/device/null_device.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/os/cpu.h"
#include "builder/builder.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  bool first = false;
  std::vector<std::string> architectures = {"sm_80", "sm_90", "sm_120"};
  std::vector<std::string> types = {"fp32", "fp16", "bf16"};
  int64_t batch = 1;
  int threads = std::max(1, cpu_info().usable_cores);
  std::vector<fs::path> graphs;
};

double seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::stringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::string value = argument.substr(std::min(argument.find('=') + 1, argument.size()));
    if (argument == "--first")
      options.first = true;
    else if (argument.starts_with("--arch="))
      options.architectures = split(value);
    else if (argument.starts_with("--types="))
      options.types = split(value);
    else if (argument.starts_with("--batch="))
      options.batch = std::stoll(value);
    else if (argument.starts_with("--threads="))
      options.threads = std::max(1, std::stoi(value));
    else if (argument.starts_with("--"))
      throw Error(ErrorCode::InvalidArgument, "there is no option {}", argument);
    else
      options.graphs.emplace_back(argument);
  }
  if (options.graphs.empty()) {
    for (const auto& entry : fs::directory_iterator(TENON_GOLDEN_DIR))
      if (entry.path().extension() == ".graph") options.graphs.push_back(entry.path());
    std::ranges::sort(options.graphs);
  }
  return options;
}

/// Takes texts from builds, each once, and compiles them by threads of its own. Images that it gives are none.
class Factory final : public TextCompiler {
 public:
  struct Result {
    std::string entry, origin, log;
    cuda::FunctionResources used;
    bool ok = false;
  };

  Factory(std::string architecture, int threads) : architecture_(std::move(architecture)) {
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~Factory() override { finish(); }

  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override {
    prefetch(source, entry);
    return std::vector<std::byte>(1);
  }
  void prefetch(const std::string& source, const std::string& entry) override {
    const std::lock_guard lock(mutex_);
    if (!known_.insert(hash_text(entry + "\n" + source)).second) return;
    waiting_.push_back({source, entry, origin_});
    wake_.notify_one();
  }
  /// What texts from now on are for.
  void set_origin(std::string origin) {
    const std::lock_guard lock(mutex_);
    origin_ = std::move(origin);
  }
  const std::vector<Result>& finish() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    return results_;
  }

 private:
  struct Text {
    std::string source, entry, origin;
  };

  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const Text text = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      const auto compiled = cuda::Nvrtc::get().compile(text.source, text.entry, cuda::with_own_features(architecture_));
      Result result{text.entry, text.origin, compiled.log, {}, compiled.ok};
      if (compiled.ok) result.used = cuda::resources_in(compiled.log, text.entry);
      lock.lock();
      results_.push_back(std::move(result));
    }
  }

  const std::string architecture_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string origin_;
  std::set<Hash> known_;
  std::deque<Text> waiting_;
  std::vector<Result> results_;
  bool ends_ = false;
  std::vector<std::thread> workers_;
};

Graph read_graph(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::NotFound, "{} cannot be read", path.string());
  std::stringstream text;
  text << file.rdbuf();
  return parse_graph(text.str(), ops::make_op_by_name);
}

/// Builds the network for a device that is not there: twice, since what is chosen by times that mean nothing is not
/// what is chosen without any.
void build(const fs::path& path, const std::string& type, const Options& options, cuda::NullDevice& device,
           Factory& factory) {
  const Graph graph = read_graph(path);
  BuilderConfig config;
  config.backend = BuildBackend::Cuda;
  config.accelerator = &device;
  config.compiler = &factory;
  config.fp16 = type == "fp16";
  config.bf16 = type == "bf16";
  config.timing_repeats = 1;
  config.seconds_in_network = 0;
  config.most_variants = options.first ? 1 : 0;
  OptimizationProfile profile;
  for (const TensorId id : graph.inputs()) {
    Shape shape;
    for (const Dim& dim : graph.tensor(id).type.dims) shape.push_back(dim.constant().value_or(options.batch));
    profile[graph.tensor(id).name] = {shape, shape, shape};
  }
  config.profiles = {profile};
  factory.set_origin(fmt::format("{} {}", path.stem().string(), type));
  for (const bool timing : {false, true}) {
    config.timing = timing;
    SilentLogger logger;
    TimingCache cache;
    build_engine(graph, config, logger, cache);
  }
}

/// Most that launches of each entry ask for beside what its text declares, in bytes.
using DynamicShared = std::map<std::string, uint32_t>;

void add_launches(DynamicShared& shared, cuda::NullDevice& device) {
  for (const auto& call : device.take_calls()) shared[call.entry] = std::max(shared[call.entry], call.shared_bytes);
}

/// Smallest and largest of what kernels of one name use.
struct Extremes {
  int kernels = 0, least_registers = INT32_MAX, registers = 0, shared = 0, stack = 0, spilling = 0;

  void add(const cuda::FunctionResources& used) {
    ++kernels;
    least_registers = std::min(least_registers, used.registers);
    registers = std::max(registers, used.registers);
    shared = std::max(shared, used.shared_bytes);
    stack = std::max(stack, used.stack_bytes);
    spilling += used.spill_bytes > 0 ? 1 : 0;
  }
};

/// The number of faults.
size_t print(const std::vector<Factory::Result>& results, const DynamicShared& dynamic,
             const std::string& architecture) {
  std::map<std::string, Extremes> by_name;
  size_t failures = 0, spills = 0, too_large = 0;
  for (const Factory::Result& result : results) {
    if (!result.ok) {
      ++failures;
      fmt::print("{}: '{}' of {} does not compile:\n{}\n", architecture, result.entry, result.origin, result.log);
      continue;
    }
    by_name[result.entry].add(result.used);
    if (result.used.spill_bytes == 0) continue;
    ++spills;
    fmt::print("{}: '{}' of {} spills {} bytes with {} registers\n", architecture, result.entry, result.origin,
               result.used.spill_bytes, result.used.registers);
  }
  fmt::print("{}: {} kernels, {} do not compile, {} spill\n", architecture, results.size(), failures, spills);
  fmt::print("  {:<20} {:>7} {:>11} {:>14} {:>15} {:>11} {:>6}\n", "kernel", "count", "registers", "static shared",
             "dynamic shared", "stack bytes", "spill");
  for (const auto& [name, used] : by_name) {
    const auto launched = dynamic.find(name);
    const uint32_t asked = launched == dynamic.end() ? 0 : launched->second;
    fmt::print("  {:<20} {:>7} {:>5}-{:<5} {:>14} {:>15} {:>11} {:>6}\n", name, used.kernels, used.least_registers,
               used.registers, used.shared, asked, used.stack, used.spilling);
    if (asked + static_cast<uint32_t>(used.shared) <= cuda::most_shared_bytes(architecture)) continue;
    ++too_large;
    fmt::print("{}: '{}' wants more shared memory than the {} bytes that a block has\n", architecture, name,
               cuda::most_shared_bytes(architecture));
  }
  std::fflush(stdout);
  return failures + spills + too_large;
}

int run(const Options& options) {
  size_t faults = 0;
  for (const std::string& architecture : options.architectures) {
    const auto start = Clock::now();
    cuda::NullDevice device(architecture);
    DynamicShared shared;
    Factory factory(architecture, options.threads);
    for (const fs::path& path : options.graphs) {
      for (const std::string& type : options.types) {
        build(path, type, options, device, factory);
        add_launches(shared, device);
      }
    }
    const auto enumerated = Clock::now();
    const auto& results = factory.finish();
    fmt::print("{}: candidates known after {:.1f} s, compiled after {:.1f} s\n", architecture,
               seconds(start, enumerated), seconds(start, Clock::now()));
    faults += print(results, shared, architecture);
  }
  return faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tn

int main(int count, char** arguments) {
  constexpr int kNothingToCompileWith = 77;
  try {
    (void)tn::cuda::Nvrtc::get();
  } catch (const tn::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kNothingToCompileWith;
  }
  try {
    return tn::run(tn::parse(count, arguments));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
