// SPDX-License-Identifier: Apache-2.0
#include "tuning/type_options.h"

#include <algorithm>

#include "tuning/tuner.h"

namespace tn {

Storage uniform_storage(const Node& node, DataType type) {
  return {std::vector(node.inputs.size(), type), std::vector(node.outputs.size(), type)};
}

bool has_kernel(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage,
                const Backend& backend, const Target& target) {
  const Graph alone = isolate(graph, node, rule, storage);
  const auto region = only_region(alone);
  return region && has_kernel(backend, target, *region);
}

TypeOptionsFinder::TypeOptionsFinder(const Graph& graph, const Backend& backend, const Target& target, DataType narrow,
                                     const TypeRules& rules)
    : graph_(graph), backend_(backend), target_(target), narrow_(narrow), rules_(rules), wide_(graph.tensor_count()) {}

TypeOptions TypeOptionsFinder::options_of(NodeId id) {
  const Node& node = graph_.node(id);
  TypeOptions options;
  const Retyping& rule = options.rule = retyping_of(graph_, node);
  options.chooses = !rule.inputs.empty() || !rule.outputs.empty();
  if (!options.chooses) return options;
  const Precision* const precision = rules_.precisions ? rules_.precisions->find(id) : nullptr;
  if (precision && precision->type == narrow_ && !precision->written_out) {
    options.held = precision;
    options.only_f32 = false;
    find_mixtures(node, options);
    return options;
  }
  const bool wide = !constants_fit(graph_, node, narrow_);
  const bool passes_on =
      rule.moves && std::ranges::any_of(rule.inputs, [&](size_t i) { return is_wide(node.inputs[i]); });
  if (wide || passes_on) {
    for (const size_t i : rule.outputs) wide_[static_cast<size_t>(node.outputs[i])] = true;
  }
  options.only_f32 = precision || !rules_.others || rule.fixed || wide || passes_on ||
                     (!rule.moves && !has_kernel(node, rule, uniform_storage(node, narrow_)));
  find_mixtures(node, options);
  return options;
}

// Which operands a node takes or gives in the other type than the one that it works on, and whether those are all.
// What an anchor reads first says what it works on.
void TypeOptionsFinder::find_mixtures(const Node& node, TypeOptions& options) const {
  const Retyping& rule = options.rule;
  const auto region = region_of(graph_, node);
  const int first = region && region->anchor && !region->anchor_inputs.empty() ? region->anchor_inputs[0] : kNone;
  options.follows = region && !region->anchor && !rule.fixed && !rule.in_place && !options.only_f32 && !options.held;
  for (const bool works_narrow : {false, true}) {
    auto& reads = options.reads_other[works_narrow];
    auto& writes = options.writes_other[works_narrow];
    reads.assign(node.inputs.size(), false);
    writes.assign(node.outputs.size(), false);
    if (rule.fixed || rule.in_place || options.held || (works_narrow && options.only_f32)) continue;
    const DataType own = works_narrow ? narrow_ : DataType::F32, other = works_narrow ? DataType::F32 : narrow_;
    for (const size_t i : rule.inputs) {
      Storage storage = uniform_storage(node, own);
      storage.inputs[i] = other;
      reads[i] = static_cast<int>(i) != first && has_kernel(node, rule, storage);
      options.follows &= reads[i];
    }
    for (const size_t i : rule.outputs) {
      Storage storage = uniform_storage(node, own);
      storage.outputs[i] = other;
      writes[i] = has_kernel(node, rule, storage);
      options.follows &= writes[i];
    }
  }
}

}  // namespace tn
