// SPDX-License-Identifier: Apache-2.0
// What is known about measured runs, and the numbers drawn from it.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tenonexec {

/// Times of one run (a "query") in milliseconds since the trace began. Where nothing is
/// transferred, as on the CPU, the h2d and d2h intervals are empty.
struct Query {
  double start_enqueue = 0, end_enqueue = 0;
  double start_h2d = 0, end_h2d = 0;
  double start_compute = 0, end_compute = 0;
  double start_d2h = 0, end_d2h = 0;

  double enqueue() const { return end_enqueue - start_enqueue; }
  double h2d() const { return end_h2d - start_h2d; }
  double compute() const { return end_compute - start_compute; }
  double d2h() const { return end_d2h - start_d2h; }
  double latency() const { return h2d() + compute() + d2h(); }
};

/// Milliseconds.
struct Summary {
  double min = 0, max = 0, mean = 0, median = 0;
  double variation = 0;             ///< standard deviation / mean
  std::vector<double> percentiles;  ///< in the order asked for
};

Summary summarize(std::vector<double> values, std::span<const float> percentiles);

/// Everything measured by one benchmark.
struct Trace {
  int warm_up_queries = 0;
  double warm_up_ms = 0;
  std::vector<Query> queries;  ///< in the order of their start; empty if nothing ran
  int streams = 1;

  /// From the first start of a transfer to the last end of one.
  double walltime_ms() const;
  double throughput() const;  ///< queries a second
};

/// "Warmup completed …" and "Timing trace has …".
std::vector<std::string> format_prologue(const Trace& trace);
/// "=== Trace details ===" and one line per `average` runs; a rest that fills no group is left out.
std::vector<std::string> format_trace(const Trace& trace, int average);
/// "=== Performance summary ===" to "Total GPU Compute Time".
std::vector<std::string> format_summary(const Trace& trace, std::span<const float> percentiles);
/// What makes the numbers doubtful.
std::vector<std::string> find_warnings(const Trace& trace);
/// --exportTimes.
std::string times_to_json(const Trace& trace);

}  // namespace tenonexec
