// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace tenonexec {
namespace {

using Measure = double (Query::*)() const;

constexpr size_t kMostTraceGroups = 400;

std::vector<double> collect(const Trace& trace, Measure measure) {
  std::vector<double> values;
  values.reserve(trace.queries.size());
  for (const Query& query : trace.queries) values.push_back((query.*measure)());
  return values;
}

double mean(std::span<const Query> queries, Measure measure) {
  double sum = 0;
  for (const Query& query : queries) sum += (query.*measure)();
  return sum / static_cast<double>(queries.size());
}

std::string format_metric(const char* name, const Trace& trace, Measure measure, std::span<const float> percentiles) {
  const Summary summary = summarize(collect(trace, measure), percentiles);
  std::string line = fmt::format("{}: min = {:g} ms, max = {:g} ms, mean = {:g} ms, median = {:g} ms", name,
                                 summary.min, summary.max, summary.mean, summary.median);
  for (size_t i = 0; i < percentiles.size(); ++i)
    line += fmt::format(", percentile({:g}%) = {:g} ms", percentiles[i], summary.percentiles[i]);
  return line;
}

}  // namespace

Summary summarize(std::vector<double> values, std::span<const float> percentiles) {
  Summary summary;
  summary.percentiles.assign(percentiles.size(), 0);
  if (values.empty()) return summary;
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  summary.min = values.front();
  summary.max = values.back();
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count);
  summary.median = count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
  double squares = 0;
  for (double value : values) squares += (value - summary.mean) * (value - summary.mean);
  if (summary.mean > 0) summary.variation = std::sqrt(squares / static_cast<double>(count)) / summary.mean;
  for (size_t i = 0; i < percentiles.size(); ++i) {
    // In float, so that the index is the one that trtexec takes.
    const int left_out = static_cast<int>((1 - percentiles[i] / 100) * static_cast<float>(count));
    summary.percentiles[i] = values[static_cast<size_t>(std::max(static_cast<int>(count) - 1 - left_out, 0))];
  }
  return summary;
}

double Trace::walltime_ms() const {
  if (queries.empty()) return 0;
  double first = queries[0].start_h2d, last = queries[0].end_d2h;
  for (const Query& query : queries) {
    first = std::min(first, query.start_h2d);
    last = std::max(last, query.end_d2h);
  }
  return last - first;
}

double Trace::throughput() const {
  const double walltime = walltime_ms();
  return walltime > 0 ? 1000 * static_cast<double>(queries.size()) / walltime : 0;
}

std::vector<std::string> format_prologue(const Trace& trace) {
  return {fmt::format("Warmup completed {} queries over {:.0f} ms", trace.warm_up_queries, trace.warm_up_ms),
          fmt::format("Timing trace has {} queries over {:g} s", trace.queries.size(), trace.walltime_ms() / 1000)};
}

std::vector<std::string> format_trace(const Trace& trace, int average) {
  std::vector<std::string> lines = {"", "=== Trace details ===", fmt::format("Trace averages of {} runs:", average)};
  const size_t size = static_cast<size_t>(average), groups = trace.queries.size() / size;
  for (size_t group = 0; group < groups; ++group) {
    if (groups > kMostTraceGroups && group == kMostTraceGroups / 2) {
      lines.push_back(fmt::format("... Omitting {} lines", groups - kMostTraceGroups));
      group = groups - kMostTraceGroups / 2;
    }
    const auto queries = std::span(trace.queries).subspan(group * size, size);
    lines.push_back(fmt::format("Average on {} runs - GPU latency: {:g} ms - Host latency: {:g} ms (enqueue {:g} ms)",
                                average, mean(queries, &Query::compute), mean(queries, &Query::latency),
                                mean(queries, &Query::enqueue)));
  }
  return lines;
}

std::vector<std::string> format_summary(const Trace& trace, std::span<const float> percentiles) {
  const double compute = trace.queries.empty() ? 0 : mean(trace.queries, &Query::compute);
  return {"",
          "=== Performance summary ===",
          fmt::format("Throughput: {:g} qps", trace.throughput()),
          format_metric("Latency", trace, &Query::latency, percentiles),
          format_metric("Enqueue Time", trace, &Query::enqueue, percentiles),
          format_metric("H2D Latency", trace, &Query::h2d, percentiles),
          format_metric("GPU Compute Time", trace, &Query::compute, percentiles),
          format_metric("D2H Latency", trace, &Query::d2h, percentiles),
          fmt::format("Total Host Walltime: {:g} s", trace.walltime_ms() / 1000),
          fmt::format("Total GPU Compute Time: {:g} s", compute * static_cast<double>(trace.queries.size()) / 1000)};
}

std::vector<std::string> find_warnings(const Trace& trace) {
  constexpr double kMostVariation = 0.025, kMostEnqueueShare = 0.8;
  std::vector<std::string> warnings;
  if (trace.queries.empty()) return warnings;
  const Summary compute = summarize(collect(trace, &Query::compute), {});
  const Summary enqueue = summarize(collect(trace, &Query::enqueue), {});
  if (enqueue.median > kMostEnqueueShare * compute.median)
    warnings.push_back("Handing over a run takes almost as long as the run: throughput may be bound by enqueue time");
  if (compute.variation > kMostVariation)
    warnings.push_back(
        fmt::format("The compute time varies by {:.1f} % (standard deviation over mean): other programs or a changing "
                    "clock disturb the measurement; a longer --duration helps",
                    100 * compute.variation));
  if (trace.streams > 1)
    warnings.push_back("Several streams run at once: the latency of one run includes waiting for the others");
  return warnings;
}

std::string times_to_json(const Trace& trace) {
  std::string json = "[\n";
  for (size_t i = 0; i < trace.queries.size(); ++i) {
    const Query& q = trace.queries[i];
    json += fmt::format(
        "{}{{ \"startEnqMs\" : {:g}, \"endEnqMs\" : {:g}, \"startH2dMs\" : {:g}, \"endH2dMs\" : {:g}, "
        "\"startComputeMs\" : {:g}, \"endComputeMs\" : {:g}, \"startD2hMs\" : {:g}, \"endD2hMs\" : {:g}, "
        "\"h2dMs\" : {:g}, \"computeMs\" : {:g}, \"d2hMs\" : {:g}, \"latencyMs\" : {:g} }}\n",
        i == 0 ? "  " : ", ", q.start_enqueue, q.end_enqueue, q.start_h2d, q.end_h2d, q.start_compute, q.end_compute,
        q.start_d2h, q.end_d2h, q.h2d(), q.compute(), q.d2h(), q.latency());
  }
  return json + "]\n";
}

}  // namespace tenonexec
