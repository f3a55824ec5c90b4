// SPDX-License-Identifier: Apache-2.0
#include "tuning/hold_types.h"

#include <algorithm>

#include "base/error.h"
#include "ops/control/region.h"
#include "tuning/type_options.h"

namespace tn {
namespace {

class Writer {
 public:
  Writer(Graph& graph, const Backend& backend, const Target& target, Precisions& precisions)
      : graph_(graph), backend_(backend), target_(target), precisions_(precisions) {}

  /// Why the node cannot be had so; empty where it can.
  std::string write_out(NodeId id, Precision held) {
    const Node& node = graph_.node(id);
    const Retyping rule = retyping_of(graph_, node);
    if (!node.bodies.empty() && node.op->name() != ops::Region::kName) return "what it runs inside stays in f32";
    if (rule.inputs.empty() && rule.outputs.empty()) return "it has no operands of f32";
    if (!constants_fit(graph_, node, held.type))
      return fmt::format("one of its constants is beyond what {} holds", name_of(held.type));
    if (has_kernel(node, rule, held)) {
      if (!held.gives_f32) convert_outputs(id);
      return "";
    }
    // Adding nodes moves this one.
    const std::vector<TensorId> inputs = operands(node.inputs, rule.inputs),
                                outputs = operands(node.outputs, rule.outputs);
    for (const TensorId input : inputs) round_input(id, input, held.type);
    if (!held.gives_f32) {
      for (const TensorId output : outputs) round_output(output, held.type);
    }
    held.written_out = true;
    precisions_.hold(id, std::move(held));
    return "";
  }

 private:
  static std::vector<TensorId> operands(const std::vector<TensorId>& all, const std::vector<size_t>& chosen) {
    std::vector<TensorId> ids;
    for (const size_t i : chosen) {
      if (std::ranges::find(ids, all[i]) == ids.end()) ids.push_back(all[i]);
    }
    return ids;
  }

  bool has_kernel(const Node& node, const Retyping& rule, const Precision& held) const {
    if (rule.fixed || (rule.in_place && held.gives_f32)) return false;
    if (rule.moves) return true;
    const DataType gives = held.gives_f32 ? DataType::F32 : held.type;
    const Storage storage{std::vector(node.inputs.size(), held.type), std::vector(node.outputs.size(), gives)};
    return tn::has_kernel(graph_, node, rule, storage, backend_, target_);
  }

  std::string name_for(TensorId id, std::string_view what) const {
    return fmt::format("{} ({})", graph_.tensor(id).name, what);
  }

  TensorId rounded(TensorId id, DataType type) {
    const TensorId narrow = graph_.add(name_for(id, name_of(type)), cast_op(type), {id});
    return graph_.add(name_for(id, fmt::format("rounded to {}", name_of(type))), cast_op(DataType::F32), {narrow});
  }

  // Whether the tensor has been rounded to the type already.
  bool is_rounded(TensorId id, DataType type) const {
    const Node* const widens = graph_.producer(id);
    return widens && widens->op->name() == "Cast" && graph_.tensor(widens->inputs[0]).type.type == type;
  }

  void round_input(NodeId id, TensorId input, DataType type) {
    if (is_rounded(input, type)) return;
    const TensorId by = rounded(input, type);
    auto& inputs = graph_.edit_node(id).inputs;
    std::ranges::replace(inputs, input, by);
  }

  void round_output(TensorId output, DataType type) {
    Patch patch(graph_);
    patch.replace(output, rounded(output, type));
    internal_check(patch.apply(), "'{}' cannot be rounded", graph_.tensor(output).name);
  }

  // The caller's tensor is f32: a conversion stands between.
  void convert_outputs(NodeId id) {
    const std::vector<TensorId> outputs = graph_.node(id).outputs;
    for (const TensorId output : outputs) {
      if (!graph_.is_output(output) || graph_.tensor(output).type.type != DataType::F32) continue;
      Patch patch(graph_);
      patch.replace(output, patch.add(name_for(output, "to f32"), cast_op(DataType::F32), {output}));
      internal_check(patch.apply(), "'{}' cannot be converted", graph_.tensor(output).name);
    }
  }

  Graph& graph_;
  const Backend& backend_;
  const Target& target_;
  Precisions& precisions_;
};

}  // namespace

std::vector<UnmetPrecision> write_out_precisions(Graph& graph, const Backend& backend, const Target& target,
                                                 Precisions& precisions) {
  Writer writer(graph, backend, target, precisions);
  std::vector<UnmetPrecision> unmet;
  for (const NodeId id : graph.order()) {
    const Precision* const held = precisions.find(id);
    if (!held || held->type == DataType::F32) continue;
    const Precision wanted = *held;
    const std::string reason = writer.write_out(id, wanted);
    if (reason.empty()) continue;
    for (const std::string& layer : wanted.layers) unmet.push_back({layer, reason});
    precisions.release(id);
  }
  verify(graph);
  return unmet;
}

}  // namespace tn
