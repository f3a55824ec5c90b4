// SPDX-License-Identifier: Apache-2.0
// Tuning for a device, without one: by the clock of a null device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/cuda/device/null_device.h"
#include "base/error.h"
#include "builder/build_target.h"
#include "builder/builder.h"
#include "builder/device_test.h"
#include "tuning/tactic.h"

namespace tn {
namespace {

using testing::HasSubstr;

class DeviceTuning : public testing::Test {
 protected:
  BuilderConfig config() {
    BuilderConfig config;
    config.backend = BuildBackend::Cuda;
    config.accelerator = accelerator_;
    config.compiler = &compiler_;
    config.threads = 1;
    config.fp16 = true;
    config.timing_repeats = 1;
    config.seconds_in_network = 1e6;
    return config;
  }
  std::vector<std::byte> build(TimingCache& cache, const BuilderConfig& config, BuildMonitor* monitor = nullptr) {
    report_ = {};
    SilentLogger logger;
    return build_engine(three_convolutions(), config, logger, cache, &report_, monitor);
  }
  std::vector<std::byte> build(TimingCache& cache) { return build(cache, config()); }

  cuda::NullDevice device_;
  Device* accelerator_ = &device_;
  NoCompiler compiler_;
  BuildReport report_;
};

TEST_F(DeviceTuning, TextsAreAskedForBeforeTheFirstIsWaitedFor) {
  TimingCache cache;
  build(cache);
  EXPECT_GT(compiler_.expected_before, 10u);  // of two regions in two types
  for (const std::string& text : compiler_.needed) EXPECT_TRUE(compiler_.expected.contains(text)) << text;
}

TEST_F(DeviceTuning, ASecondBuildMeasuresNothingAndGivesTheSameBytes) {
  TimingCache cache;
  const auto first = build(cache);
  EXPECT_GT(report_.measured, 0u);
  const auto bytes = cache.serialize();
  auto known = TimingCache::deserialize(bytes);
  ASSERT_TRUE(known);
  BuilderConfig strict = config();
  strict.fail_on_cache_miss = true;
  EXPECT_EQ(build(*known, strict), first);
  EXPECT_EQ(report_.measured, 0u);
  EXPECT_EQ(known->serialize(), bytes);
}

TEST_F(DeviceTuning, TheStrictModeNamesWhatTheCacheMisses) {
  TimingCache cache;
  BuilderConfig strict = config();
  strict.fail_on_cache_miss = true;
  try {
    build(cache, strict);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_THAT(error.what(), HasSubstr("the timing cache has no entry for layer 'a + b' with tactic conv.mma"));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
  }
  EXPECT_EQ(cache.size(), 0u);
}

class Stop final : public BuildMonitor {
 public:
  explicit Stop(int steps) : steps_(steps) {}
  void start(const char*, int) noexcept override {}
  bool step_done() noexcept override { return --steps_ > 0; }
  void finish() noexcept override {}

 private:
  int steps_;
};

TEST_F(DeviceTuning, AStoppedBuildKeepsWhatWasMeasured) {
  TimingCache whole, cache;
  build(whole);
  const size_t all = report_.measured;
  Stop stop(8);  // the graph, the candidates of its five regions, and two of them weighed
  EXPECT_THROW(build(cache, config(), &stop), Error);
  const size_t kept = cache.size();
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, all);
  build(cache);
  EXPECT_EQ(report_.measured, all - kept);
}

TEST_F(DeviceTuning, TimesBelongToTheDevice) {
  TimingCache cache;
  build(cache);
  const size_t all = report_.measured;
  cuda::NullDevice other("sm_80");
  accelerator_ = &other;
  build(cache);
  EXPECT_GT(report_.measured, 0u);
  EXPECT_EQ(cache.size(), all + report_.measured);
}

TEST_F(DeviceTuning, TheKeyNamesDeviceAndDriver) {
  const BuilderConfig with_compiler = config();
  const BuildTarget target(with_compiler);
  const std::string machine = target.target({}).device->machine;
  for (const std::string& part : {device_.name(), device_.architecture(), device_.version(), std::string("1 multi")})
    EXPECT_THAT(machine, HasSubstr(part));
}

}  // namespace
}  // namespace tn
