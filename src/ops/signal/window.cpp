// SPDX-License-Identifier: Apache-2.0
// Windows of a signal: a − b·cos(2πn/N) + c·cos(4πn/N).
#include <numbers>

#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

struct Cosines {
  double a, b, c;
};

std::vector<TensorId> window(NodeView& node, const Cosines& weights) {
  const TensorId size = cast_to(node, node.input(0), DataType::I64);
  const TensorId zero = extent(node, 0), one = extent(node, 1);
  const auto number = [&](double value) { return node.add_constant(Constant::scalar(DataType::F64, value)); };
  const TensorId index = cast_to(node, compose(node, "Range", {zero, size, one}), DataType::F64);
  const TensorId period = node.integer("periodic", 1) != 0 ? size : compose(node, "Sub", {size, one});
  const TensorId turns = compose(node, "Div", {index, cast_to(node, period, DataType::F64)});
  const auto cosine = [&](double times, double weight) {
    const TensorId angles = compose(node, "Mul", {turns, number(2 * std::numbers::pi * times)});
    return compose(node, "Mul", {compose(node, "Cos", {angles}), number(weight)});
  };
  TensorId y = compose(node, "Add", {cosine(1, -weights.b), number(weights.a)});
  if (weights.c != 0) y = compose(node, "Add", {y, cosine(2, weights.c)});
  return {cast_to(node, y, node.data_type("output_datatype", DataType::F32))};
}

std::vector<TensorId> import_hann(NodeView& node) {
  return window(node, {0.5, 0.5, 0});
}
std::vector<TensorId> import_hamming(NodeView& node) {
  return window(node, {25.0 / 46, 21.0 / 46, 0});
}
std::vector<TensorId> import_blackman(NodeView& node) {
  return window(node, {0.42, 0.5, 0.08});
}

constexpr OnnxImporter kOnnx[] = {
    {"HannWindow", 17, import_hann}, {"HammingWindow", 17, import_hamming}, {"BlackmanWindow", 17, import_blackman}};

}  // namespace

extern const OpEntry window_entry = {"Window", nullptr, kOnnx, {}};

}  // namespace tn::ops
