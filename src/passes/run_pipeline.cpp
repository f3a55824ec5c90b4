// SPDX-License-Identifier: Apache-2.0
#include "passes/run_pipeline.h"

#include <algorithm>

#include "passes/pipeline.h"

namespace tn::passes {
namespace {

bool has(std::span<const Pass> passes, std::string_view name) {
  return std::ranges::find(passes, name, &Pass::name) != passes.end();
}

// Where the regions begin.
size_t simple_passes() {
  const auto all = pipeline();
  return static_cast<size_t>(std::ranges::find(all, join_products.name, &Pass::name) - all.begin()) + 1;
}

PassReport run_part(Graph& graph, std::span<const Pass> part, std::span<const Pass> other, PassOptions options) {
  std::erase_if(options.disabled, [&](const std::string& name) { return has(other, name) && !has(part, name); });
  return run_passes(graph, part, options);
}

}  // namespace

PassReport simplify(Graph& graph, const PassOptions& options) {
  const auto all = pipeline();
  return run_part(graph, all.first(simple_passes()), all.subspan(simple_passes()), options);
}

PassReport fuse(Graph& graph, const PassOptions& options) {
  const auto all = pipeline();
  return run_part(graph, all.subspan(simple_passes()), all.first(simple_passes()), options);
}

PassReport run_pipeline(Graph& graph, const PassOptions& options) {
  PassReport report = simplify(graph, options);
  PassOptions rest = options;
  rest.max_patches -= report.patches();
  const PassReport more = fuse(graph, rest);
  report.entries.insert(report.entries.end(), more.entries.begin(), more.entries.end());
  return report;
}

}  // namespace tn::passes
