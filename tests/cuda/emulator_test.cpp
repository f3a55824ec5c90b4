// SPDX-License-Identifier: Apache-2.0
// The emulator does what a GPU does, and does not forgive what a GPU may not forgive.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/half.h"
#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"

namespace tn::test {
namespace {

HostCompiler& compiler() {
  static HostCompiler the("sm_90");
  return the;
}

class Emulated : public testing::Test {
 protected:
  // Launches one cluster; all arguments are pointers.
  Status launch(const std::string& body, uint32_t threads, uint32_t shared_bytes, std::initializer_list<void*> pointers,
                bool overlaps = false, uint32_t cluster = 1) {
    const auto image = compiler().compile(body, "kernel");
    std::vector<uint64_t> arguments;
    for (void* const pointer : pointers) arguments.push_back(reinterpret_cast<uint64_t>(pointer));
    Launch launch;
    const auto function = device_.load(image, "kernel", shared_bytes);
    launch.function = function.get();
    launch.grid[0] = launch.cluster = cluster;
    launch.block[0] = threads;
    launch.shared_bytes = shared_bytes;
    launch.arguments = arguments;
    launch.overlaps = overlaps;
    return queue_->launch(launch);
  }
  Status run(const std::string& body, uint32_t threads, uint32_t shared_bytes, std::initializer_list<void*> pointers,
             uint32_t cluster = 1) {
    const Status status = launch(body, threads, shared_bytes, pointers, false, cluster);
    return status ? queue_->synchronize() : status;
  }
  static std::vector<float> numbers(size_t count) {
    std::vector<float> result(count);
    std::iota(result.begin(), result.end(), 1.0f);
    return result;
  }
  EmulatedDevice device_;
  std::unique_ptr<Queue> queue_ = device_.make_queue();
};

std::string reversal(std::string_view barrier) {
  return fmt::format(R"(extern "C" __global__ void kernel(const float* in, float* out) {{
  __shared__ float all[64];
  all[threadIdx.x] = in[threadIdx.x];
  {}
  out[threadIdx.x] = all[63 - threadIdx.x];
}})",
                     barrier);
}

TEST_F(Emulated, ABarrierIsMissed) {
  std::vector<float> in = numbers(64), out(64), expected(in.rbegin(), in.rend());
  ASSERT_TRUE(run(reversal("__syncthreads();"), 64, 0, {in.data(), out.data()}));
  EXPECT_EQ(out, expected);
  ASSERT_TRUE(run(reversal(""), 64, 0, {in.data(), out.data()}));
  EXPECT_NE(out, expected);
}

std::string copied(int pending) {
  return fmt::format(R"(extern "C" __global__ void kernel(const float4* in, float4* out) {{
  extern __shared__ __align__(16) float4 all[];
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(all + threadIdx.x));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(in + threadIdx.x), "r"(16));
  asm volatile("cp.async.commit_group;");
  asm volatile("cp.async.wait_group %0;" ::"n"({}) : "memory");
  out[threadIdx.x] = all[threadIdx.x];
}})",
                     pending);
}

TEST_F(Emulated, AWaitIsMissed) {
  std::vector<float> in = numbers(4 * 32), out(in.size());
  ASSERT_TRUE(run(copied(0), 32, 512, {in.data(), out.data()}));
  EXPECT_EQ(out, in);
  ASSERT_TRUE(run(copied(1), 32, 512, {in.data(), out.data()}));
  EXPECT_NE(out, in);
}

// out = in + step; what comes first, then the wait, then what is left.
std::string addition(int step, std::string_view early) {
  return fmt::format(R"(extern "C" __global__ void kernel(const float* in, float* out) {{
  float x = 0;
  {}
  asm volatile("griddepcontrol.wait;" ::: "memory");
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  if (x == 0) x = in[threadIdx.x];
  out[threadIdx.x] = x + {};
}})",
                     early, step);
}

TEST_F(Emulated, AKernelThatDoesNotWaitShows) {
  for (const bool waits : {true, false}) {
    std::vector<float> in(32, 1), between(32, -1), out(32);
    ASSERT_TRUE(launch(addition(1, ""), 32, 0, {in.data(), between.data()}, true));
    ASSERT_TRUE(launch(addition(2, waits ? "" : "x = in[threadIdx.x];"), 32, 0, {between.data(), out.data()}, true));
    ASSERT_TRUE(queue_->synchronize());
    EXPECT_EQ(out == std::vector<float>(32, 4), waits);
  }
}

// The third of three may read early what the first has written only if the second has waited before it let the third
// start.
TEST_F(Emulated, WhatHasEndedMayBeReadEarly) {
  for (const bool waits : {true, false}) {
    std::vector<float> in(32, 1), first(32, -1), second(32, -1), out(32);
    ASSERT_TRUE(launch(addition(1, ""), 32, 0, {in.data(), first.data()}, true));
    const std::string hurry = waits ? "" : "asm volatile(\"griddepcontrol.launch_dependents;\");";
    ASSERT_TRUE(launch(addition(2, hurry), 32, 0, {in.data(), second.data()}, true));
    ASSERT_TRUE(launch(addition(3, "x = in[threadIdx.x];"), 32, 0, {first.data(), out.data()}, true));
    ASSERT_TRUE(queue_->synchronize());
    EXPECT_EQ(out == std::vector<float>(32, 5), waits);
  }
}

// Each of four blocks gives its numbers to the next.
std::string passed_on(std::string_view first_barrier, std::string_view second_barrier) {
  return fmt::format(R"(extern "C" __global__ void kernel(const float* in, float* out) {{
  extern __shared__ __align__(16) float all[];
  const unsigned own = static_cast<unsigned>(__cvta_generic_to_shared(all + threadIdx.x * 2));
  const unsigned at = (blockIdx.x * blockDim.x + threadIdx.x) * 2;
  {}
  unsigned to;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(own), "r"((blockIdx.x + 1) % 4));
  asm volatile("st.shared::cluster.v2.f32 [%0], {{%1, %2}};" ::"r"(to), "f"(in[at]), "f"(in[at + 1]) : "memory");
  {}
  out[at] = all[threadIdx.x * 2];
  out[at + 1] = all[threadIdx.x * 2 + 1];
}})",
                     first_barrier, second_barrier);
}

TEST_F(Emulated, ABarrierOfAClusterIsMissed) {
  const std::string arrive = "asm volatile(\"barrier.cluster.arrive.release.aligned;\" ::: \"memory\");";
  const std::string wait = "\n  asm volatile(\"barrier.cluster.wait.acquire.aligned;\" ::: \"memory\");";
  std::vector<float> in = numbers(4 * 64), out(in.size()), expected = in;
  std::rotate(expected.begin(), expected.end() - 64, expected.end());
  const auto run = [&](const std::string& body) {
    std::ranges::fill(out, 0.0f);
    const Status status = Emulated::run(body, 32, 256, {in.data(), out.data()}, 4);
    return std::string(status ? "" : status.message());
  };
  EXPECT_EQ(run(passed_on(arrive + wait, arrive + wait)), "");
  EXPECT_EQ(out, expected);
  EXPECT_NE(run(passed_on("", arrive + wait)).find("of 0 bytes of shared memory"), std::string::npos);
  EXPECT_NE(run(passed_on(arrive + wait, arrive)).find("of 0 bytes of shared memory"), std::string::npos);
  EXPECT_NE(run(passed_on(arrive + "\n  " + arrive, "")).find("take turns"), std::string::npos);
  EXPECT_NE(run(passed_on("if (blockIdx.x > 0) " + arrive + wait, "")).find("take turns"), std::string::npos);
}

TEST_F(Emulated, FaultsAreTold) {
  std::vector<float> in = numbers(4 * 32), out(in.size());
  const Status beyond = run(copied(0), 32, 256, {in.data(), out.data()});
  EXPECT_NE(std::string(beyond.message()).find(" of 256 bytes of shared memory"), std::string::npos)
      << beyond.message();
  const Status apart = run(R"(extern "C" __global__ void kernel(float* out) {
  if (threadIdx.x < 16) __syncthreads();
  else out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
})",
                           32, 0, {out.data()});
  EXPECT_NE(std::string(apart.message()).find("threads wait for one another"), std::string::npos) << apart.message();
  EXPECT_NE(
      std::string(
          run(R"(extern "C" __global__ void kernel() { asm volatile("bar.arrive 1, 64;"); })", 1, 0, {}).message())
          .find("no such instruction: bar.arrive"),
      std::string::npos);
}

// C = A · B of 16 x 8 x 16, B column by column, both in rows of `pitch` halves.
std::string product(int pitch) {
  return fmt::format(R"(extern "C" __global__ void kernel(const unsigned short* a, const unsigned short* b, float* c) {{
  extern __shared__ __align__(16) unsigned short all[];
  const int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32) all[i / 16 * {0} + i % 16] = a[i];
  for (int i = lane; i < 128; i += 32) all[(16 + i / 16) * {0} + i % 16] = b[i];
  __syncthreads();
  unsigned of_a[4], of_b[4];
  const auto load = [](unsigned (&to)[4], const void* from) {{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{%0, %1, %2, %3}}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(from))) : "memory");
  }};
  load(of_a, all + lane % 16 * {0} + lane / 16 * 8);
  load(of_b, all + (16 + lane % 8) * {0} + lane / 8 % 2 * 8);
  float sums[4] = {{}};
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {{%0, %1, %2, %3}}, {{%4, %5, %6, %7}}, {{%8, %9}}, "
               "{{%0, %1, %2, %3}};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(of_a[0]), "r"(of_a[1]), "r"(of_a[2]), "r"(of_a[3]), "r"(of_b[0]), "r"(of_b[1]));
  for (int i = 0; i < 4; ++i) c[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = sums[i];
}})",
                     pitch);
}

TEST_F(Emulated, WarpsMultiplyMatrices) {
  std::array<Half, 256> a;
  std::array<Half, 128> b;
  for (size_t i = 0; i < 256; ++i) a[i] = Half(static_cast<float>(i * 7 % 11));
  for (size_t i = 0; i < 128; ++i) b[i] = Half(static_cast<float>(i * 5 % 13) - 6);
  std::array<float, 128> c{};
  ASSERT_TRUE(run(product(24), 32, 24 * 24 * 2, {a.data(), b.data(), c.data()}));
  for (size_t row = 0; row < 16; ++row) {
    for (size_t column = 0; column < 8; ++column) {
      float sum = 0;
      for (size_t k = 0; k < 16; ++k)
        sum += static_cast<float>(a[row * 16 + k]) * static_cast<float>(b[column * 16 + k]);
      EXPECT_EQ(c[row * 8 + column], sum) << row << " " << column;
    }
  }
}

TEST_F(Emulated, BankConflictsAreCounted) {
  std::vector<Half> a(256), b(128);
  std::vector<float> c(128);
  ASSERT_TRUE(run(product(24), 32, 24 * 24 * 2, {a.data(), b.data(), c.data()}));
  EXPECT_EQ(device_.reads().phases, 8);
  EXPECT_EQ(device_.reads().conflicts, 0);
  ASSERT_TRUE(run(product(64), 32, 24 * 64 * 2, {a.data(), b.data(), c.data()}));
  EXPECT_EQ(device_.reads().phases, 16);
  EXPECT_EQ(device_.reads().conflicts, 8 * 7);
}

TEST(EmulatedDeviceDeathTest, TheHostCannotTouchItsMemory) {
  EmulatedDevice device;
  const auto memory = device.allocate(64, "test");
  EXPECT_DEATH(*memory->data() = std::byte{1}, "");
  const auto pinned = device.allocate(MemoryKind::Pinned, 64, "test");
  *pinned->data() = std::byte{1};
}

}  // namespace
}  // namespace tn::test
