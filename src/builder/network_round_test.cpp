// SPDX-License-Identifier: Apache-2.0
// The second round of tuning, with comparisons that the tests make up, and by the clock of a null device.
#include "builder/network_round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>

#include "backends/cuda/device/null_device.h"
#include "backends/cuda/tactics/table.h"
#include "base/error.h"
#include "builder/builder.h"
#include "builder/device_test.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Ranked = Tuner::Ranked;
using Ways = std::span<const size_t>;

class NetworkRound : public testing::Test {
 protected:
  NetworkRound() {
    device_target_.architecture = "sm_90";
    device_target_.machine = "none";
    device_target_.device = &device_;
    device_target_.compiler = &compiler_;
    target_.device = &device_target_;
  }

  Region region(size_t node) const { return *region_of(graph_, graph_.node(graph_.order()[node])); }
  Tuner tuner(bool strict = false) {
    return Tuner(cuda::backend(), target_, {}, {.repeats = 1, .fail_on_miss = strict}, cache_);
  }
  std::string run(Tuner& tuner, double seconds, const CompareWays& compare) const {
    for (size_t node = 0; node < graph_.order().size(); ++node) tuner.select(region(node));
    return tune_in_network(graph_, tuner, {seconds, {}}, compare);
  }
  static std::vector<std::string> names(const std::vector<Choice>& ways) {
    std::vector<std::string> names;
    for (const Choice& way : ways) names.push_back(name_of(way));
    return names;
  }

  const Graph graph_ = three_convolutions();
  cuda::NullDevice device_;
  NoCompiler compiler_;
  DeviceTarget device_target_;
  Target target_;
  TimingCache cache_;
};

TEST_F(NetworkRound, RivalsAreNearOrOfTheOtherKind) {
  const Tactic &ours = cuda::conv_mma(), &library = cuda::conv_cudnn();
  const auto rivals = [&](std::vector<Ranked> ranked) { return names(rival_ways(region(0), ranked)); };
  EXPECT_THAT(rivals({}), ElementsAre());
  EXPECT_THAT(rivals({{{&ours, "a"}, 10}, {{&ours, "b"}, 12.9}, {{&ours, "c"}, 13.1}}),
              ElementsAre("conv.mma a", "conv.mma b"));
  EXPECT_THAT(rivals({{{&ours, "a"}, 1}, {{&ours, "b"}, 1.8}, {{&ours, "c"}, 1.9}}),
              ElementsAre("conv.mma a", "conv.mma b"));
  // The best of the other kind is there though others are nearer, unless it has no chance.
  std::vector<Ranked> many(8, {{&library, "0"}, 20});
  many.insert(many.end(), {{{&ours, "a"}, 39}, {{&ours, "b"}, 39}});
  std::vector<std::string> most(7, "conv.cudnn 0");
  most.emplace_back("conv.mma a");
  EXPECT_EQ(rivals(many), most);
  EXPECT_THAT(rivals({{{&library, "0"}, 20}, {{&ours, "a"}, 41}}), ElementsAre("conv.cudnn 0"));
  EXPECT_THAT(rivals({{{&library, "0"}, 1}, {{&ours, "a"}, 4.9}}), ElementsAre("conv.cudnn 0", "conv.mma a"));
  EXPECT_THAT(rivals({{{&ours, "a"}, 20}, {{&library, "0"}, 30}, {{&library, "1"}, 30}}),
              ElementsAre("conv.mma a", "conv.cudnn 0"));
}

TEST_F(NetworkRound, TakesWhatIsFasterInTheNetworkAndRemembersIt) {
  int compared = 0;
  const CompareWays third_is_best = [&](Ways current, Ways other) {
    ++compared;
    EXPECT_EQ(other[0], other[2]) << "alike regions change together";
    return other[0] == 2 && current[0] != 2 ? 0.9 : 1.1;
  };
  Tuner first = tuner();
  EXPECT_THAT(run(first, 60, third_is_best), HasSubstr("a (2x)"));
  const auto ways = rival_ways(region(0), first.ranked(region(0)));
  ASSERT_GT(ways.size(), 2u);
  EXPECT_EQ(name_of(first.select(region(0))), name_of(ways[2]));
  EXPECT_EQ(name_of(first.select(region(2))), name_of(ways[2]));
  EXPECT_GT(compared, 3);

  const int before = compared;
  Tuner second = tuner(true);
  run(second, 0, third_is_best);
  EXPECT_EQ(compared, before);
  EXPECT_EQ(name_of(second.select(region(0))), name_of(ways[2]));
}

TEST_F(NetworkRound, SmallDifferencesAreNoise) {
  Tuner only = tuner();
  EXPECT_EQ(run(only, 60, [](Ways, Ways) { return 0.998; }), "");
}

TEST_F(NetworkRound, WhereTimeEndedTheNextBuildEnds) {
  int compared = 0;
  const CompareWays compare = [&](Ways, Ways) {
    ++compared;
    return 0.5;
  };
  Tuner first = tuner();
  EXPECT_EQ(run(first, 0, compare), "");
  Tuner second = tuner();
  EXPECT_EQ(run(second, 60, compare), "");
  EXPECT_EQ(compared, 0);
}

// What comes before it has taken all the time there was.
TEST_F(NetworkRound, TimeBeginsBehindTheFirstComparison) {
  int compared = 0;
  Tuner only = tuner();
  run(only, 0.2, [&](Ways, Ways) {
    if (++compared == 1) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return 1.1;
  });
  EXPECT_GT(compared, 1);
}

TEST_F(NetworkRound, TheStrictModeFailsWhereNothingWasCompared) {
  Tuner first = tuner();
  for (size_t node = 0; node < graph_.order().size(); ++node) first.select(region(node));
  Tuner strict = tuner(true);
  try {
    run(strict, 60, [](Ways, Ways) { return 1.0; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_THAT(error.what(), HasSubstr("no entry for how ways compare in the network"));
  }
}

/// Stands for a library: takes what conv.mma takes, and runs on plain cores.
class Library final : public Tactic {
 public:
  std::string_view name() const override { return "library"; }
  Support supports(const Region& region, const Target& target) const override {
    return cuda::conv_mma().supports(region, target);
  }
  std::optional<Order> order(const Region& region) const override { return cuda::conv_mma().order(region); }
  bool calls_library() const override { return true; }
  void lower(const Region& region, const std::string&, RegionLowering& lowering) const override {
    cuda::conv_simt().lower(region, "64", lowering);
  }
};

// Alone the library wins by far. In the network it is no slower for any single region, and the network is faster
// without.
TEST_F(NetworkRound, LibrariesAreDroppedTogether) {
  device_.set_times([](const cuda::NullDevice::Call& call, const cuda::NullDevice::Call*) {
    return call.entry.find("mma") != std::string::npos ? 15 : 10;
  });
  const Library library;
  Backend backend = cuda::backend();
  std::vector<const Tactic*> tactics = {&library};
  tactics.insert(tactics.end(), backend.tactics.begin(), backend.tactics.end());
  backend.tactics = tactics;
  for (const double without : {1.02, 1.03}) {
    TimingCache cache;
    Tuner tuner(backend, target_, {}, {.repeats = 1}, cache);
    for (const size_t node : {0u, 2u, 4u}) ASSERT_EQ(tuner.select(region(node)).tactic, &library);
    const CompareWays compare = [&](Ways, Ways other) {
      return std::ranges::count(other, 0u) == 3 ? without : 1.01;  // Relu and Tanh have no other way
    };
    const std::string text = run(tuner, 60, compare);
    EXPECT_THAT(text, HasSubstr(without <= 1.02 ? "2 regions without libraries: 1.0200; taken" : "1.0300; not taken"));
    for (const size_t node : {0u, 2u, 4u}) EXPECT_EQ(tuner.select(region(node)).tactic == &library, without > 1.02);
  }
}

// Of the regions' own times those of what comes first in the table are the longest.
TEST_F(NetworkRound, WhatWouldBeChosenWithoutTimesMayBeFasterTogether) {
  using Call = cuda::NullDevice::Call;
  std::optional<Call> first;
  device_.set_times([&](const Call& call, const Call*) {
    if (call.entry.find("mma") == std::string::npos) return 1;
    if (!first) first = call;
    return call.shared_bytes == first->shared_bytes && call.block == first->block ? 20 : 10;
  });
  const std::string guess = cuda::conv_mma().configs(region(0), target_)[0];
  for (const double together : {0.9, 1.0}) {
    TimingCache cache;
    Tuner tuner(cuda::backend(), target_, {}, {.repeats = 1}, cache);
    ASSERT_NE(tuner.select(region(0)).config, guess);
    bool first_time = true;
    const std::string text =
        run(tuner, 60, [&](Ways, Ways) { return std::exchange(first_time, false) ? together : 1.1; });
    EXPECT_THAT(text, HasSubstr(together < 1 ? "all as without times: 0.9000; taken" : "1.0000; not taken"));
    EXPECT_EQ(tuner.select(region(0)).config == guess, together < 1);
  }
}

// Who runs the network has only the rivals of each region.
TEST_F(NetworkRound, WhatWouldBeChosenWithoutTimesIsARivalHoweverSlowAlone) {
  using Call = cuda::NullDevice::Call;
  std::optional<Call> first;
  device_.set_times([&](const Call& call, const Call*) {
    if (call.entry.find("mma") == std::string::npos) return 1;
    if (!first) first = call;
    return call.shared_bytes == first->shared_bytes && call.block == first->block ? 1000 : 10;
  });
  TimingCache cache;
  Tuner tuner(cuda::backend(), target_, {}, {.repeats = 1}, cache);
  const std::string guess = cuda::conv_mma().configs(region(0), target_)[0];
  std::vector<size_t> count;
  for (size_t node = 0; node < graph_.order().size(); ++node) {
    tuner.select(region(node));
    count.push_back(rival_ways(region(node), tuner.ranked(region(node))).size());
  }
  bool held = false;
  run(tuner, 60, [&](Ways, Ways other) {
    for (size_t node = 0; node < other.size(); ++node) EXPECT_LT(other[node], std::max<size_t>(count[node], 1)) << node;
    const auto ways = rival_ways(region(0), tuner.ranked(region(0)));
    held |= ways[other[0]].config == guess;
    return 1.1;
  });
  EXPECT_TRUE(held);
}

/// Whole builds for a device on which the first tile of the first region is the fastest, but slow where it reads what
/// the call before it has written.
class NetworkRoundBuild : public testing::Test {
 protected:
  NetworkRoundBuild() {
    device_.set_times([this](const Call& call, const Call* before) {
      if (call.entry.find("mma") == std::string::npos) return 1;
      if (!special_) special_ = call;
      if (!same(call, *special_)) return 104;
      return before && before->arguments[0] != call.arguments[0] &&
                     std::ranges::find(before->arguments, call.arguments[0]) != before->arguments.end()
                 ? 200
                 : 100;
    });
  }
  using Call = cuda::NullDevice::Call;
  static bool same(const Call& a, const Call& b) {
    return a.grid == b.grid && a.block == b.block && a.shared_bytes == b.shared_bytes;
  }
  std::vector<std::byte> build(TimingCache& cache, double seconds_in_network, bool strict = false) {
    BuilderConfig config;
    config.backend = BuildBackend::Cuda;
    config.accelerator = &device_;
    config.compiler = &compiler_;
    config.threads = 1;
    config.timing_repeats = 1;
    config.seconds_in_network = seconds_in_network;
    config.fail_on_cache_miss = strict;
    report_ = {};
    SilentLogger logger;
    return build_engine(three_convolutions(), config, logger, cache, &report_);
  }
  /// Of the steps that run convolutions.
  static std::vector<std::string> tactics(const std::vector<std::byte>& engine) {
    std::vector<std::string> tactics;
    const auto file = EngineFile::from_bytes(engine);
    for (const auto& step : file->plan().profiles[0]->lists[0]->steps)
      if (step->tactic.starts_with("conv")) tactics.push_back(step->tactic);
    return tactics;
  }

  cuda::NullDevice device_;
  NoCompiler compiler_;
  std::optional<Call> special_;
  BuildReport report_;
};

TEST_F(NetworkRoundBuild, WhatLosesInTheChainIsReplaced) {
  TimingCache alone_cache, cache;
  const auto alone = tactics(build(alone_cache, 0));
  const auto together = tactics(build(cache, 1e6));
  ASSERT_EQ(alone.size(), 3u);
  ASSERT_EQ(together.size(), 3u);
  EXPECT_EQ(alone[0], alone[1]);
  EXPECT_NE(together[0], alone[0]);
  EXPECT_EQ(together[0], together[1]);
  EXPECT_EQ(together[2], alone[2]) << "which was not slow";
  EXPECT_THAT(report_.explanation, HasSubstr("in the network:\n"));
}

TEST_F(NetworkRoundBuild, ADeviceWhoseClockStandsStillChangesNothing) {
  device_.set_times([](const Call&, const Call*) { return 0; });
  TimingCache alone, together;
  EXPECT_EQ(build(together, 1e6), build(alone, 0));
}

TEST_F(NetworkRoundBuild, ABuildFromTheCacheGivesTheSameBytes) {
  TimingCache cache;
  const auto first = build(cache, 1e6);
  auto known = TimingCache::deserialize(cache.serialize());
  ASSERT_TRUE(known);
  EXPECT_EQ(build(*known, 0.001, true), first);
  EXPECT_EQ(report_.measured, 0u);
  EXPECT_EQ(known->size(), cache.size());
}

}  // namespace
}  // namespace tn
