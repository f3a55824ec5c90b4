// SPDX-License-Identifier: Apache-2.0
#include "ops/index/reference/select.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

void one_hot(const OneHotAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &indices = inputs[0], &values = inputs[2], &y = outputs[0];
  const int axis = wrap_axis(a.axis, y.rank());
  const int64_t depth = y.dims[axis];
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t at = 0;
    for (int i = 0; i < indices.rank(); ++i) at += walk.index()[i < axis ? i : i + 1] * indices.strides[i];
    const int64_t index = load_int64(indices, at);
    const bool hot = (index < 0 ? index + depth : index) == walk.index()[axis];
    copy_element(values, hot ? values.strides[0] : 0, y, walk.offset(0));
  }
}

// Calls body(offsets) once for each line along an axis; offsets are those of the line's first elements.
template <typename Body>
void for_each_line(std::span<const TensorView> views, int axis, Body&& body) {
  Shape dims = views[0].dims;
  dims[axis] = std::min<int64_t>(dims[axis], 1);
  std::vector<Shape> strides;
  for (const TensorView& view : views) strides.push_back(view.strides);
  for (Walk walk(dims, strides); walk.more(); walk.next()) body(walk);
}

void top_k(const TopKAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &values = outputs[0], &indices = outputs[1];
  const int axis = wrap_axis(a.axis, x.rank());
  require(values.dims[axis] <= x.dims[axis], "{} of {} elements", values.dims[axis], x.dims[axis]);
  std::vector<int64_t> order(static_cast<size_t>(x.dims[axis]));
  const TensorView views[] = {x, values, indices};
  for_each_line(views, axis, [&](const Walk& line) {
    const auto offset = [&](int64_t i) { return line.offset(0) + i * x.strides[axis]; };
    const auto before = [&](int64_t i, int64_t j) {
      if (is_float(x.type))
        return a.largest ? load_double(x, offset(i)) > load_double(x, offset(j))
                         : load_double(x, offset(i)) < load_double(x, offset(j));
      return a.largest ? load_int64(x, offset(i)) > load_int64(x, offset(j))
                       : load_int64(x, offset(i)) < load_int64(x, offset(j));
    };
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), before);
    for (int64_t i = 0; i < values.dims[axis]; ++i) {
      const int64_t from = order[static_cast<size_t>(i)];
      if (values.data) copy_element(x, offset(from), values, line.offset(1) + i * values.strides[axis]);
      if (indices.data) store_int64(indices, line.offset(2) + i * indices.strides[axis], from);
    }
  });
}

struct Plus {
  static constexpr int kFirst = 0;
  double operator()(double a, double b) const { return a + b; }
  int64_t operator()(int64_t a, int64_t b) const { return wrapping_add(a, b); }
};
struct Times {
  static constexpr int kFirst = 1;
  double operator()(double a, double b) const { return a * b; }
  int64_t operator()(int64_t a, int64_t b) const { return wrapping_mul(a, b); }
};

template <typename Combine, typename T, T (*load)(const TensorView&, int64_t),
          void (*store)(const TensorView&, int64_t, T)>
void cumulate_lines(const CumulateAttributes& a, const TensorView& x, const TensorView& y, int axis) {
  const TensorView views[] = {x, y};
  const int64_t count = x.dims[axis];
  for_each_line(views, axis, [&](const Walk& line) {
    T all = Combine::kFirst;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = a.reverse ? count - 1 - i : i;
      const T before = all;
      all = Combine()(all, load(x, line.offset(0) + at * x.strides[axis]));
      store(y, line.offset(1) + at * y.strides[axis], a.exclusive ? before : all);
    }
  });
}

template <typename Combine>
void cumulate(const CumulateAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  if (x.rank() == 0) return copy(x, y);
  const auto axis = static_cast<int>(checked_index(inputs[1], 0, x.rank()));
  if (is_float(x.type))
    cumulate_lines<Combine, double, load_double, store_double>(a, x, y, axis);
  else
    cumulate_lines<Combine, int64_t, load_int64, store_int64>(a, x, y, axis);
}

void trilu(const TriluAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  const int64_t k = is_present(inputs, 1) ? load_int64(inputs[1], 0) : 0;
  const int row = x.rank() - 2;
  for (Walk walk(y.dims, {x.strides, y.strides}); walk.more(); walk.next()) {
    const int64_t diagonal = walk.index()[row + 1] - walk.index()[row];
    if (a.upper ? diagonal >= k : diagonal <= k)
      copy_element(x, walk.offset(0), y, walk.offset(1));
    else
      store_int64(y, walk.offset(1), 0);
  }
}

void eye_like(const EyeLikeAttributes& a, std::span<const TensorView>, std::span<const TensorView> outputs) {
  const TensorView& y = outputs[0];
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    store_int64(y, walk.offset(0), walk.index()[1] - walk.index()[0] == a.k ? 1 : 0);
  }
}

void reverse_sequence(const ReverseSequenceAttributes& a, std::span<const TensorView> inputs,
                      std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &lengths = inputs[1], &y = outputs[0];
  const int batch = wrap_axis(a.batch_axis, x.rank()), time = wrap_axis(a.time_axis, x.rank());
  for (Walk walk(y.dims, {x.strides, y.strides}); walk.more(); walk.next()) {
    const int64_t t = walk.index()[time];
    const int64_t length =
        std::clamp<int64_t>(load_int64(lengths, walk.index()[batch] * lengths.strides[0]), 0, x.dims[time]);
    const int64_t from = t < length ? length - 1 - t : t;
    copy_element(x, walk.offset(0) + (from - t) * x.strides[time], y, walk.offset(1));
  }
}

}  // namespace

extern const ReferenceEntry cum_prod_reference = make_reference<CumulateAttributes, cumulate<Times>>("CumProd", {2, 1});
extern const ReferenceEntry cum_sum_reference = make_reference<CumulateAttributes, cumulate<Plus>>("CumSum", {2, 1});
extern const ReferenceEntry eye_like_reference = make_reference<EyeLikeAttributes, eye_like>("EyeLike", {0, 1});
extern const ReferenceEntry one_hot_reference = make_reference<OneHotAttributes, one_hot>("OneHot", {3, 1});
extern const ReferenceEntry reverse_sequence_reference =
    make_reference<ReverseSequenceAttributes, reverse_sequence>("ReverseSequence", {2, 1});
extern const ReferenceEntry top_k_reference = make_reference<TopKAttributes, top_k>("TopK", {1, 2});
extern const ReferenceEntry trilu_reference = make_reference<TriluAttributes, trilu>("Trilu");

}  // namespace tn::ops
