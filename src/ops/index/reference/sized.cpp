// SPDX-License-Identifier: Apache-2.0
#include "ops/index/reference/sized.h"

#include <algorithm>
#include <vector>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

using Views = std::span<const TensorView>;

void non_zero(const NoAttributes&, Views inputs, Views outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  int64_t count = 0;
  for (Walk walk(x.dims, {x.strides}); walk.more(); walk.next()) {
    if (load_double(x, walk.offset(0)) == 0) continue;
    for (int axis = 0; axis < x.rank(); ++axis) {
      store_int64(y, axis * y.strides[0] + count * y.strides[1], walk.index()[axis]);
    }
    ++count;
  }
}

void non_zero_shapes(const NoAttributes&, Views inputs, std::span<Shape> outputs) {
  const TensorView& x = inputs[0];
  int64_t count = 0;
  for (Walk walk(x.dims, {x.strides}); walk.more(); walk.next()) count += load_double(x, walk.offset(0)) != 0 ? 1 : 0;
  outputs[0] = {x.rank(), count};
}

// Elements in row-major order.
std::vector<int64_t> offsets_in_order(const TensorView& x) {
  std::vector<int64_t> offsets;
  for (Walk walk(x.dims, {x.strides}); walk.more(); walk.next()) offsets.push_back(walk.offset(0));
  return offsets;
}

std::vector<int64_t> chosen(const TensorView& condition, int64_t extent) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < std::min(extent, condition.dims[0]); ++i) {
    if (load_int64(condition, i * condition.strides[0]) != 0) result.push_back(i);
  }
  return result;
}

void compress(const FlatOrAxisAttributes& a, Views inputs, Views outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  if (a.flat) {
    const auto offsets = offsets_in_order(x);
    int64_t at = 0;
    for (const int64_t i : chosen(inputs[1], x.elements())) {
      copy_element(x, offsets[static_cast<size_t>(i)], y, at++ * y.strides[0]);
    }
    return;
  }
  const int axis = wrap_axis(a.axis, x.rank());
  int64_t at = 0;
  for (const int64_t i : chosen(inputs[1], x.dims[axis])) copy(sub_view(x, axis, i, 1), sub_view(y, axis, at++, 1));
}

void compress_shapes(const FlatOrAxisAttributes& a, Views inputs, std::span<Shape> outputs) {
  const TensorView& x = inputs[0];
  const int axis = a.flat ? 0 : wrap_axis(a.axis, x.rank());
  const auto count = static_cast<int64_t>(chosen(inputs[1], a.flat ? x.elements() : x.dims[axis]).size());
  outputs[0] = a.flat ? Shape{count} : x.dims;
  if (!a.flat) outputs[0][axis] = count;
}

// The distinct slices of a tensor along an axis (or its distinct elements).
struct Distinct {
  std::vector<int64_t> first;    ///< of each distinct slice, where it appears first
  std::vector<int64_t> counts;   ///< how often it appears
  std::vector<int64_t> inverse;  ///< of each slice, which distinct one it is
};

Distinct find_distinct(const UniqueAttributes& a, const TensorView& x) {
  std::vector<std::vector<double>> slices;
  if (a.flat) {
    for (const int64_t offset : offsets_in_order(x)) slices.push_back({load_double(x, offset)});
  } else {
    const int axis = wrap_axis(a.axis, x.rank());
    for (int64_t i = 0; i < x.dims[axis]; ++i) {
      const TensorView slice = sub_view(x, axis, i, 1);
      slices.emplace_back();
      for (const int64_t offset : offsets_in_order(slice)) slices.back().push_back(load_double(slice, offset));
    }
  }
  Distinct result;
  for (size_t i = 0; i < slices.size(); ++i) {
    const auto same = [&](int64_t at) { return slices[static_cast<size_t>(at)] == slices[i]; };
    if (std::none_of(result.first.begin(), result.first.end(), same)) result.first.push_back(static_cast<int64_t>(i));
  }
  if (a.sorted) {
    std::sort(result.first.begin(), result.first.end(),
              [&](int64_t i, int64_t j) { return slices[static_cast<size_t>(i)] < slices[static_cast<size_t>(j)]; });
  }
  result.counts.assign(result.first.size(), 0);
  for (const auto& slice : slices) {
    const auto found = std::find_if(result.first.begin(), result.first.end(),
                                    [&](int64_t at) { return slices[static_cast<size_t>(at)] == slice; });
    result.inverse.push_back(found - result.first.begin());
    ++result.counts[static_cast<size_t>(result.inverse.back())];
  }
  return result;
}

void store_list(Views outputs, size_t output, const std::vector<int64_t>& values) {
  if (!is_present(outputs, output)) return;
  for (size_t i = 0; i < values.size(); ++i) {
    store_int64(outputs[output], static_cast<int64_t>(i) * outputs[output].strides[0], values[i]);
  }
}

void unique(const UniqueAttributes& a, Views inputs, Views outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  const Distinct distinct = find_distinct(a, x);
  const auto offsets = a.flat ? offsets_in_order(x) : std::vector<int64_t>();
  for (size_t i = 0; i < distinct.first.size(); ++i) {
    const int64_t from = distinct.first[i], to = static_cast<int64_t>(i);
    const int axis = a.flat ? 0 : wrap_axis(a.axis, x.rank());
    if (a.flat)
      copy_element(x, offsets[static_cast<size_t>(from)], y, to * y.strides[0]);
    else
      copy(sub_view(x, axis, from, 1), sub_view(y, axis, to, 1));
  }
  store_list(outputs, 1, distinct.first);
  store_list(outputs, 2, distinct.inverse);
  store_list(outputs, 3, distinct.counts);
}

void unique_shapes(const UniqueAttributes& a, Views inputs, std::span<Shape> outputs) {
  const TensorView& x = inputs[0];
  const Distinct distinct = find_distinct(a, x);
  const auto count = static_cast<int64_t>(distinct.first.size());
  outputs[0] = a.flat ? Shape{count} : x.dims;
  if (!a.flat) outputs[0][wrap_axis(a.axis, x.rank())] = count;
  for (size_t i = 1; i < outputs.size(); ++i) {
    outputs[i] = {i == 2 ? static_cast<int64_t>(distinct.inverse.size()) : count};
  }
}

struct Box {
  double top, left, bottom, right;
  double area() const { return (bottom - top) * (right - left); }
};

Box load_box(const TensorView& boxes, int64_t batch, int64_t index, bool center) {
  double v[4];
  for (int64_t i = 0; i < 4; ++i) {
    v[i] = load_double(boxes, batch * boxes.strides[0] + index * boxes.strides[1] + i * boxes.strides[2]);
  }
  if (center) return {v[1] - v[3] / 2, v[0] - v[2] / 2, v[1] + v[3] / 2, v[0] + v[2] / 2};
  return {std::min(v[0], v[2]), std::min(v[1], v[3]), std::max(v[0], v[2]), std::max(v[1], v[3])};
}

double overlap(const Box& a, const Box& b) {
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (height <= 0 || width <= 0) return 0;
  return height * width / (a.area() + b.area() - height * width);
}

// [batch, class, box] of what is kept, class by class, best score first.
std::vector<std::array<int64_t, 3>> keep_boxes(const NonMaxSuppressionAttributes& a, Views inputs) {
  const TensorView &boxes = inputs[0], &scores = inputs[1];
  const auto number = [&](size_t input, double fallback) {
    return is_present(inputs, input) ? load_double(inputs[input], 0) : fallback;
  };
  const auto limit = static_cast<size_t>(std::max(0.0, number(2, 0)));
  const double iou = number(3, 0), lowest = number(4, 0);
  const bool bounded = is_present(inputs, 4);
  std::vector<std::array<int64_t, 3>> kept;
  for (int64_t n = 0; n < scores.dims[0]; ++n) {
    for (int64_t c = 0; c < scores.dims[1]; ++c) {
      const auto score = [&](int64_t i) {
        return load_double(scores, n * scores.strides[0] + c * scores.strides[1] + i * scores.strides[2]);
      };
      std::vector<int64_t> order;
      for (int64_t i = 0; i < scores.dims[2]; ++i) {
        if (!bounded || score(i) > lowest) order.push_back(i);
      }
      std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return score(i) > score(j); });
      std::vector<Box> taken;
      for (const int64_t i : order) {
        if (taken.size() >= limit) break;
        const Box box = load_box(boxes, n, i, a.center_point_box);
        if (std::any_of(taken.begin(), taken.end(), [&](const Box& other) { return overlap(box, other) > iou; }))
          continue;
        taken.push_back(box);
        kept.push_back({n, c, i});
      }
    }
  }
  return kept;
}

void non_max_suppression(const NonMaxSuppressionAttributes& a, Views inputs, Views outputs) {
  const TensorView& y = outputs[0];
  int64_t row = 0;
  for (const auto& box : keep_boxes(a, inputs)) {
    for (int64_t i = 0; i < 3; ++i) store_int64(y, row * y.strides[0] + i * y.strides[1], box[static_cast<size_t>(i)]);
    ++row;
  }
}

void non_max_suppression_shapes(const NonMaxSuppressionAttributes& a, Views inputs, std::span<Shape> outputs) {
  outputs[0] = {static_cast<int64_t>(keep_boxes(a, inputs).size()), 3};
}

}  // namespace

extern const ReferenceEntry compress_reference =
    make_reference_with_extents<FlatOrAxisAttributes, compress, compress_shapes>("Compress", {2, 1});
extern const ReferenceEntry non_max_suppression_reference =
    make_reference_with_extents<NonMaxSuppressionAttributes, non_max_suppression, non_max_suppression_shapes>(
        "NonMaxSuppression", {2, 1});
extern const ReferenceEntry non_zero_reference =
    make_reference_with_extents<NoAttributes, non_zero, non_zero_shapes>("NonZero");
extern const ReferenceEntry unique_reference =
    make_reference_with_extents<UniqueAttributes, unique, unique_shapes>("Unique");

}  // namespace tn::ops
