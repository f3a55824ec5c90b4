// SPDX-License-Identifier: Apache-2.0
#include "ops/rnn/reference/recurrent.h"

#include <algorithm>
#include <functional>

#include "ops/rnn/reference/activation.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

using Vector = std::vector<double>;

// One direction of a recurrent layer, with its weights in double.
struct Layer {
  int64_t hidden, inputs, gates;
  Vector w, r, bias_w, bias_r, peephole;  ///< [gates·hidden, inputs], [gates·hidden, hidden], [gates·hidden], …
  std::span<const Activation> activations;
  const RecurrentAttributes* attributes;

  double bounded(double x) const {
    return attributes->clip > 0 ? std::clamp(x, -attributes->clip, attributes->clip) : x;
  }
  double activate(size_t which, double x) const { return activations[which](bounded(x)); }
  // Row of W times x plus its bias; the same for R and the state.
  double from_input(int64_t gate, int64_t unit, const Vector& x) const {
    return row(w, bias_w, gate * hidden + unit, x);
  }
  double from_state(int64_t gate, int64_t unit, const Vector& h) const {
    return row(r, bias_r, gate * hidden + unit, h);
  }
  double gate(int64_t g, int64_t unit, const Vector& x, const Vector& h) const {
    return from_input(g, unit, x) + from_state(g, unit, h);
  }
  double peep(int64_t g, int64_t unit) const {
    return peephole.empty() ? 0 : peephole[static_cast<size_t>(g * hidden + unit)];
  }

 private:
  static double row(const Vector& matrix, const Vector& bias, int64_t index, const Vector& x) {
    const double* weights = matrix.data() + index * static_cast<int64_t>(x.size());
    double sum = bias[static_cast<size_t>(index)];
    for (size_t i = 0; i < x.size(); ++i) sum += weights[i] * x[i];
    return sum;
  }
};

// Advances one sequence by one step: reads x, replaces the state h and the cell c.
using Step = void (*)(const Layer& layer, const Vector& x, Vector& h, Vector& c);

void rnn_step(const Layer& l, const Vector& x, Vector& h, Vector&) {
  const Vector old = h;
  for (int64_t j = 0; j < l.hidden; ++j) h[static_cast<size_t>(j)] = l.activate(0, l.gate(0, j, x, old));
}

// Gates in the order z, r, h.
void gru_step(const Layer& l, const Vector& x, Vector& h, Vector&) {
  const Vector old = h;
  Vector reset(h.size()), gated(h.size());
  for (size_t j = 0; j < h.size(); ++j) {
    reset[j] = l.activate(0, l.gate(1, static_cast<int64_t>(j), x, old));
    gated[j] = reset[j] * old[j];
  }
  for (size_t j = 0; j < h.size(); ++j) {
    const auto unit = static_cast<int64_t>(j);
    const double z = l.activate(0, l.gate(0, unit, x, old));
    const double state =
        l.attributes->linear_before_reset ? reset[j] * l.from_state(2, unit, old) : l.from_state(2, unit, gated);
    h[j] = (1 - z) * l.activate(1, l.from_input(2, unit, x) + state) + z * old[j];
  }
}

// Gates in the order i, o, f, c; peepholes i, o, f.
void lstm_step(const Layer& l, const Vector& x, Vector& h, Vector& c) {
  const Vector old = h;
  for (size_t j = 0; j < h.size(); ++j) {
    const auto unit = static_cast<int64_t>(j);
    const double i = l.activate(0, l.gate(0, unit, x, old) + l.peep(0, unit) * c[j]);
    const double f =
        l.attributes->input_forget ? 1 - i : l.activate(0, l.gate(2, unit, x, old) + l.peep(2, unit) * c[j]);
    c[j] = f * c[j] + i * l.activate(1, l.gate(3, unit, x, old));
    const double o = l.activate(0, l.gate(1, unit, x, old) + l.peep(1, unit) * c[j]);
    h[j] = o * l.activate(2, c[j]);
  }
}

// The elements of one direction's part of a tensor whose first axis is the direction.
Vector direction_part(const TensorView& view, int64_t direction) {
  const TensorView part = sub_view(view, 0, direction, 1);
  Vector result;
  for (Walk walk(part.dims, {part.strides}); walk.more(); walk.next())
    result.push_back(load_double(part, walk.offset(0)));
  return result;
}

TensorView swap_axes(TensorView view, int a, int b) {
  std::swap(view.dims[a], view.dims[b]);
  std::swap(view.strides[a], view.strides[b]);
  return view;
}

// All views with time first: X [T,B,I], Y [T,D,B,H], states [D,B,H]. Absent ones have no data.
struct Views {
  TensorView x, lengths, h0, c0, y, y_h, y_c;
};

Views time_first(const RecurrentAttributes& a, std::span<const TensorView> inputs,
                 std::span<const TensorView> outputs) {
  const auto get = [](std::span<const TensorView> views, size_t i) {
    return is_present(views, i) ? views[i] : TensorView{};
  };
  Views v{inputs[0], get(inputs, 4), get(inputs, 5), get(inputs, 6), get(outputs, 0), get(outputs, 1), get(outputs, 2)};
  if (a.layout == 0) return v;
  v.x = swap_axes(v.x, 0, 1);
  // Y is [B,T,D,H]; states are [B,D,H].
  if (v.y.data) v.y = swap_axes(swap_axes(v.y, 0, 1), 1, 2);
  for (TensorView* state : {&v.h0, &v.c0, &v.y_h, &v.y_c}) {
    if (state->data) *state = swap_axes(*state, 0, 1);
  }
  return v;
}

int64_t at(const TensorView& view, int64_t a, int64_t b) {
  return a * view.strides[0] + b * view.strides[1];
}

void load(const TensorView& view, int64_t offset, int64_t stride, Vector& to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = load_double(view, offset + static_cast<int64_t>(i) * stride);
}

void store(const TensorView& view, int64_t offset, int64_t stride, const Vector& from) {
  for (size_t i = 0; i < from.size(); ++i) store_double(view, offset + static_cast<int64_t>(i) * stride, from[i]);
}

// One direction over one sequence of the batch.
void run_sequence(const Layer& layer, Step step, const Views& v, int64_t direction, int64_t batch, bool backwards) {
  const int64_t steps = v.x.dims[0];
  const int64_t length =
      v.lengths.data ? std::clamp<int64_t>(load_int64(v.lengths, batch * v.lengths.strides[0]), 0, steps) : steps;
  Vector x(static_cast<size_t>(layer.inputs)), h(static_cast<size_t>(layer.hidden), 0), c(h);
  const Vector zeros(h);
  if (v.h0.data) load(v.h0, at(v.h0, direction, batch), v.h0.strides[2], h);
  if (v.c0.data) load(v.c0, at(v.c0, direction, batch), v.c0.strides[2], c);
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = backwards && i < length ? length - 1 - i : i;
    if (i < length) {
      load(v.x, at(v.x, t, batch), v.x.strides[2], x);
      step(layer, x, h, c);
    }
    if (v.y.data) store(v.y, at(v.y, t, direction) + batch * v.y.strides[2], v.y.strides[3], i < length ? h : zeros);
  }
  if (v.y_h.data) store(v.y_h, at(v.y_h, direction, batch), v.y_h.strides[2], h);
  if (v.y_c.data) store(v.y_c, at(v.y_c, direction, batch), v.y_c.strides[2], c);
}

void run_layer(const RecurrentAttributes& a, int64_t gates, Step step, std::span<const std::string> defaults,
               std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const Views views = time_first(a, inputs, outputs);
  const std::vector<Activation> activations = resolve_activations(a, defaults);
  const size_t each = defaults.size();
  if (!a.activations.empty()) check_activations(a, each);
  const auto fits = [](const Vector& values, int64_t count) { return static_cast<int64_t>(values.size()) == count; };
  for (int64_t direction = 0; direction < a.directions(); ++direction) {
    const int64_t hidden = inputs[2].dims[2];
    const auto rows = static_cast<std::ptrdiff_t>(gates * hidden);
    Vector bias(static_cast<size_t>(2 * rows), 0), peephole;
    if (is_present(inputs, 3)) bias = direction_part(inputs[3], direction);
    require(fits(bias, 2 * rows), "a bias of {} elements for {} rows", bias.size(), rows);
    if (is_present(inputs, 7)) peephole = direction_part(inputs[7], direction);
    const Layer layer{hidden,
                      inputs[0].dims[2],
                      gates,
                      direction_part(inputs[1], direction),
                      direction_part(inputs[2], direction),
                      Vector(bias.begin(), bias.begin() + rows),
                      Vector(bias.begin() + rows, bias.end()),
                      peephole,
                      std::span(activations).subspan(static_cast<size_t>(direction) * each, each),
                      &a};
    require(fits(layer.w, rows * layer.inputs) && fits(layer.r, rows * hidden) &&
                (peephole.empty() || fits(peephole, 3 * hidden)),
            "weights of another size than X {} and {} units want", to_string(inputs[0].dims), hidden);
    const bool backwards = direction == 1 || a.direction == Direction::Reverse;
    for (int64_t batch = 0; batch < views.x.dims[1]; ++batch)
      run_sequence(layer, step, views, direction, batch, backwards);
  }
}

void rnn(const RecurrentAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  static const std::string kDefaults[] = {"Tanh"};
  run_layer(a, 1, rnn_step, kDefaults, inputs, outputs);
}

void gru(const RecurrentAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  static const std::string kDefaults[] = {"Sigmoid", "Tanh"};
  run_layer(a, 3, gru_step, kDefaults, inputs, outputs);
}

void lstm(const RecurrentAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  static const std::string kDefaults[] = {"Sigmoid", "Tanh", "Tanh"};
  run_layer(a, 4, lstm_step, kDefaults, inputs, outputs);
}

}  // namespace

extern const ReferenceEntry gru_reference = make_reference<RecurrentAttributes, gru>("GRU", {3, 1});
extern const ReferenceEntry lstm_reference = make_reference<RecurrentAttributes, lstm>("LSTM", {3, 1});
extern const ReferenceEntry rnn_reference = make_reference<RecurrentAttributes, rnn>("RNN", {3, 1});

}  // namespace tn::ops
