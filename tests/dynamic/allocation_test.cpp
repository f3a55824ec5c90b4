// SPDX-License-Identifier: Apache-2.0
// After a context exists nothing allocates, on any thread: every way into the allocator is counted while shapes
// alternate and runs are enqueued. A program of its own, because it replaces malloc.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/null_device.h"
#include "base/require.h"
#include "dynamic/networks.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "runtime/stream.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> allocations{0};

void count() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// glibc's own functions under the names that cannot be replaced. operator new of libstdc++ calls malloc.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(size_t n, size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* old, size_t size) {
  count();
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, size_t alignment, size_t size) {
  count();
  *result = __libc_memalign(alignment, size);
  return *result ? 0 : ENOMEM;
}
}

namespace tn::test {
namespace {

struct Run {
  Context& context;
  const std::vector<Shape>& shapes;
  bool good = true;

  static bool on(void* argument, Stream& stream) noexcept {
    Run& self = *static_cast<Run*>(argument);
    for (size_t i = 0; i < self.shapes.size(); ++i)
      self.good = self.good && self.context.set_input_shape(static_cast<int>(i), self.shapes[i]).ok();
    self.good = self.good && self.context.run(stream.lane(stream.threads())).ok();
    return self.good;
  }
};

int64_t count_allocations(const DynamicNetwork& network, const std::vector<Shape>& first,
                          const std::vector<Shape>& second, int threads, Batch batch = Batch::Whole) {
  Context context(build_dynamic(network, threads, false, batch), cpu::find_kernel, threads);
  std::vector<std::vector<std::byte>> memory;
  for (size_t i = 0; i < context.engine().plan().bindings.size(); ++i) {
    memory.emplace_back(context.max_bytes(static_cast<int>(i)));
    require(context.set_address(static_cast<int>(i), memory.back().data()));
  }
  Stream stream(threads);
  Run runs[] = {{context, first}, {context, second}};
  stream.enqueue(Run::on, &runs[0]);  // the first run makes the stream's lane
  stream.synchronize();
  const int64_t before = allocations.load();
  counting = true;
  for (int i = 0; i < 40; ++i) stream.enqueue(Run::on, &runs[i % 2]);
  const bool good = stream.synchronize();
  counting = false;
  EXPECT_TRUE(good);
  return allocations.load() - before;
}

// On a device that only takes launches: graphs are recorded again for each shape.
int64_t count_on_device(const DynamicNetwork& network, const std::vector<Shape>& first,
                        const std::vector<Shape>& second) {
  cuda::NullDevice device;
  device.write_down(false);
  const auto engine = build_dynamic(network, device);
  Context context(engine, cpu::find_kernel, 1,
                  std::make_shared<const DeviceEngine>(*engine, device, cuda::find_kernel));
  std::vector<std::vector<std::byte>> memory;
  for (size_t i = 0; i < engine->plan().bindings.size(); ++i) {
    memory.emplace_back(context.max_bytes(static_cast<int>(i)));
    require(context.set_address(static_cast<int>(i), memory.back().data()));
  }
  const auto queue = device.make_queue();
  Lane lane(1);
  const auto run = [&](const std::vector<Shape>& shapes) {
    for (size_t i = 0; i < shapes.size(); ++i) require(context.set_input_shape(static_cast<int>(i), shapes[i]));
    require(context.run(lane, queue.get()));
  };
  run(first);
  const int64_t before = allocations.load();
  counting = true;
  for (int i = 0; i < 40; ++i) run(i % 2 == 0 ? second : first);
  counting = false;
  return allocations.load() - before;
}

bool compiles_for_gpus() {
  try {
    (void)cuda::Nvrtc::get();
    return true;
  } catch (const Error&) {
    return false;
  }
}

TEST(Allocation, IsCounted) {
  counting = true;
  const int64_t before = allocations.load();
  delete new volatile int(1);
  std::vector<int> numbers(100);
  counting = false;
  EXPECT_GE(allocations.load() - before + static_cast<int64_t>(numbers[0]), 2);
}

TEST(Allocation, NoneInAConvolutionNetwork) {
  for (const int threads : {1, 2})
    EXPECT_EQ(count_allocations(conv_network(), {{9, 8, 33, 33}}, {{1, 8, 8, 8}}, threads), 0);
}

TEST(Allocation, NoneInATransformer) {
  for (const int threads : {1, 2})
    EXPECT_EQ(count_allocations(transformer(), {{5, 40}, {5, 1, 1, 40}}, {{1, 3}, {1, 1, 1, 3}}, threads), 0);
}

TEST(Allocation, NoneOnADevice) {
  if (!compiles_for_gpus()) GTEST_SKIP() << "no NVRTC";
  EXPECT_EQ(count_on_device(conv_network(), {{9, 8, 33, 33}}, {{1, 8, 8, 8}}), 0);
  EXPECT_EQ(count_on_device(transformer(), {{5, 40}, {5, 1, 1, 40}}, {{1, 3}, {1, 1, 1, 3}}), 0);
}

TEST(Allocation, NoneImageByImage) {
  for (const int threads : {1, 2, 3})
    EXPECT_EQ(count_allocations(conv_network(), {{9, 8, 33, 33}}, {{1, 8, 8, 8}}, threads, Batch::ImageByImage), 0);
}

}  // namespace
}  // namespace tn::test
