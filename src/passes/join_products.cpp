// SPDX-License-Identifier: Apache-2.0
// Products of one input with several constant matrices, whose results are only viewed (queries, keys and values of an
// attention), become one product with the matrices side by side; each gets its slice of the columns.
#include <algorithm>

#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

struct Branch {
  TensorId weights, bias = kNone, result;  ///< the result is behind the bias
  int64_t columns;
};

bool is_view(const Node& node) {
  return is_op(node, "Reshape") || is_op(node, "Transpose");
}

// What follows must be a view: an elementwise operator would run in the product's own pass over memory.
bool is_only_viewed(const Graph& graph, const Uses& uses, TensorId id) {
  const auto readers = uses.readers(id);
  return !uses.is_output(id) && !readers.empty() &&
         std::ranges::all_of(readers, [&](NodeId reader) { return is_view(graph.node(reader)); });
}

// A vector along the last axis.
bool is_bias(const Graph& graph, TensorId id, int64_t columns) {
  const Constant* bias = constant_of(graph, id);
  return bias && bias->dims().rank() == 1 && bias->elements() == columns;
}

std::optional<Branch> branch(const Graph& graph, const Uses& uses, const Node& node) {
  const Constant* weights = constant_input(graph, node, 1);
  if (!weights || weights->dims().rank() != 2 || !is_float(weights->type())) return std::nullopt;
  Branch result{node.inputs[1], kNone, node.outputs[0],
                weights->dims()[attribute<bool>(*node.op, "transpose_b") ? 0 : 1]};
  const NodeId reader = uses.only_reader(result.result);
  if (reader != kNone && is_op(graph.node(reader), "Add")) {
    const Node& add = graph.node(reader);
    const TensorId bias = other_input(add, result.result);
    if (!is_bias(graph, bias, result.columns) || type_of(graph, bias).type != weights->type()) return std::nullopt;
    result.bias = bias;
    result.result = add.outputs[0];
  }
  if (!is_only_viewed(graph, uses, result.result)) return std::nullopt;
  return result;
}

// The products that read what this one reads, if it is the first of them. Either all have a bias or none.
std::vector<Branch> branches(const Graph& graph, const Uses& uses, NodeId id) {
  const Node& first = graph.node(id);
  std::vector<Branch> found;
  for (const NodeId reader : uses.readers(first.inputs[0])) {
    const Node& node = graph.node(reader);
    if (!is_op(node, "MatMul") || node.inputs[0] != first.inputs[0]) continue;
    if (node.op->attributes() != first.op->attributes()) continue;
    const auto one = branch(graph, uses, node);
    if (!one || type_of(graph, one->weights).type != type_of(graph, first.inputs[1]).type) continue;
    if (found.empty() && reader != id) return {};
    if (found.empty() || (one->bias == kNone) == (found[0].bias == kNone)) found.push_back(*one);
  }
  return found;
}

// Along the last axis, or, of rows, along the first.
ConstantPtr side_by_side(const std::vector<ConstantPtr>& parts, bool rows) {
  const Shape& dims = parts[0]->dims();
  Shape joined = dims;
  const int axis = rows ? 0 : dims.rank() - 1;
  joined[axis] = 0;
  for (const ConstantPtr& part : parts) joined[axis] += part->dims()[axis];
  const int64_t outer = axis == 0 ? 1 : dims[0];
  const size_t element = size_of(parts[0]->type());
  return Constant::make(parts[0]->type(), joined, [&](const TensorView& view) {
    auto* to = static_cast<std::byte*>(view.data);
    for (int64_t row = 0; row < outer; ++row) {
      for (const ConstantPtr& part : parts) {
        const size_t bytes = static_cast<size_t>(part->elements() / outer) * element;
        to = std::ranges::copy(part->bytes().subspan(static_cast<size_t>(row) * bytes, bytes), to).out;
      }
    }
  });
}

std::optional<Patch> join(Graph& graph, const Uses& uses, NodeId id) {
  const Node node = graph.node(id);
  if (!is_op(node, "MatMul") || attribute<bool>(*node.op, "transpose_a")) return std::nullopt;
  const std::vector<Branch> all = branches(graph, uses, id);
  if (all.size() < 2) return std::nullopt;
  std::vector<ConstantPtr> weights, biases;
  for (const Branch& one : all) {
    weights.push_back(graph.tensor(one.weights).constant);
    if (one.bias != kNone) biases.push_back(graph.tensor(one.bias).constant);
  }
  const std::string name = node.name + "/joined";
  const int64_t axis = type_of(graph, node.outputs[0]).rank() - 1;
  Patch patch(graph);
  TensorId product =
      patch.add(name, node.op,
                {node.inputs[0],
                 patch.constant(name + "/weights", side_by_side(weights, attribute<bool>(*node.op, "transpose_b")))});
  if (!biases.empty())
    product = patch.add(name + "/add", make_op("Add"),
                        {product, patch.constant(name + "/bias", side_by_side(biases, false))});
  const auto number = [&](std::string_view what, int64_t value) {
    return patch.constant(fmt::format("{}/{}", name, what), integers(std::vector<int64_t>{value}));
  };
  const TensorId along = number("axis", axis);
  int64_t begin = 0;
  for (const Branch& one : all) {
    const TensorId part = patch.add(fmt::format("{}/{}", name, begin), make_op("Slice"),
                                    {product, number("begin", begin), number("end", begin + one.columns), along});
    if (!(type_of(graph, part) == type_of(graph, one.result))) return std::nullopt;
    patch.replace(one.result, part);
    begin += one.columns;
  }
  return patch;
}

constexpr Rule kRules[] = {join};

}  // namespace

extern const Pass join_products = {"join_products", kRules};

}  // namespace tn::passes
