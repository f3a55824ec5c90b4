// SPDX-License-Identifier: Apache-2.0
#include "ops/control/region.h"
#include "ops/quant/roles.h"
#include "passes/group.h"
#include "passes/outline.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

std::optional<Patch> make_region(Graph& graph, const Group& group, std::string_view kind) {
  const TensorId result = group.result();
  const std::vector<NodeId> loads = group.loads();
  if (loads.size() + group.nodes().size() < 2 || result == kNone) return std::nullopt;
  Outlined region = outline(graph, loads, group.nodes(), result);
  std::vector<Graph> bodies;
  bodies.push_back(std::move(region.body));
  Patch patch(graph);
  const auto outputs =
      patch.add_node(region.name, std::make_shared<ops::Region>(std::string(kind)), region.inputs, std::move(bodies));
  if (!(type_of(graph, outputs[0]) == type_of(graph, result))) return std::nullopt;
  patch.replace(result, outputs[0]);
  return patch;
}

std::optional<Patch> fuse_behind_anchor(Graph& graph, const Uses& uses, NodeId id) {
  if (!ops::is_product(graph.node(id))) return std::nullopt;
  Group group(graph, uses, id);
  group.grow_forward();
  return make_region(graph, group, graph.node(id).op->name());
}

std::optional<Patch> fuse_elementwise(Graph& graph, const Uses& uses, NodeId id) {
  if (!elementwise(graph.node(id))) return std::nullopt;
  Group group(graph, uses, id);
  group.grow_forward();
  group.grow_backward();
  return make_region(graph, group, "Pointwise");
}

constexpr Rule kAnchorRules[] = {fuse_behind_anchor};
constexpr Rule kPointwiseRules[] = {fuse_elementwise};

}  // namespace

extern const Pass fuse_anchors = {"fuse_anchors", kAnchorRules};
extern const Pass fuse_pointwise = {"fuse_pointwise", kPointwiseRules};

}  // namespace tn::passes
