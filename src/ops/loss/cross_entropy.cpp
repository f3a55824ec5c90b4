// SPDX-License-Identifier: Apache-2.0
// Losses over classes: the negative logarithm of the probability of the target class, weighted and reduced.
#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

// Over all axes.
TensorId total(NodeView& node, std::string_view mode, TensorId x) {
  std::vector<int64_t> axes(node.type(x).dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  return reduce(node, mode, x, std::move(axes), false);
}

/// What a class counts for each target, and the target as an index; both without the targets to be ignored.
struct Targets {
  TensorId classes, weights = kNone, ignored = kNone;
};

Targets read_targets(NodeView& node, DataType type) {
  Targets targets{node.input(1)};
  if (node.has("ignore_index")) {
    const auto ignored = static_cast<double>(node.integer("ignore_index", 0));
    targets.ignored = compose(node, "Equal", {targets.classes, scalar_like(node, ignored, targets.classes)});
    targets.classes = compose(node, "Where", {targets.ignored, scalar_like(node, 0, targets.classes), targets.classes});
  }
  const TensorId one = node.add_constant(Constant::scalar(type, 1)),
                 zero = node.add_constant(Constant::scalar(type, 0));
  if (node.has_input(2)) {
    const TensorId weights = cast_to(node, node.input(2), type);
    targets.weights = compose(node, "Gather", {weights, targets.classes}, {{"axis", int64_t{0}}});
  }
  if (targets.ignored != kNone)
    targets.weights = compose(node, "Where", {targets.ignored, zero, targets.weights == kNone ? one : targets.weights});
  return targets;
}

// Of logarithms of probabilities [N,C,…], in a type wide enough to sum in.
TensorId loss(NodeView& node, TensorId logarithms) {
  constexpr int64_t kClasses[] = {1};
  const Targets targets = read_targets(node, node.type(logarithms).type);
  const TensorId indices = unsqueeze(node, targets.classes, kClasses);
  const TensorId picked = compose(node, "GatherElements", {logarithms, indices}, {{"axis", int64_t{1}}});
  TensorId each = compose(node, "Neg", {squeeze(node, picked, kClasses)});
  if (targets.weights != kNone) each = compose(node, "Mul", {each, targets.weights});
  // Nothing of what is ignored may count, not even an infinity.
  if (targets.ignored != kNone) each = compose(node, "Where", {targets.ignored, scalar_like(node, 0, each), each});
  const std::string reduction = node.text("reduction", "mean");
  if (reduction == "none") return each;
  if (reduction == "sum") return total(node, "Sum", each);
  model_check(reduction == "mean", "reduction is '{}'", reduction);
  if (targets.weights == kNone) return total(node, "Mean", each);
  return compose(node, "Div", {total(node, "Sum", each), total(node, "Sum", targets.weights)});
}

std::vector<TensorId> import_negative_log_likelihood(NodeView& node) {
  const TensorId x = node.input(0);
  return {cast_to(node, loss(node, widen(node, x)), node.type(x).type)};
}

std::vector<TensorId> import_softmax_cross_entropy(NodeView& node) {
  const DataType type = node.type(node.input(0)).type;
  const TensorId logarithms = compose(node, "LogSoftmax", {widen(node, node.input(0))}, {{"axis", int64_t{1}}});
  return {cast_to(node, loss(node, logarithms), type), cast_to(node, logarithms, type)};
}

constexpr OnnxImporter kOnnx[] = {{"NegativeLogLikelihoodLoss", 12, import_negative_log_likelihood},
                                  {"SoftmaxCrossEntropyLoss", 12, import_softmax_cross_entropy}};

}  // namespace

extern const OpEntry cross_entropy_entry = {"CrossEntropy", nullptr, kOnnx, {}};

}  // namespace tn::ops
