// SPDX-License-Identifier: Apache-2.0
// Recurrent layers, unrolled over time as Caffe unrolls them: inputs are [T, N, …], and a second bottom [T, N] is 0
// where a sequence begins.
#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

/// What both recurrent layers share: the inputs' part of the sums, and the steps.
class Recurrent {
 public:
  /// `hidden`: how many states the layer has; `gates`: how many sums per output.
  Recurrent(LayerContext& layer, size_t hidden, int64_t gates) : layer_(layer) {
    const Message& parameters = layer.parameters("recurrent_param");
    outputs = LayerContext::size(parameters, "num_output", 0);
    exposed = parameters.flag("expose_hidden", false);
    const TensorId x = layer.bottom();
    model_check(layer.rank(x) >= 2, "its input {} has no time and batch", to_string(layer.type(x)));
    steps = layer.extent(x, 0);
    batch = layer.extent(x, 1);
    constexpr int64_t kMostSteps = 4096;
    if (steps > kMostSteps) throw Error(ErrorCode::Unsupported, "{} steps, at most {} are unrolled", steps, kMostSteps);
    const Shape marks = layer.shape(layer.bottom(1));
    model_check(marks == Shape({steps, batch}), "its second bottom is {}, not {}", to_string(marks),
                to_string(Shape{steps, batch}));
    const size_t states = exposed ? hidden : 0;
    const bool fixed = layer.bottoms() > 2 + states;
    first_state_ = fixed ? 3 : 2;
    width_ = checked_elements(std::vector{gates, outputs}, kMostSize);
    sums_ = layer.reshape(product(x, steps * batch), {steps, batch, width_});
    if (fixed) sums_ = layer.add(sums_, product(layer.bottom(2), batch));
  }

  /// x·W + b of one step, [N, width]; the terms that the layer's next weights add are the caller's.
  TensorId sum(int64_t step) { return layer_.reshape(layer_.slice(sums_, 0, step, step + 1), {batch, width_}); }
  /// 1 where the sequence goes on, [N, 1].
  TensorId goes_on(int64_t step) {
    return layer_.reshape(layer_.slice(layer_.bottom(1), 0, step, step + 1), {batch, 1});
  }
  /// A state before the first step, [N, outputs].
  TensorId initial(size_t state) {
    if (!exposed) return layer_.filled({batch, outputs}, 0);
    return layer_.reshape(layer_.bottom(first_state_ + state), {batch, outputs});
  }
  TensorId next_weight(const Shape& dims) { return layer_.weight(next_++, dims, Fill::sum_of(dims[dims.rank() - 1])); }
  TensorId with_time(TensorId state) { return layer_.reshape(state, {1, batch, outputs}); }

  int64_t outputs = 0, steps = 0, batch = 0;
  bool exposed = false;

 private:
  // The first product has a bias, that with an input that is the same in all steps has none.
  TensorId product(TensorId x, int64_t rows) {
    const Shape dims = layer_.shape(x);
    const int64_t elements = checked_elements(dims.span(), kMostElements);
    model_check(elements > 0 && elements % rows == 0, "{} is no input of {} rows", to_string(dims), rows);
    const bool first = next_ == 0;
    Tops inputs = {layer_.reshape(x, {rows, elements / rows}), next_weight({width_, elements / rows})};
    if (first) inputs.push_back(layer_.weight(next_++, {width_}, {}));
    return layer_.op("Gemm", std::move(inputs), {{"transB", int64_t{1}}});
  }

  LayerContext& layer_;
  size_t next_ = 0, first_state_ = 2;
  int64_t width_ = 0;
  TensorId sums_ = kNone;
};

Tops lstm(LayerContext& layer) {
  constexpr int64_t kGates = 4;
  Recurrent time(layer, 2, kGates);
  const TensorId weights = time.next_weight({kGates * time.outputs, time.outputs});
  TensorId h = time.initial(0), c = time.initial(1);
  Tops results;
  for (int64_t step = 0; step < time.steps; ++step) {
    const TensorId on = time.goes_on(step);
    const TensorId sums =
        layer.add(time.sum(step), layer.op("Gemm", {layer.mul(h, on), weights}, {{"transB", int64_t{1}}}));
    const auto gate = [&](int64_t index, std::string_view function) {
      return layer.op(function, {layer.slice(sums, 1, index * time.outputs, (index + 1) * time.outputs)});
    };
    const TensorId in = gate(0, "Sigmoid"), forget = layer.mul(on, gate(1, "Sigmoid")), out = gate(2, "Sigmoid");
    c = layer.add(layer.mul(forget, c), layer.mul(in, gate(3, "Tanh")));
    h = layer.mul(out, layer.op("Tanh", {c}));
    results.push_back(time.with_time(h));
  }
  return {layer.op("Concat", results, {{"axis", int64_t{0}}}), time.with_time(h), time.with_time(c)};
}

Tops rnn(LayerContext& layer) {
  Recurrent time(layer, 1, 1);
  const Shape square = {time.outputs, time.outputs};
  const TensorId from_state = time.next_weight(square), to_output = time.next_weight(square);
  const TensorId bias = time.next_weight({time.outputs});
  TensorId h = time.initial(0);
  Tops results;
  for (int64_t step = 0; step < time.steps; ++step) {
    const TensorId kept = layer.mul(h, time.goes_on(step));
    const TensorId fed_back = layer.op("Gemm", {kept, from_state}, {{"transB", int64_t{1}}});
    h = layer.op("Tanh", {layer.add(time.sum(step), fed_back)});
    results.push_back(
        time.with_time(layer.op("Tanh", {layer.op("Gemm", {h, to_output, bias}, {{"transB", int64_t{1}}})})));
  }
  return {layer.op("Concat", results, {{"axis", int64_t{0}}}), time.with_time(h)};
}

constexpr LayerEntry kLayers[] = {{"LSTM", lstm}, {"RNN", rnn}};

}  // namespace

std::span<const LayerEntry> recurrent_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
