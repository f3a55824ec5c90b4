// SPDX-License-Identifier: Apache-2.0
// The device itself, with kernels of its own: needs a GPU, and is skipped without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "backends/cuda/device/devices.h"
#include "backends/cuda/tactics/compiler.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

using testing::HasSubstr;

constexpr int kCount = 100000;

const std::string kAdd = R"(extern "C" __global__ void add(const float* in, float* out, long long n, long long what) {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = in[i] + (float)what;
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
})";

// Sums over the blocks of a cluster, and uses more shared memory than a kernel gets without asking.
const std::string kCluster = R"(extern "C" __global__ void cluster(const float* in, float* out) {
  extern __shared__ float tile[];
  const int last = 20000 - 1;
  if (threadIdx.x == 0) tile[last] = in[blockIdx.x];
  asm volatile("barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
  if (threadIdx.x == 0) {
    unsigned rank, own, other;
    float value;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(own) : "l"(tile + last));
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(other) : "r"(own), "r"(rank ^ 1));
    asm volatile("ld.shared::cluster.f32 %0, [%1];" : "=f"(value) : "r"(other));
    out[blockIdx.x] = value;
  }
  asm volatile("barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
})";

const std::string kFault = R"(extern "C" __global__ void fault(float* out, long long at) { out[at] = 1; })";

uint64_t value_of(const void* place) {
  return reinterpret_cast<uint64_t>(place);
}

class DeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (device_count() == 0) GTEST_SKIP() << "no device";
    device_ = &open_device(0);
    compiler_ = std::make_unique<NvrtcCompiler>(device_->architecture());
    queue_ = device_->make_queue();
    input_.resize(kCount);
    std::iota(input_.begin(), input_.end(), 0.f);
    output_.resize(kCount);
    a_ = device_->allocate(kCount * sizeof(float), "a test");
    b_ = device_->allocate(kCount * sizeof(float), "a test");
  }
  void* function(const std::string& text, const std::string& entry, uint32_t shared = 0) {
    return loaded_.emplace_back(device_->load(compiler_->compile(text, entry), entry, shared)).get();
  }
  Launch add(std::span<const uint64_t> arguments, bool overlaps = false) {
    Launch launch{function(kAdd, "add"), {kCount / 256 + 1, 1, 1}, {256, 1, 1}};
    launch.overlaps = overlaps;
    launch.arguments = arguments;
    return launch;
  }
  size_t bytes() const { return kCount * sizeof(float); }

  Device* device_ = nullptr;
  std::vector<std::shared_ptr<void>> loaded_;
  std::unique_ptr<NvrtcCompiler> compiler_;
  std::unique_ptr<Queue> queue_;
  std::vector<float> input_, output_;
  std::unique_ptr<DeviceBuffer> a_, b_;
};

void expect_ok(const Status& status) {
  EXPECT_TRUE(status) << status.message();
}

TEST(DeviceTexts, Compile) {
  try {
    NvrtcCompiler compiler("sm_90");
    EXPECT_FALSE(compiler.compile(kAdd, "add").empty());
    EXPECT_FALSE(compiler.compile(kCluster, "cluster").empty());
    EXPECT_FALSE(compiler.compile(kFault, "fault").empty());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::NotFound) GTEST_SKIP() << error.what();
    FAIL() << error.what();
  }
}

TEST_F(DeviceTest, TellsWhatItIs) {
  EXPECT_FALSE(device_->name().empty());
  EXPECT_THAT(device_->architecture(), testing::StartsWith("sm_"));
  EXPECT_GT(device_->multiprocessors(), 0);
  EXPECT_GT(device_->memory_bytes(), size_t{1} << 30);
  RecordProperty("device", device_->name() + ", driver " + device_->version());
}

TEST_F(DeviceTest, QueuedWorkRunsInOrder) {
  const uint64_t there[] = {value_of(a_->data()), value_of(b_->data()), kCount, 1};
  const uint64_t back[] = {value_of(b_->data()), value_of(a_->data()), kCount, 2};
  expect_ok(queue_->copy(a_->data(), input_.data(), bytes()));
  for (int i = 0; i < 10; ++i) {
    expect_ok(queue_->launch(add(there, true)));
    expect_ok(queue_->launch(add(back, true)));
  }
  expect_ok(queue_->copy(output_.data(), a_->data(), bytes()));
  expect_ok(queue_->synchronize());
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(output_[i], input_[i] + 30) << i;
}

TEST_F(DeviceTest, EventsTakeTimes) {
  const auto begin = device_->make_event(), end = device_->make_event();
  const uint64_t arguments[] = {value_of(a_->data()), value_of(b_->data()), kCount, 1};
  expect_ok(begin->record(*queue_));
  for (int i = 0; i < 100; ++i) expect_ok(queue_->launch(add(arguments)));
  expect_ok(end->record(*queue_));
  expect_ok(end->wait());
  double milliseconds = 0;
  expect_ok(end->since(*begin, milliseconds));
  EXPECT_GT(milliseconds, 0.0);
}

// Copies from pinned and from other memory of the host, full and programmatic edges, and changes in place.
TEST_F(DeviceTest, AGraphIsRecordedRunAndChanged) {
  const auto pinned = device_->allocate(MemoryKind::Pinned, bytes(), "a test");
  const auto graph = device_->make_graph();
  const auto record = [&](int64_t what, float* result, int extra) {
    std::copy(input_.begin(), input_.end(), reinterpret_cast<float*>(pinned->data()));
    const uint64_t there[] = {value_of(a_->data()), value_of(b_->data()), kCount, static_cast<uint64_t>(what)};
    const uint64_t back[] = {value_of(b_->data()), value_of(a_->data()), kCount, 1};
    Queue& queue = graph->record();
    expect_ok(queue.copy(a_->data(), pinned->data(), bytes()));
    expect_ok(queue.launch(add(there, true)));
    expect_ok(queue.launch(add(back, true)));
    for (int i = 0; i < extra; ++i) {
      expect_ok(queue.launch(add(there)));
      expect_ok(queue.launch(add(back, true)));
    }
    expect_ok(queue.copy(result, a_->data(), bytes()));
    expect_ok(graph->finish());
    for (int run = 0; run < 3; ++run) expect_ok(graph->run(*queue_));
    expect_ok(queue_->synchronize());
  };
  std::vector<float> other(kCount);
  record(5, output_.data(), 0);
  EXPECT_EQ(output_[7], 13);
  record(6, other.data(), 0);  // the same calls: other arguments and another place
  EXPECT_EQ(other[7], 14);
  EXPECT_EQ(output_[7], 13);
  record(6, output_.data(), 1);  // other calls
  EXPECT_EQ(output_[7], 21);
  record(-8, reinterpret_cast<float*>(pinned->data()), 0);  // each run takes the result of the one before
  EXPECT_EQ(reinterpret_cast<float*>(pinned->data())[9], 9 - 3 * 7);
}

TEST_F(DeviceTest, ClustersAndMuchSharedMemory) {
  if (device_->architecture() < "sm_90") GTEST_SKIP() << "no clusters";
  constexpr uint32_t kShared = 20000 * sizeof(float);
  const uint64_t arguments[] = {value_of(a_->data()), value_of(b_->data())};
  Launch launch{function(kCluster, "cluster", kShared), {8, 1, 1}, {32, 1, 1}, kShared, 2};
  launch.arguments = arguments;
  const auto graph = device_->make_graph();
  expect_ok(queue_->copy(a_->data(), input_.data(), 8 * sizeof(float)));
  expect_ok(graph->record().launch(launch));
  expect_ok(graph->finish());
  for (const bool graphed : {false, true}) {
    expect_ok(graphed ? graph->run(*queue_) : queue_->launch(launch));
    expect_ok(queue_->copy(output_.data(), b_->data(), 8 * sizeof(float)));
    expect_ok(queue_->synchronize());
    EXPECT_THAT(std::vector<float>(output_.begin(), output_.begin() + 8), testing::ElementsAre(1, 0, 3, 2, 5, 4, 7, 6));
  }
}

TEST_F(DeviceTest, TooMuchMemoryIsAnErrorThatTellsWhatThereIs) {
  try {
    device_->allocate(size_t{1} << 50, "activations");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_THAT(error.what(), HasSubstr("cannot allocate 1073741824.0 MiB for activations"));
    EXPECT_THAT(error.what(), HasSubstr("MiB are free"));
  }
  expect_ok(queue_->synchronize());
}

TEST_F(DeviceTest, AForeignOrDamagedImageIsRefused) {
  std::vector<std::byte> image = compiler_->compile(kAdd, "add");
  EXPECT_THROW(device_->load(std::span(image).first(image.size() / 2), "add", 0), Error);
  EXPECT_THROW(device_->load(image, "no_such_function", 0), Error);
  EXPECT_THROW(device_->load(NvrtcCompiler("sm_75").compile(kAdd, "add"), "add", 0), Error);
  EXPECT_THROW(device_->load(image, "add", 1 << 20), Error);
}

// What the context goes through stays in the process it happens to.
TEST_F(DeviceTest, AFaultIsToldAndNoMoreWorkIsTaken) {
  const auto check = [&] {
    const uint64_t arguments[] = {value_of(a_->data()), uint64_t{1} << 45};
    Launch launch{function(kFault, "fault")};
    launch.arguments = arguments;
    expect_ok(queue_->launch(launch));
    const Status status = queue_->synchronize();
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    const Status later = queue_->copy(b_->data(), a_->data(), 4);
    std::fprintf(stderr, "%s\n", std::string(later.message()).c_str());
    std::exit(status.ok() || later.ok() ? 1 : 0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(check(), testing::ExitedWithCode(0),
              "running kernels: CUDA_ERROR_ILLEGAL_ADDRESS.*\n.*takes no more work in this process");
}

}  // namespace
}  // namespace tn::cuda
