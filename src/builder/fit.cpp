// SPDX-License-Identifier: Apache-2.0
#include "builder/fit.h"

#include "passes/fuse_regions.h"
#include "passes/pipeline.h"
#include "passes/run_pipeline.h"
#include "tuning/split.h"
#include "tuning/tuner.h"
#include "tuning/unfused_quantization.h"

namespace tn {
namespace {

void compact(Graph& graph, const passes::PassOptions& options) {
  options.precisions ? options.precisions->compact(graph) : graph.compact();
}

}  // namespace

passes::PassReport fuse_network(Graph& graph, const passes::PassOptions& options, bool moves_quantization) {
  passes::PassReport report;
  if (moves_quantization && !options.disabled.contains(passes::move_quantization.name))
    report = passes::run_passes(graph, std::span(&passes::move_quantization, 1),
                                {{}, options.max_patches, options.precisions, {}});
  passes::PassOptions rest = options;
  rest.max_patches -= report.patches();
  const passes::PassReport more = passes::fuse(graph, rest);
  report.entries.insert(report.entries.end(), more.entries.begin(), more.entries.end());
  compact(graph, options);
  return report;
}

std::string fit_to_backend(Graph& graph, const Backend& backend, const Target& target,
                           const passes::PassOptions& options) {
  int64_t patches = options.max_patches;
  const auto accepts = [&](const Graph& holder, const Node& node) {
    const auto region = region_of(holder, node);
    return region && is_supported(backend, target, *region);
  };
  std::string unfused = regions_not_quantized(graph, backend, target);
  patches -= passes::trim_regions(graph, accepts, patches, options.precisions);
  patches -= passes::run_passes(graph, std::span(&passes::drop_permissions, 1), {{}, patches, options.precisions, {}})
                 .patches();
  split_unsupported(graph, backend, target, options.precisions);
  if (!options.disabled.contains(passes::fuse_pointwise.name))
    passes::run_passes(graph, std::span(&passes::fuse_pointwise, 1), {{}, patches, options.precisions, {}});
  compact(graph, options);
  return unfused + lone_quantization(graph);
}

}  // namespace tn
