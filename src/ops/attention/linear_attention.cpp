// SPDX-License-Identifier: Apache-2.0
// ONNX's LinearAttention: a Scan over time whose state [N,H,Dk,Dv] is what attention would look up.
#include <cmath>

#include "ops/compose.h"
#include "ops/control/loop.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// What the recurrence reads, in f32, time on axis 1; kNone where the rule has none.
struct Operands {
  TensorId state;                        ///< [N,H,Dk,Dv]
  TensorId q;                            ///< [N,T,H,G,Dk], scaled; G queries share a state
  TensorId k, v;                         ///< [N,T,H,Dk], [N,T,H,Dv]
  TensorId decay = kNone, beta = kNone;  ///< [N,T,H,Dk or 1], [N,T,H or 1]
};

// [N,T,H·D] as [N,T,parts…,D] in f32.
TensorId unpack(NodeView& node, size_t input, Dims parts) {
  const TensorId x = cast_to(node, node.input(input), DataType::F32);
  const Dims& dims = node.type(x).dims;
  model_check(dims.size() == 3, "input {} is {}", input, to_string(node.type(x)));
  parts.push_back(Dim::floor_div(dims[2], product(parts)));
  parts.insert(parts.begin(), {dims[0], dims[1]});
  return reshape(node, x, parts);
}

Operands read_operands(NodeView& node) {
  const int64_t queries = node.integer("q_num_heads", 0), heads = node.integer("kv_num_heads", 0);
  model_check(heads > 0 && queries > 0 && queries % heads == 0, "{} query heads for {} states", queries, heads);
  const std::string rule = node.text("update_rule", "gated_delta");
  const bool gated = rule == "gated" || rule == "gated_delta", delta = rule == "delta" || rule == "gated_delta";
  model_check(gated || delta || rule == "linear", "update_rule is '{}'", rule);
  model_check(node.has_input(4) == gated && node.has_input(5) == delta, "decay or beta do not fit update_rule '{}'",
              rule);
  Operands x{kNone, unpack(node, 0, {heads, queries / heads}), unpack(node, 1, {heads}), unpack(node, 2, {heads})};
  const Dim keys = node.type(x.k).dims[3];
  double scale = node.number("scale", 0);
  model_check(scale != 0 || keys.is_constant(), "the head size must be known, or scale given");
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(*keys.constant()));
  x.q = compose(node, "Mul", {x.q, scalar_like(node, scale, x.q)});
  if (gated) x.decay = compose(node, "Exp", {unpack(node, 4, {heads})});
  if (delta) x.beta = cast_to(node, node.input(5), DataType::F32);
  const Dims state = {node.type(x.k).dims[0], heads, keys, node.type(x.v).dims[3]};
  x.state = node.has_input(3) ? cast_to(node, node.input(3), DataType::F32)
                              : expand(node, node.add_constant(Constant::scalar(DataType::F32, 0)), state);
  return x;
}

// One step: the next state and [N,H,G,Dv].
std::pair<TensorId, TensorId> step(NodeView& node, const Operands& x) {
  constexpr int64_t kRow[] = {2}, kColumn[] = {3}, kBoth[] = {2, 3};
  TensorId state = x.state, v = unsqueeze(node, x.v, kRow);
  if (x.decay != kNone) state = compose(node, "Mul", {state, unsqueeze(node, x.decay, kColumn)});
  if (x.beta != kNone) {
    const TensorId known = compose(node, "MatMul", {unsqueeze(node, x.k, kRow), state});
    v = compose(node, "Mul", {unsqueeze(node, x.beta, kBoth), compose(node, "Sub", {v, known})});
  }
  state = compose(node, "Add", {state, compose(node, "Mul", {unsqueeze(node, x.k, kColumn), v})});
  return {state, compose(node, "MatMul", {x.q, state})};
}

std::vector<TensorId> scan(NodeView& node, const Operands& x) {
  Graph body;
  NodeView inside(body);
  inside.name = node.name;
  std::vector<TensorId> inputs;
  const auto scanned = [&](TensorId outside) {
    if (outside == kNone) return kNone;
    TensorType type = node.type(outside);
    if (!inputs.empty()) type.dims.erase(type.dims.begin() + 1);
    inputs.push_back(outside);
    return body.add_input("x" + std::to_string(inputs.size()), type);
  };
  Operands each{scanned(x.state), kNone, kNone, kNone};
  each.q = scanned(x.q);
  each.k = scanned(x.k);
  each.v = scanned(x.v);
  each.decay = scanned(x.decay);
  each.beta = scanned(x.beta);
  const auto [state, y] = step(inside, each);
  body.set_outputs({state, y});
  auto op = std::make_shared<Scan>();
  op->states = 1;
  op->scanned = static_cast<int64_t>(inputs.size()) - 1;
  op->input_axes.assign(inputs.size() - 1, 1);
  op->output_axes = {1};
  std::vector<Graph> bodies;
  bodies.push_back(std::move(body));
  return node.add_all(std::move(op), std::move(inputs), std::move(bodies));
}

std::vector<TensorId> import_linear_attention(NodeView& node) {
  const TensorType query = node.type(node.input(0));
  const DataType state_type = node.has_input(3) ? node.type(node.input(3)).type : query.type;
  const auto results = scan(node, read_operands(node));
  const Dims dims = node.type(results[1]).dims;  // [N,T,H,G,Dv]
  const TensorId y = reshape(node, results[1], {dims[0], dims[1], dims[2] * dims[3] * dims[4]});
  return {cast_to(node, y, query.type), cast_to(node, results[0], state_type)};
}

constexpr OnnxImporter kOnnx[] = {{"LinearAttention", 27, import_linear_attention}};

}  // namespace

extern const OpEntry linear_attention_entry = {"LinearAttention", nullptr, kOnnx, {}};

}  // namespace tn::ops
