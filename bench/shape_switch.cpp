// SPDX-License-Identifier: Apache-2.0
// How long a change of the input shapes takes, from setting the first of them to the first step, of an engine for a GPU
// until the run is enqueued: bench_shape_switch ENGINE SHAPES SHAPES, with shapes as "input:8x3x224x224,…" for every
// dynamic input. Prints the median, the 90th percentile and the largest of 1,000 alternations between the two.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "base/error.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace {

constexpr int kAlternations = 1000;

using Shapes = std::vector<std::pair<int, tn::Shape>>;  // by binding

void check(const tn::Status& status) {
  if (!status) throw tn::Error(status.code(), "{}", status.message());
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end = 0; end != std::string_view::npos; text.remove_prefix(std::min(text.size(), end + 1))) {
    end = text.find(at);
    parts.push_back(text.substr(0, end));
  }
  return parts;
}

Shapes parse(std::string_view text, const tn::plan::PlanT& plan) {
  Shapes shapes;
  for (const std::string_view entry : split(text, ',')) {
    const size_t colon = entry.rfind(':');
    const auto found = std::find_if(plan.bindings.begin(), plan.bindings.end(),
                                    [&](const auto& binding) { return binding->name == entry.substr(0, colon); });
    if (colon == std::string_view::npos || found == plan.bindings.end())
      throw tn::Error(tn::ErrorCode::InvalidArgument, "'{}' is no shape of an input", entry);
    tn::Shape shape;
    for (const std::string_view extent : split(entry.substr(colon + 1), 'x')) {
      int64_t value = 0;
      std::from_chars(extent.data(), extent.data() + extent.size(), value);
      shape.push_back(value);
    }
    shapes.emplace_back(static_cast<int>(found - plan.bindings.begin()), shape);
  }
  return shapes;
}

void measure(const char* path, const char* first, const char* second) {
  const auto engine = tn::EngineFile::load(path);
  const auto& plan = engine->plan();
  tn::Device* device = plan.backend == "cuda" ? &tn::cuda::open_device(0) : nullptr;
  const auto on_device =
      device ? std::make_shared<const tn::DeviceEngine>(*engine, *device, tn::cuda::find_kernel) : nullptr;
  tn::Context context(engine, tn::cpu::find_kernel, static_cast<int>(plan.threads), on_device);
  const Shapes shapes[] = {parse(first, plan), parse(second, plan)};
  const auto queue = device ? device->make_queue() : nullptr;
  tn::Lane lane(1);
  std::vector<std::vector<std::byte>> memory;
  std::vector<std::unique_ptr<tn::DeviceBuffer>> device_memory;
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    const auto binding = static_cast<int>(i);
    const bool there = device && !context.holds_extents(binding);
    memory.emplace_back(there ? 1 : context.max_bytes(binding));
    if (there) device_memory.push_back(device->allocate(std::max<size_t>(context.max_bytes(binding), 1), "bindings"));
    check(context.set_address(binding, there ? device_memory.back()->data() : memory.back().data()));
  }
  std::vector<double> times;
  for (int i = 0; i < kAlternations; ++i) {
    const auto start = std::chrono::steady_clock::now();
    for (const auto& [binding, shape] : shapes[i % 2]) check(context.set_input_shape(binding, shape));
    check(device ? context.run(lane, queue.get()) : context.prepare());
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    if (queue) check(queue->synchronize());
  }
  std::sort(times.begin(), times.end());
  fmt::print("{} steps: median {:.1f} us, 90 % {:.1f} us, largest {:.1f} us of {} alternations\n",
             plan.profiles[0]->lists[0]->steps.size(), times[times.size() / 2], times[times.size() * 9 / 10],
             times.back(), times.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print("usage: bench_shape_switch ENGINE SHAPES SHAPES\n");
    return 2;
  }
  try {
    measure(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
