// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tenonexec/console.h"
#include "tenonexec/layer_profile.h"
#include "tenonexec/progress.h"

namespace tenonexec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Runs of 2 ms, 3 ms, 2 ms, … back to back, handed over in 0.25 ms.
Trace example(int count) {
  Trace trace;
  trace.warm_up_queries = 20;
  trace.warm_up_ms = 200.4;
  double now = 0;
  for (int i = 0; i < count; ++i) {
    const double end = now + (i % 2 == 0 ? 2 : 3);
    trace.queries.push_back({now - 0.25, now, now, now, now, end, end, end});
    now = end;
  }
  return trace;
}

TEST(Timing, PercentileIsAnElementNotAnInterpolation) {
  std::vector<double> values;
  for (int i = 1; i <= 10; ++i) values.push_back(i);
  const std::vector<float> asked = {0, 50, 90, 95, 99, 100};
  const Summary summary = summarize(values, asked);
  // sorted[max(n - 1 - int((1 - p / 100) n), 0)]
  EXPECT_THAT(summary.percentiles, ElementsAre(1, 5, 9, 10, 10, 10));
  EXPECT_EQ(summary.median, 5.5);
  EXPECT_EQ(summary.mean, 5.5);
  EXPECT_EQ(summarize({3, 1, 2}, {}).median, 2);
}

TEST(Timing, Prologue) {
  EXPECT_THAT(format_prologue(example(4)),
              ElementsAre("Warmup completed 20 queries over 200 ms", "Timing trace has 4 queries over 0.01 s"));
}

TEST(Timing, TraceLeavesTheIncompleteGroupOut) {
  EXPECT_THAT(format_trace(example(5), 2),
              ElementsAre("", "=== Trace details ===", "Trace averages of 2 runs:",
                          "Average on 2 runs - GPU latency: 2.5 ms - Host latency: 2.5 ms (enqueue 0.25 ms)",
                          "Average on 2 runs - GPU latency: 2.5 ms - Host latency: 2.5 ms (enqueue 0.25 ms)"));
}

TEST(Timing, LongTraceLeavesTheMiddleOut) {
  const auto lines = format_trace(example(1000), 1);
  ASSERT_EQ(lines.size(), 3U + 401);
  EXPECT_EQ(lines[3 + 200], "... Omitting 600 lines");
  EXPECT_EQ(format_trace(example(400), 1).size(), 3U + 400);
}

TEST(Timing, Summary) {
  const std::vector<float> percentiles = {90, 99.5};
  EXPECT_THAT(
      format_summary(example(4), percentiles),
      ElementsAre("", "=== Performance summary ===", "Throughput: 400 qps",
                  "Latency: min = 2 ms, max = 3 ms, mean = 2.5 ms, median = 2.5 ms, percentile(90%) = 3 ms, "
                  "percentile(99.5%) = 3 ms",
                  "Enqueue Time: min = 0.25 ms, max = 0.25 ms, mean = 0.25 ms, median = 0.25 ms, percentile(90%) = "
                  "0.25 ms, percentile(99.5%) = 0.25 ms",
                  "H2D Latency: min = 0 ms, max = 0 ms, mean = 0 ms, median = 0 ms, percentile(90%) = 0 ms, "
                  "percentile(99.5%) = 0 ms",
                  "GPU Compute Time: min = 2 ms, max = 3 ms, mean = 2.5 ms, median = 2.5 ms, percentile(90%) = 3 ms, "
                  "percentile(99.5%) = 3 ms",
                  "D2H Latency: min = 0 ms, max = 0 ms, mean = 0 ms, median = 0 ms, percentile(90%) = 0 ms, "
                  "percentile(99.5%) = 0 ms",
                  "Total Host Walltime: 0.01 s", "Total GPU Compute Time: 0.01 s"));
}

TEST(Timing, NothingMeasured) {
  const Trace empty;
  EXPECT_EQ(format_summary(empty, {})[2], "Throughput: 0 qps");
  EXPECT_TRUE(find_warnings(empty).empty());
  EXPECT_EQ(times_to_json(empty), "[\n]\n");
}

TEST(Timing, Warnings) {
  Trace trace = example(10);
  EXPECT_THAT(find_warnings(trace), ElementsAre(HasSubstr("varies by 20.0 %")));
  for (Query& query : trace.queries) query.start_enqueue = query.end_enqueue - 3;
  trace.streams = 2;
  EXPECT_EQ(find_warnings(trace).size(), 3U);
}

TEST(Timing, TimesAsJson) {
  EXPECT_EQ(
      times_to_json(example(1)),
      "[\n"
      "  { \"startEnqMs\" : -0.25, \"endEnqMs\" : 0, \"startH2dMs\" : 0, \"endH2dMs\" : 0, \"startComputeMs\" : 0, "
      "\"endComputeMs\" : 2, \"startD2hMs\" : 2, \"endD2hMs\" : 2, \"h2dMs\" : 0, \"computeMs\" : 2, \"d2hMs\" : 0, "
      "\"latencyMs\" : 2 }\n"
      "]\n");
}

TEST(LayerProfile, TableAndJson) {
  LayerProfile profile;
  for (float factor : {1.0F, 3.0F}) {
    profile.reportLayerTime("conv1", 1.5F * factor);
    profile.reportLayerTime("view", 0);
    profile.reportLayerTime("fc \"x\"", 0.5F * factor);
  }
  EXPECT_EQ(profile.runs(), 2U);
  EXPECT_THAT(profile.format(), ElementsAre("", "=== Profile (2 iterations ) ===",
                                            "    Time(ms)    Avg.(ms)  Median(ms)  Time(%)   Layer",
                                            "        6.00      3.0000      3.0000     75.0   conv1",
                                            "        2.00      1.0000      1.0000     25.0   fc \"x\"",
                                            "        8.00      4.0000      4.0000    100.0   Total", ""));
  EXPECT_EQ(
      profile.to_json(),
      "[\n"
      "  { \"count\" : 2 }\n"
      ", { \"name\" : \"conv1\", \"timeMs\" : 6, \"averageMs\" : 3, \"medianMs\" : 3, \"percentage\" : 75 }\n"
      ", { \"name\" : \"view\", \"timeMs\" : 0, \"averageMs\" : 0, \"medianMs\" : 0, \"percentage\" : 0 }\n"
      ", { \"name\" : \"fc \\\"x\\\"\", \"timeMs\" : 2, \"averageMs\" : 1, \"medianMs\" : 1, \"percentage\" : 25 }\n"
      "]\n");
}

TEST(LayerProfile, OneLayer) {
  LayerProfile profile;
  for (int run = 0; run < 3; ++run) profile.reportLayerTime("only", 1);
  EXPECT_EQ(profile.runs(), 3U);
}

TEST(Progress, Bar) {
  EXPECT_EQ(format_bar("tuning", 0, 20, 0), "tuning  [------------------------------]    0 %  0/20");
  EXPECT_EQ(format_bar("tuning", 10, 20, 75), "tuning  [###############---------------]   50 %  10/20  ETA 1:15");
  EXPECT_EQ(format_bar("tuning", 20, 20, 150), "tuning  [##############################]  100 %  20/20  ETA 0:00");
}

TEST(Console, LineFormat) {
  std::tm local{};
  local.tm_year = 126;
  local.tm_mon = 10;
  local.tm_mday = 2;
  local.tm_hour = 13;
  local.tm_min = 4;
  local.tm_sec = 5;
  local.tm_isdst = -1;
  EXPECT_EQ(format_log_line(std::mktime(&local), tenon::ILogger::Severity::kWARNING, "text"),
            "[11/02/2026-13:04:05] [W] text");
}

}  // namespace
}  // namespace tenonexec
