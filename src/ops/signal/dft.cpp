// SPDX-License-Identifier: Apache-2.0
// Discrete Fourier transforms as one matrix product: numbers lie as (real, imaginary) pairs, or alone where they are
// real, so that a line of n numbers times a matrix [n · parts, m · parts] gives its m frequencies.
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

struct Transform {
  Dim length;  ///< of the transform; a line is cut or filled with zeros to it
  bool inverse = false, onesided = false;
  bool gives_reals() const { return inverse && onesided; }
  /// How many numbers of a line it reads at most, and how many it gives.
  Dim read() const { return gives_reals() ? half() : length; }
  Dim given() const { return onesided && !inverse ? half() : length; }
  Dim half() const { return Dim::floor_div(length, 2) + 1; }
};

// (row · column) mod length as [rows, columns]: exact, where an angle itself would not be.
TensorId steps_around(NodeView& node, const Dim& rows, const Dim& columns, const Dim& length) {
  if (rows.is_constant() && columns.is_constant() && length.is_constant()) {
    const int64_t r = *rows.constant(), c = *columns.constant(), n = *length.constant();
    return node.add_constant(Constant::make(DataType::I64, {r, c}, [&](const TensorView& view) {
      for (int64_t i = 0; i < r * c; ++i) store_int64(view, i, (i / c) * (i % c) % n);
    }));
  }
  const TensorId column = reshape(node, counting(node, rows), {rows, 1});
  return compose(node, "Mod", {compose(node, "Mul", {column, counting(node, columns)}), extent(node, length)});
}

// How often a frequency of a half spectrum counts: all but the first and the middle one stand for two. [rows, 1]
TensorId multiplicity(NodeView& node, const Dim& rows, const Dim& length) {
  const TensorId k = reshape(node, counting(node, rows), {rows, 1});
  const TensorId twice = compose(node, "Mul", {k, extent(node, 2)});
  const TensorId once =
      compose(node, "Or",
              {compose(node, "Equal", {k, extent(node, 0)}), compose(node, "Equal", {twice, extent(node, length)})});
  const auto number = [&](double value) { return node.add_constant(Constant::scalar(DataType::F64, value)); };
  return compose(node, "Where", {once, number(1), number(2)});
}

// [rows · parts in, columns · parts out]
TensorId matrix(NodeView& node, const Transform& t, const Dim& rows, bool complex, DataType type) {
  const Dim columns = t.given();
  const auto number = [&](double value) { return node.add_constant(Constant::scalar(DataType::F64, value)); };
  const TensorId length = cast_to(node, extent(node, t.length), DataType::F64);
  const TensorId turns =
      compose(node, "Div", {cast_to(node, steps_around(node, rows, columns, t.length), DataType::F64), length});
  const TensorId angles = compose(node, "Mul", {turns, number(2 * std::numbers::pi)});
  TensorId real = compose(node, "Cos", {angles}), imaginary = compose(node, "Sin", {angles});
  if (!t.inverse) imaginary = compose(node, "Neg", {imaginary});
  const auto scale = [&](TensorId x) {
    if (t.inverse) x = compose(node, "Div", {x, length});
    if (t.gives_reals()) x = compose(node, "Mul", {x, multiplicity(node, rows, t.length)});
    return cast_to(node, x, type);
  };
  real = scale(real);
  imaginary = scale(imaginary);
  // Rows and columns of parts: (re, im) → (re·R − im·I, re·I + im·R).
  constexpr int64_t kRowParts[] = {1}, kColumnParts[] = {2};
  const auto beside = [&](TensorId a, TensorId b) {
    if (t.gives_reals()) return unsqueeze(node, a, kColumnParts);
    return concat(node, {unsqueeze(node, a, kColumnParts), unsqueeze(node, b, kColumnParts)}, 2);
  };
  TensorId all = unsqueeze(node, beside(real, imaginary), kRowParts);
  if (complex) {
    const TensorId second = beside(compose(node, "Neg", {imaginary}), real);
    all = concat(node, {all, unsqueeze(node, second, kRowParts)}, 1);
  }
  return reshape(node, all, {rows * (complex ? 2 : 1), columns * (t.gives_reals() ? 1 : 2)});
}

// X [… n …, parts] along an axis.
TensorId transform(NodeView& node, TensorId x, int axis, const Transform& t) {
  const TensorType given = node.type(x);
  const int last = given.rank() - 1;
  const auto parts = last >= 1 ? given.dims.back().constant() : std::nullopt;
  model_check(parts && (*parts == 1 || *parts == 2) && axis < last, "{} is transformed along axis {}", to_string(given),
              axis);
  const Dim &extent_given = given.dims[static_cast<size_t>(axis)], rows = smaller(extent_given, t.read());
  x = widen(node, x);
  if (!(rows == extent_given)) x = slice(node, x, axis, 0, rows);
  std::vector<int64_t> order(static_cast<size_t>(last) + 1);
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axis)], order[static_cast<size_t>(last) - 1]);
  if (axis != last - 1) x = transpose(node, x, order);
  Dims dims = node.type(x).dims;
  dims.pop_back();
  dims.back() = rows * *parts;
  const TensorId lines = reshape(node, x, dims);
  const TensorId products = matmul(node, lines, matrix(node, t, rows, *parts == 2, node.type(x).type));
  dims.back() = t.given();
  dims.emplace_back(t.gives_reals() ? 1 : 2);
  TensorId y = reshape(node, products, dims);
  if (axis != last - 1) y = transpose(node, y, order);
  return cast_to(node, y, given.type);
}

std::vector<TensorId> import_along(NodeView& node, int64_t given_axis) {
  const TensorId x = node.input(0);
  model_check(is_float(node.type(x).type), "{} is not a tensor of floats", to_string(node.type(x)));
  const int axis = normalize_axis(given_axis, node.type(x).rank());
  Transform t{node.type(x).dims[static_cast<size_t>(axis)], node.integer("inverse", 0) != 0,
              node.integer("onesided", 0) != 0};
  if (node.has_input(1))
    t.length = required_scalar(node, node.input(1), "dft_length");
  else if (t.gives_reals())
    t.length = (t.length - 1) * 2;
  return {transform(node, x, axis, t)};
}

// Opset 17 has the axis as an attribute.
std::vector<TensorId> import_dft_17(NodeView& node) {
  return import_along(node, node.integer("axis", 1));
}

std::vector<TensorId> import_dft(NodeView& node) {
  if (!node.has_input(2)) return import_along(node, -2);
  const auto axis = node.known_integers(node.input(2));
  model_check(axis && axis->size() == 1, "the axis must be a constant");
  return import_along(node, (*axis)[0]);
}

// Frames [N,F,L,parts] of the signal [N,S,parts].
std::vector<TensorId> import_stft(NodeView& node) {
  const TensorId signal = node.input(0);
  const TensorType type = node.type(signal);
  model_check(type.rank() == 3, "the signal is {}", to_string(type));
  const Dim step = required_scalar(node, node.input(1), "frame_step");
  Dim length = type.dims[1];
  if (node.has_input(3))
    length = required_scalar(node, node.input(3), "frame_length");
  else if (node.has_input(2))
    length = node.type(node.input(2)).dims.at(0);
  const Dim frames = Dim::floor_div(type.dims[1] - length, step) + 1;
  const TensorId begins = compose(node, "Mul", {counting(node, frames), extent(node, step)});
  const TensorId places = compose(node, "Add", {reshape(node, begins, {frames, 1}), counting(node, length)});
  TensorId x = compose(node, "Gather", {widen(node, signal), places}, {{"axis", int64_t{1}}});
  if (node.has_input(2)) {
    const TensorId window = reshape(node, cast_to(node, node.input(2), node.type(x).type), {length, 1});
    x = compose(node, "Mul", {x, window});
  }
  return {cast_to(node, transform(node, x, 2, {length, false, node.integer("onesided", 1) != 0}), type.type)};
}

constexpr OnnxImporter kOnnx[] = {{"DFT", 17, import_dft_17}, {"DFT", 20, import_dft}, {"STFT", 17, import_stft}};

}  // namespace

extern const OpEntry dft_entry = {"DFT", nullptr, kOnnx, {}};

}  // namespace tn::ops
