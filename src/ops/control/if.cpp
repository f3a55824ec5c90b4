// SPDX-License-Identifier: Apache-2.0
#include "ops/control/if.h"

#include "ops/control/body.h"

namespace tn::ops {

std::vector<BodyInput> If::body_inputs(const InferContext& context, size_t) const {
  std::vector<BodyInput> inputs;
  for (int i = 1; i < context.inputs(); ++i) inputs.push_back(as_body_input(context, i));
  return inputs;
}

std::vector<TensorType> If::infer(const InferContext& context) const {
  const TensorType& condition = context.type(0);
  model_check(condition.type == DataType::Bool, "the condition is {}", to_string(condition));
  model_check(context.bodies().size() == 2, "{} bodies where two are needed", context.bodies().size());
  const Graph &yes = context.bodies()[0], &no = context.bodies()[1];
  const auto inputs = body_inputs(context, 0);
  const auto first = body_outputs(yes, inputs), second = body_outputs(no, inputs);
  model_check(first.size() == second.size(), "the branches have {} and {} outputs", first.size(), second.size());
  std::vector<TensorType> types = first;
  for (size_t i = 0; i < types.size(); ++i) {
    model_check(first[i].type == second[i].type && first[i].rank() == second[i].rank(),
                "output {} is {} in one branch and {} in the other, and the condition is not known while building; fix "
                "the input shapes that it depends on",
                i, to_string(first[i]), to_string(second[i]));
    for (size_t axis = 0; axis < types[i].dims.size(); ++axis) {
      const Dim a = upper_bound(yes, first[i].dims[axis]), b = upper_bound(no, second[i].dims[axis]);
      const bool known = a == b && a == first[i].dims[axis] && b == second[i].dims[axis];
      if (!known) types[i].dims[axis] = context.unknown(static_cast<int>(i), static_cast<int>(axis), Dim::max(a, b));
    }
  }
  return types;
}

namespace {

std::optional<bool> known_condition(const NodeView& node, TensorId condition) {
  if (const Constant* constant = node.constant(condition)) return constant->integer(0) != 0;
  const auto value = node.known_integers(condition);
  return value && value->size() == 1 ? std::optional((*value)[0] != 0) : std::nullopt;
}

// A branch whose condition is known takes the place of the node: exporters write such conditions on ranks and shapes,
// and the other branch need not even be valid.
std::vector<TensorId> import_if(NodeView& node) {
  const TensorId condition = node.input(0);
  if (const auto taken = known_condition(node, condition)) {
    return node.give_all(node.bodies->import_inline(*taken ? "then_branch" : "else_branch"));
  }
  import::Body branches[] = {node.bodies->import_body("then_branch", {}), node.bodies->import_body("else_branch", {})};
  std::vector<TensorId> inputs = join_captures(branches);
  inputs.insert(inputs.begin(), condition);
  std::vector<Graph> bodies;
  for (import::Body& branch : branches) bodies.push_back(std::move(branch.graph));
  return node.add_all(std::make_shared<If>(), std::move(inputs), std::move(bodies));
}

constexpr OnnxImporter kOnnx[] = {{"If", 1, import_if}};

}  // namespace

extern const OpEntry if_entry = {If::kName, make_op<If>, kOnnx, {}};

}  // namespace tn::ops
