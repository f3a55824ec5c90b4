// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_runner.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "base/os/file.h"
#include "ir/text.h"

namespace tn::passes {
namespace {

constexpr int kMaxSweeps = 1000;

// The patches that one sweep over the nodes applies.
int64_t sweep(Graph& graph, const Pass& pass, int64_t budget, Precisions& precisions) {
  int64_t applied = 0;
  Uses uses(graph, &precisions);
  for (const NodeId id : graph.order()) {
    for (const Rule rule : pass.rules) {
      if (applied == budget) return applied;
      if (!graph.node(id).alive) break;
      auto patch = rule(graph, uses, id);
      if (!patch || !precisions.apply(*patch)) continue;
      ++applied;
      remove_dead_nodes(graph);
      uses = Uses(graph, &precisions);
    }
  }
  return applied;
}

int64_t run_pass(Graph& graph, const Pass& pass, int64_t budget, Precisions& precisions) {
  int64_t applied = 0;
  remove_dead_nodes(graph);
  for (int sweeps = 0;; ++sweeps) {
    internal_check(sweeps < kMaxSweeps, "pass '{}' does not come to rest", pass.name);
    const int64_t count = sweep(graph, pass, budget - applied, precisions);
    applied += count;
    if (count == 0) break;
  }
  for (size_t i = 0; i < graph.node_count(); ++i) {
    const auto id = static_cast<NodeId>(i);
    if (!graph.node(id).alive || graph.node(id).op->name() == "Region") continue;
    Precisions none;
    for (Graph& body : graph.edit_node(id).bodies) applied += run_pass(body, pass, budget - applied, none);
  }
  return applied;
}

[[noreturn]] void fail(const Graph& before, const Pass& pass, const PassOptions& options, const char* message) {
  const std::string text = to_text(before);
  const auto folder = options.failure_folder.empty() ? std::filesystem::temp_directory_path() : options.failure_folder;
  const auto path = folder / fmt::format("tenon-{}-{}.txt", pass.name, hash_text(text).hex().substr(0, 8));
  write_file_atomically(path, text);
  throw Error(ErrorCode::Internal, "pass '{}': {}; the graph before it is in {}; --disablePass={} goes on without it",
              pass.name, message, path.string(), pass.name);
}

}  // namespace

int64_t PassReport::patches() const {
  return std::accumulate(entries.begin(), entries.end(), int64_t{0},
                         [](int64_t sum, const Entry& entry) { return sum + entry.patches; });
}

std::string PassReport::to_string() const {
  std::string text;
  for (const Entry& entry : entries)
    text += fmt::format("{:<26} {:6} edits {:9.2f} ms\n", entry.name, entry.patches, entry.milliseconds);
  return text;
}

PassReport run_passes(Graph& graph, std::span<const Pass> passes, const PassOptions& options) {
  for (const std::string& name : options.disabled) {
    if (std::ranges::find(passes, name, &Pass::name) != passes.end()) continue;
    std::string known;
    for (const Pass& pass : passes) known += fmt::format("{}{}", known.empty() ? "" : ", ", pass.name);
    throw Error(ErrorCode::InvalidArgument, "there is no pass '{}'; passes are {}", name, known);
  }
  Precisions none;
  Precisions& precisions = options.precisions ? *options.precisions : none;
  PassReport report;
  int64_t left = options.max_patches;
  for (const Pass& pass : passes) {
    if (options.disabled.contains(pass.name)) continue;
    const Graph before = graph;
    const auto start = std::chrono::steady_clock::now();
    int64_t applied = 0;
    try {
      applied = run_pass(graph, pass, left, precisions);
      verify(graph);
    } catch (const std::exception& error) {
      fail(before, pass, options, error.what());
    }
    left -= applied;
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    report.entries.push_back({std::string(pass.name), applied, time.count()});
  }
  precisions.compact(graph);
  return report;
}

}  // namespace tn::passes
