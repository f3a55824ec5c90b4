// SPDX-License-Identifier: Apache-2.0
#include "passes/run_pipeline.h"

#include <algorithm>

#include "passes/pipeline.h"

namespace tn::passes {

PassReport run_pipeline(Graph& graph, const PassOptions& options, const std::function<void(Graph&)>& quantize) {
  const auto all = pipeline();
  const auto simple = static_cast<size_t>(std::ranges::find(all, join_products.name, &Pass::name) - all.begin()) + 1;
  const auto first = all.first(simple), rest = all.subspan(simple);
  const auto is_of_rest = [&](const std::string& name) {
    return std::ranges::find(rest, name, &Pass::name) != rest.end();
  };
  PassOptions here = options;
  std::erase_if(here.disabled, is_of_rest);
  PassReport report = run_passes(graph, first, here);
  if (quantize) quantize(graph);
  here = options;
  here.max_patches -= report.patches();
  std::erase_if(here.disabled, [&](const std::string& name) { return !is_of_rest(name); });
  const PassReport more = run_passes(graph, rest, here);
  report.entries.insert(report.entries.end(), more.entries.begin(), more.entries.end());
  return report;
}

}  // namespace tn::passes
