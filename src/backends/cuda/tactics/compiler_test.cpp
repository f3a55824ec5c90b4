// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backends/cuda/codegen/nvrtc_test.h"
#include "backends/cuda/device/cubin.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

const std::string kScale =
    R"(extern "C" __global__ void __launch_bounds__(128) scale(const float* in, float* out, int n) {
  __shared__ float tile[64];
  const int i = blockIdx.x * 128 + threadIdx.x;
  if (threadIdx.x < 64) tile[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  if (i < n) out[i] = in[i] * tile[i % 64];
})";

// More live values than registers: a thread of such a large block has few.
const std::string kSpilling =
    R"(extern "C" __global__ void __launch_bounds__(1024, 2) spilling(const float* in, float* out) {
  float values[64];
  #pragma unroll
  for (int i = 0; i < 64; ++i) values[i] = in[i * 1024 + threadIdx.x];
  __syncthreads();
  #pragma unroll
  for (int i = 0; i < 64; ++i) out[i * 1024 + threadIdx.x] = values[63 - i] * values[i];
})";

TEST_F(NvrtcTest, CompilesAndTellsWhatAFunctionUses) {
  const auto scale = Nvrtc::get().compile(kScale, "scale", "sm_90");
  ASSERT_TRUE(scale.ok) << scale.log;
  EXPECT_TRUE(is_whole_elf(scale.image));
  const FunctionResources used = resources_in(scale.log, "scale");
  EXPECT_GT(used.registers, 4);
  EXPECT_EQ(used.shared_bytes, 256);
  EXPECT_EQ(used.spill_bytes, 0);
  EXPECT_THROW(resources_in(scale.log, "other"), Error);

  const auto spilling = Nvrtc::get().compile(kSpilling, "spilling", "sm_80");
  ASSERT_TRUE(spilling.ok) << spilling.log;
  EXPECT_GT(resources_in(spilling.log, "spilling").spill_bytes, 0) << spilling.log;
}

TEST_F(NvrtcTest, AnErrorNamesTheEntryAndHoldsTheLog) {
  NvrtcCompiler compiler("sm_90", {.threads = 1});
  for (int i = 0; i < 2; ++i) {
    try {
      compiler.compile("extern \"C\" __global__ void broken() { int x = nothing; }", "broken");
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("kernel 'broken' does not compile for sm_90:"));
      EXPECT_THAT(error.what(), testing::HasSubstr("identifier \"nothing\" is undefined"));
    }
  }
  EXPECT_EQ(compiler.compiled(), 1);
}

TEST_F(NvrtcTest, AnUnknownArchitectureIsRefused) {
  try {
    NvrtcCompiler compiler("sm_12345", {.threads = 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
    EXPECT_THAT(error.what(), testing::HasSubstr("does not compile for sm_12345"));
  }
}

TEST_F(NvrtcTest, EachTextIsCompiledOnceWhoeverAsks) {
  NvrtcCompiler compiler("sm_90", {.threads = 2});
  const auto text = [](int i) {
    return fmt::format("extern \"C\" __global__ void k{0}(int* out) {{ out[0] = {0}; }}", i);
  };
  for (int i = 0; i < 6; ++i) compiler.prefetch(text(i), fmt::format("k{}", i));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 5; i >= 0; --i) EXPECT_TRUE(is_whole_elf(compiler.compile(text(i), fmt::format("k{}", i))));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(compiler.compiled(), 6);
}

TEST_F(NvrtcTest, AFolderKeepsImagesAndDamagedOnesAreMadeAgain) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "tenon_cubins";
  std::filesystem::remove_all(folder);
  const NvrtcCompiler::Options options{.threads = 1, .folder = folder};
  std::vector<std::byte> image;
  {
    NvrtcCompiler compiler("sm_90", options);
    image = compiler.compile(kScale, "scale");
  }
  {
    NvrtcCompiler compiler("sm_90", options);
    EXPECT_EQ(compiler.compile(kScale, "scale"), image);
    EXPECT_EQ(compiler.compiled(), 0);
  }
  {
    NvrtcCompiler compiler("sm_80", options);
    EXPECT_NE(compiler.compile(kScale, "scale"), image);
    EXPECT_EQ(compiler.compiled(), 1);
  }
  for (const auto& file : std::filesystem::directory_iterator(folder))
    std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  NvrtcCompiler compiler("sm_90", options);
  EXPECT_EQ(compiler.compile(kScale, "scale"), image);
  EXPECT_EQ(compiler.compiled(), 1);
  std::filesystem::remove_all(folder);
}

TEST_F(NvrtcTest, APartOfAnImageIsNotWhole) {
  std::vector<std::byte> image = NvrtcCompiler("sm_90", {.threads = 1}).compile(kScale, "scale");
  EXPECT_TRUE(is_whole_elf(image));
  for (size_t bytes = 0; bytes < image.size(); bytes += 37)
    EXPECT_FALSE(is_whole_elf(std::span(image).first(bytes))) << bytes;
  image[0x28] = std::byte{0xff};  // where the headers of sections begin
  image[0x2f] = std::byte{0xff};
  EXPECT_FALSE(is_whole_elf(image));
}

}  // namespace
}  // namespace tn::cuda
