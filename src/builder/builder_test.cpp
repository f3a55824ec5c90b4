// SPDX-License-Identifier: Apache-2.0
#include "builder/builder.h"

#include <gtest/gtest.h>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/error.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

constexpr std::string_view kConvolutions = R"(graph g(x: f32[N,8,12,12]) {
  constant w1: f32[16,8,3,3] = #01
  constant w2: f32[16,16,3,3] = #02
  a = Conv(x, w1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  c = Conv(b, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  y = Add(c, b)
  return y
})";

std::string renamed(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

struct Built {
  std::shared_ptr<const EngineFile> engine;
  BuildReport report;
};

Built build(std::string_view text, BuilderConfig config, TimingCache& cache, BuildMonitor* monitor = nullptr) {
  Graph graph = parse_graph(text, ops::make_op_by_name);
  for (const TensorId id : graph.inputs()) {
    Shape min, max;
    for (const Dim& dim : graph.tensor(id).type.dims) {
      min.push_back(dim.constant().value_or(1));
      max.push_back(dim.constant().value_or(3));
    }
    config.profiles.resize(1);
    config.profiles[0][graph.tensor(id).name] = {min, max, max};
  }
  config.threads = 1;
  SilentLogger logger;
  Built built;
  built.engine = EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache, &built.report, monitor));
  return built;
}

BuilderConfig untimed() {
  BuilderConfig config;
  config.timing = false;
  return config;
}

TEST(Builder, AnEngineNeedsWhatItsStepsNeed) {
  TimingCache cache;
  EXPECT_EQ(build("graph g(x: f32[N,4]) { y = Exp(x) return y }", untimed(), cache).engine->plan().features, 0U);
  EXPECT_EQ(build(kConvolutions, untimed(), cache).engine->plan().features, features_of(best_isa()));
}

TEST(Builder, ATimingCacheKnowsNoNames) {
  TimingCache cache;
  BuilderConfig config;
  config.timing_repeats = 1;
  EXPECT_GT(build(kConvolutions, config, cache).report.measured, 0U);
  const std::string other = renamed(renamed(std::string(kConvolutions), "[N,", "[batch,"), "x", "image");
  EXPECT_EQ(build(other, config, cache).report.measured, 0U);
}

class Counter final : public BuildMonitor {
 public:
  explicit Counter(int stop_at) : stop_at_(stop_at) {}
  void start(const char* phase, int steps) noexcept override {
    phases.emplace_back(phase);
    expected.push_back(steps);
    done.push_back(0);
    ++open;
  }
  bool step_done() noexcept override {
    ++done.back();
    return ++steps_ != stop_at_;
  }
  void finish() noexcept override { --open; }
  std::vector<std::string> phases;
  std::vector<int> expected, done;  ///< steps of each phase
  int open = 0;

 private:
  int stop_at_, steps_ = 0;
};

TEST(Builder, MonitorsSeeEveryRegionAndMayStop) {
  TimingCache cache;
  Counter all(-1);
  build(kConvolutions, untimed(), cache, &all);
  EXPECT_EQ(all.phases, (std::vector<std::string>{"Optimizing the graph", "Tuning"}));
  EXPECT_EQ(all.done, all.expected);
  EXPECT_EQ(all.open, 0);
  Counter early(2);
  EXPECT_THROW(build(kConvolutions, untimed(), cache, &early), Error);
  EXPECT_EQ(early.done, (std::vector<int>{1, 1}));
  EXPECT_EQ(early.open, 0);
}

TEST(Builder, MonitorsMayStopTheChoiceOfTypes) {
  TimingCache cache;
  BuilderConfig config;
  config.timing_repeats = 1;
  config.fp16 = true;
  Counter all(-1);
  build(kConvolutions, config, cache, &all);
  EXPECT_EQ(all.phases,
            (std::vector<std::string>{"Optimizing the graph", "Choosing types", "Choosing how batches run", "Tuning"}));
  EXPECT_EQ(std::ssize(all.phases), phases_of(config));
  EXPECT_EQ(all.done[1], all.expected[1]);
  EXPECT_EQ(all.done[3], all.expected[3]);
  Counter early(2);
  EXPECT_THROW(build(kConvolutions, config, cache, &early), Error);
  EXPECT_EQ(early.phases.back(), "Choosing types");
}

uint64_t most_workspace(const EngineFile& engine) {
  uint64_t most = 0;
  for (const auto& step : engine.plan().profiles[0]->lists[0]->steps) most = std::max(most, step->workspace_bytes);
  return most;
}

TEST(Builder, TacticsKeepToTheWorkspace) {
  TimingCache cache;
  BuilderConfig config = untimed();
  const Built free = build(kConvolutions, config, cache);
  const uint64_t wanted = most_workspace(*free.engine);
  ASSERT_GT(wanted, 0U) << free.report.explanation;
  config.workspace = wanted - 1;
  const Built bound = build(kConvolutions, config, cache);
  EXPECT_LE(most_workspace(*bound.engine), config.workspace);
  EXPECT_NE(bound.report.explanation.find("needs a workspace of"), std::string::npos) << bound.report.explanation;
}

TEST(Builder, TheChoiceOfIntegersFollowsFromTheTimingCache) {
  TimingCache cache;
  BuilderConfig config;
  config.timing_repeats = 1;
  config.threads = 1;
  config.int8 = true;
  config.profiles = {{{"x", {{1, 8, 12, 12}, {2, 8, 12, 12}, {3, 8, 12, 12}}}}};
  SilentLogger logger;
  const auto bytes = [&] {
    return build_engine(parse_graph(kConvolutions, ops::make_op_by_name), config, logger, cache);
  };
  const std::vector<std::byte> first = bytes();
  config.fail_on_cache_miss = true;
  EXPECT_EQ(bytes(), first);
}

TEST(Builder, WithoutPatchesNothingIsFused) {
  TimingCache cache;
  BuilderConfig config = untimed();
  config.max_patches = 0;
  const Built built = build(kConvolutions, config, cache);
  for (const auto& step : built.engine->plan().profiles[0]->lists[0]->steps)
    EXPECT_EQ(step->detail.find('+'), std::string::npos) << step->name;
}

TEST(Builder, ExplanationsLeaveOutOtherOperatorsTactics) {
  TimingCache cache;
  const std::string text = build(kConvolutions, untimed(), cache).report.explanation;
  EXPECT_EQ(text.find("softmax"), std::string::npos) << text;
  EXPECT_NE(text.find("depthwise: no, not one filter per channel"), std::string::npos) << text;
}

}  // namespace
}  // namespace tn
