// SPDX-License-Identifier: Apache-2.0
#include "ops/rnn/recurrent.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// An optional input that must have these extents and (unless it holds lengths) the type of X.
void check_input(const InferContext& context, int input, const Dims& dims, bool lengths = false) {
  if (!context.has(input)) return;
  const TensorType& type = context.type(input);
  bool fits = type.dims.size() == dims.size() && type.type == (lengths ? DataType::I32 : context.type(0).type);
  for (size_t i = 0; fits && i < dims.size(); ++i) fits = may_equal(type.dims[i], dims[i]);
  model_check(fits, "input {} is {}, {} is needed", input, to_string(type), to_string(dims));
}

}  // namespace

std::vector<TensorType> Recurrent::infer_layer(const InferContext& context, int64_t gates, size_t activation_count,
                                               int outputs) const {
  check_rank(context, 0, 3);
  check_rank(context, 2, 3);
  model_check(layout == 0 || layout == 1, "layout {}", layout);
  check_activations(*this, activation_count);
  const TensorType& x = context.type(0);
  const Dim &steps = x.dims[layout == 0 ? 0 : 1], &batch = x.dims[layout == 0 ? 1 : 0];
  const auto hidden = context.type(2).dims[2].constant();
  model_check(hidden.has_value(), "R is {}: its last extent must be known", to_string(context.type(2)));
  const int64_t d = directions(), h = *hidden;
  const Dims state = layout == 0 ? Dims{d, batch, h} : Dims{batch, d, h};
  check_input(context, 1, {d, gates * h, x.dims[2]});
  check_input(context, 2, {d, gates * h, h});
  check_input(context, 3, {d, 2 * gates * h});
  check_input(context, 4, {batch}, true);
  check_input(context, 5, state);
  check_input(context, 6, state);
  check_input(context, 7, {d, 3 * h});
  std::vector<TensorType> types(static_cast<size_t>(outputs), TensorType{x.type, state});
  types[0].dims = layout == 0 ? Dims{steps, d, batch, h} : Dims{batch, steps, d, h};
  return types;
}

namespace {

template <typename Layer>
std::vector<TensorId> import_layer(NodeView& node) {
  const TensorType& r = node.type(node.input(2));
  const int64_t hidden = r.rank() == 3 ? r.dims[2].constant().value_or(0) : 0;
  model_check(node.integer("hidden_size", hidden) == hidden, "hidden_size is {}, R is {}",
              node.integer("hidden_size", 0), to_string(r));
  return import_same<Layer>(node);
}

constexpr OnnxImporter kGru[] = {{"GRU", 1, import_layer<Gru>}};
constexpr OnnxImporter kLstm[] = {{"LSTM", 1, import_layer<Lstm>}};
constexpr OnnxImporter kRnn[] = {{"RNN", 1, import_layer<Rnn>}};
constexpr std::string_view kGruCases[] = {
    "GRU(f32[4,2,3], f32[1,15,3], f32[1,15,5], f32[1,30])",
    "GRU(f32[2,4,3], f32[2,15,3], f32[2,15,5], f32[2,30], absent, f32[2,2,5]) {direction=\"bidirectional\", "
    "linear_before_reset=true, layout=1}",
};
constexpr std::string_view kLstmCases[] = {
    "LSTM(f32[4,2,3], f32[1,20,3], f32[1,20,5], f32[1,40], absent, f32[1,2,5], f32[1,2,5])",
    "LSTM(f32[4,2,3], f32[2,20,3], f32[2,20,5], f32[2,40], i32[2]{3,4}, absent, absent, f32[2,15]) "
    "{direction=\"bidirectional\", clip=1.5}",
    "LSTM(f32[4,2,3], f32[1,20,3], f32[1,20,5]) {direction=\"reverse\", "
    "activations=[\"HardSigmoid\",\"Relu\",\"Softsign\"]}",
};
constexpr std::string_view kRnnCases[] = {
    "RNN(f32[4,2,3], f32[1,5,3], f32[1,5,5], f32[1,10]) {activations=[\"Relu\"]}"};

}  // namespace

extern const OpEntry gru_entry = {Gru::kName, make_op<Gru>, kGru, kGruCases};
extern const OpEntry lstm_entry = {Lstm::kName, make_op<Lstm>, kLstm, kLstmCases};
extern const OpEntry rnn_entry = {Rnn::kName, make_op<Rnn>, kRnn, kRnnCases};

}  // namespace tn::ops
