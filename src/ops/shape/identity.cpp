// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/identity.h"

#include "ops/entry.h"
#include "ops/shape/expand.h"
#include "ops/shape/shape.h"

namespace tn::ops {

std::optional<Dims> Identity::value(const InferContext& context) const {
  const Dims* value = context.value(0);
  return value ? std::optional(*value) : std::nullopt;
}

namespace {

// Inference drops nothing: the mask, if asked for, is all ones.
std::vector<TensorId> import_dropout(NodeView& node) {
  const TensorId x = node.input(0);
  const Constant* training = node.has_input(2) ? node.constant(node.input(2)) : nullptr;
  const Constant* ratio = node.has_input(1) ? node.constant(node.input(1)) : nullptr;
  const bool drops = training && training->integer(0) != 0 && !(ratio && ratio->number(0) == 0);
  if (drops) throw Error(ErrorCode::Unsupported, "training_mode is set; export the model for inference");
  std::vector<TensorId> outputs = {node.add(std::make_shared<Identity>(), {x})};
  if (node.output_count > 1) {
    const DataType mask = node.version < 10 ? node.type(x).type : DataType::Bool;
    const TensorId shape = node.add(std::make_shared<ShapeOf>(), {x});
    outputs.push_back(node.add(std::make_shared<Expand>(), {node.add_constant(Constant::scalar(mask, 1)), shape}));
  }
  return outputs;
}

// Sequences and optionals are themselves.
std::vector<TensorId> import_identity(NodeView& node) {
  return node.has_input(0) ? import_same<Identity>(node) : node.give_all({node.value(0)});
}

constexpr OnnxImporter kOnnx[] = {{"Identity", 1, import_identity}, {"Dropout", 1, import_dropout}};
constexpr std::string_view kCases[] = {"Identity(f32[2,3])", "Identity(bool[4])"};

}  // namespace

extern const OpEntry identity_entry = {Identity::kName, make_op<Identity>, kOnnx, kCases};

}  // namespace tn::ops
