// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a driver or a GPU, on a driver of our own that does nothing (fake_driver/): one clear error
// each, and the process lives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "base/require.h"
#include "builder/builder.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "runtime/engine.h"

namespace tn::test {
namespace {

using testing::HasSubstr;

// Of the driver's errors.
constexpr const char* kIllegalAddress = "700";

/// A variable of the environment for as long as this lives.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Setting() { ::unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

Setting fail(const std::string& what) {
  return {"FAKE_CUDA_FAIL", what};
}

std::string error_of(const auto& body, ErrorCode code) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// A network that was built for a GPU, and everything that running it takes.
class DriverTest : public testing::Test {
 protected:
  static std::shared_ptr<const EngineFile> build() {
    constexpr std::string_view kText = R"(graph g(x: f32[N,6]) {
  constant i: i64[3] = {0,2,5}
  a = Exp(x)
  b = Gather(a, i) {axis=1}
  y = Tanh(b)
  return y
})";
    BuilderConfig config;
    config.backend = BuildBackend::Cuda;
    config.accelerator = &cuda::open_device(0);
    config.timing = false;
    config.threads = 1;
    config.profiles.resize(1);
    config.profiles[0]["x"] = {{1, 6}, {4, 6}, {9, 6}};
    SilentLogger logger;
    TimingCache cache;
    return EngineFile::from_bytes(build_engine(parse_graph(kText, ops::make_op_by_name), config, logger, cache));
  }

  void SetUp() override {
    try {
      (void)cuda::Nvrtc::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    static const auto engine = build();
    engine_ = engine;
  }

  std::shared_ptr<const DeviceEngine> load() {
    return std::make_shared<const DeviceEngine>(*engine_, cuda::open_device(0), cuda::find_kernel);
  }
  std::unique_ptr<Context> context() { return std::make_unique<Context>(engine_, cpu::find_kernel, 1, load()); }

  /// A run at N = n, and a wait for it.
  Status run(Context& context, Queue& queue, int64_t n = 4) {
    Device& device = cuda::open_device(0);
    if (!input_) input_ = device.allocate(size_t{9} * 6 * sizeof(float), "a test");
    if (!output_) output_ = device.allocate(size_t{9} * 3 * sizeof(float), "a test");
    Status status = context.set_input_shape(0, {n, 6});
    if (status) status = context.set_address(0, input_->data());
    if (status) status = context.set_address(1, output_->data());
    if (status) status = context.run(lane_, &queue);
    if (status) status = queue.synchronize();
    return status;
  }

  std::shared_ptr<const EngineFile> engine_;
  std::unique_ptr<DeviceBuffer> input_, output_;
  Lane lane_{1};
};

TEST_F(DriverTest, RunsAtAllShapes) {
  const auto made = context();
  const auto queue = cuda::open_device(0).make_queue();
  for (const int64_t n : {4, 9, 1, 9}) require(run(*made, *queue, n));
}

TEST_F(DriverTest, AnIndexOutOfRange) {
  EXPECT_EQ(error_of([] { cuda::open_device(1); }, ErrorCode::InvalidArgument),
            "there is no CUDA device 1: this machine has 1");
}

TEST_F(DriverTest, MemoryForWeights) {
  const auto failing = fail("cuMemAlloc=2");
  const std::string error = error_of([&] { load(); }, ErrorCode::OutOfMemory);
  EXPECT_THAT(error, HasSubstr("MiB for weights: "));
  EXPECT_THAT(error, HasSubstr("MiB are free"));
  EXPECT_THAT(error, HasSubstr("would help"));
}

TEST_F(DriverTest, MemoryForActivations) {
  const auto loaded = load();
  const auto make = [&] { Context(engine_, cpu::find_kernel, 1, loaded); };
  {
    const auto failing = fail("cuMemAlloc=2");
    EXPECT_THAT(error_of(make, ErrorCode::OutOfMemory), HasSubstr("MiB for activations and workspace: "));
  }
  make();
}

TEST_F(DriverTest, MemoryWhileEnqueueing) {
  const auto made = context();
  const auto queue = cuda::open_device(0).make_queue();
  {
    const auto failing = fail("cuGraphInstantiateWithFlags=2");
    const Status status = run(*made, *queue);
    EXPECT_EQ(status.code(), ErrorCode::OutOfMemory);
    EXPECT_THAT(std::string(status.message()), HasSubstr("instantiating a graph: CUDA_ERROR_OUT_OF_MEMORY"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("would help"));
  }
  require(run(*made, *queue));
}

// What a change of the shape or of an address may not need fails if it is asked for.
TEST_F(DriverTest, ShapesAndAddressesChangeWhatThereIs) {
  const auto made = context();
  Device& device = cuda::open_device(0);
  const auto queue = device.make_queue();
  require(run(*made, *queue));
  for (const char* call : {"cuGraphInstantiateWithFlags", "cuGraphAddNode", "cuModuleLoadData", "cuStreamCreate"}) {
    auto other = device.allocate(input_->size(), "a test");
    const auto failing = fail(std::string(call) + "=1");
    for (const int64_t n : {9, 1, 4}) require(run(*made, *queue, n));
    std::swap(input_, other);
    require(run(*made, *queue));
  }
  const auto failing = fail("cuMemAlloc=2");
  for (const int64_t n : {9, 1, 4}) require(run(*made, *queue, n));
}

// The image has not been loaded before, since what is loaded is kept.
TEST_F(DriverTest, ADriverThatIsOlderThanTheCompiler) {
  const std::pair<const char*, const char*> results[] = {{"222", "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
                                                         {"209", "CUDA_ERROR_NO_BINARY_FOR_GPU"},
                                                         {"200", "CUDA_ERROR_INVALID_IMAGE"}};
  for (const auto& [result, name] : results) {
    const auto failing = fail(std::string("cuModuleLoadData=") + result);
    const std::string error = error_of([&] { context(); }, ErrorCode::InvalidEngine);
    EXPECT_THAT(error, HasSubstr(fmt::format("whose driver is for CUDA 13.0: {}", name)));
    EXPECT_THAT(error, HasSubstr("building the engine again on this machine"));
  }
}

// A process in which a kernel has failed, so one of its own.
TEST_F(DriverTest, AKernelThatFails) {
  const auto check = [&] {
    const auto made = context();
    const auto queue = cuda::open_device(0).make_queue();
    require(run(*made, *queue));
    made->wait_after_steps(true);
    const auto failing = fail(std::string("cuStreamSynchronize=") + kIllegalAddress);
    const Status status = run(*made, *queue);
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    ::unsetenv("FAKE_CUDA_FAIL");
    const Status later = run(*made, *queue);
    std::fprintf(stderr, "%s\n", std::string(later.message()).c_str());
    std::exit(status || later ? 1 : 0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(check(), testing::ExitedWithCode(0),
              "step '.*', .*: device 0 .Fake GPU.: running kernels: CUDA_ERROR_ILLEGAL_ADDRESS.*\n"
              ".*device 0 .Fake GPU. takes no more work in this process since a kernel failed with "
              "CUDA_ERROR_ILLEGAL_ADDRESS");
}

TEST_F(DriverTest, MemoryOfTheCaller) {
  const auto loaded = load();
  Context first(engine_, cpu::find_kernel, 1, loaded, ArenaOwner::Caller);
  Context second(engine_, cpu::find_kernel, 1, loaded, ArenaOwner::Caller);
  Device& device = cuda::open_device(0);
  const auto queue = device.make_queue();
  const size_t bytes = engine_->plan().profiles[0]->arena_bytes;
  ASSERT_GT(bytes, 0u);
  EXPECT_THAT(std::string(run(first, *queue).message()),
              HasSubstr(fmt::format("given 0 bytes for its activations, profile 0 needs {}", bytes)));
  const auto shared = device.allocate(bytes, "a test");
  for (Context* context : {&first, &second}) {
    EXPECT_FALSE(context->set_arena(shared->data() + 1, bytes));
    require(context->set_arena(shared->data(), bytes));
    require(run(*context, *queue));
  }
  EXPECT_FALSE(context()->set_arena(shared->data(), bytes));
}

/// A library that counts how often it is asked.
class Library final : public LibraryCall {
 public:
  const char* name() const noexcept override { return "a library"; }
  Status enqueue(void*, std::span<const uint64_t>) const noexcept override {
    ++calls;
    return works ? Status() : Status::failure(ErrorCode::Internal, "the library does not");
  }
  mutable int calls = 0;
  bool works = true;
};

TEST_F(DriverTest, WhatALibraryEnqueuesIsRecordedAgainIfAddressesChange) {
  const auto graph = cuda::open_device(0).make_graph();
  const auto queue = cuda::open_device(0).make_queue();
  Library library;
  const auto record = [&](uint64_t address) {
    Queue& recorder = graph->record();
    require(recorder.call(library, std::array{address}));
    return graph->finish();
  };
  require(record(1));
  require(graph->run(*queue));
  EXPECT_EQ(library.calls, 1);
  require(record(1));
  EXPECT_EQ(library.calls, 1);
  require(record(2));
  EXPECT_EQ(library.calls, 2);
  {
    // The driver refuses another sequence of kernels: the graph is made anew.
    const auto failing = fail("cuGraphExecNodeSetParams=910");
    require(record(3));
  }
  EXPECT_EQ(library.calls, 4);
  library.works = false;
  EXPECT_EQ(record(4).message(), "the library does not");
  library.works = true;
  require(record(4));
  require(graph->run(*queue));
}

TEST_F(DriverTest, AnEngineThatNeedsALibraryThatIsNotHere) {
  plan::PlanT plan = engine_->plan();
  plan.libraries = {"abacus 1.2.0"};
  const auto needy = EngineFile::from_plan(std::move(plan), engine_->weights());
  SilentLogger logger;
  EXPECT_THAT(error_of([&] { Engine(needy, logger); }, ErrorCode::InvalidEngine),
              HasSubstr("the engine needs abacus 1.2: "));
}

// The driver is opened once in a process.
class Opening : public testing::Test {
 protected:
  static void expect(const std::string& message) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto open = [] {
      try {
        cuda::open_device(0);
      } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        std::exit(0);
      }
      std::exit(1);
    };
    EXPECT_EXIT(open(), testing::ExitedWithCode(0), message);
  }
};

TEST_F(Opening, ADriverThatIsTooOld) {
  const Setting version("FAKE_CUDA_VERSION", "12020");
  expect("^the NVIDIA driver is too old: it is for CUDA 12.2, Tenon needs 12.3 or later\n$");
}

TEST_F(Opening, NoDevice) {
  const Setting none("FAKE_CUDA_DEVICES", "0");
  expect("^there is no CUDA device to be used: CUDA_ERROR_NO_DEVICE");
}

}  // namespace
}  // namespace tn::test
