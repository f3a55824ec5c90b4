// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reference/softmax.h"

#include <cmath>
#include <vector>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

// Calls row(values) for every line along the axis and stores what it left there.
template <typename Row>
void each_row(const SoftmaxAttributes& a, const TensorView& x, const TensorView& y, Row row) {
  const int axis = wrap_axis(a.axis, x.rank());
  const int64_t count = x.dims[axis];
  std::vector<double> values(static_cast<size_t>(count));
  Shape outer = x.dims;
  outer[axis] = count > 0 ? 1 : 0;
  for (Walk walk(outer, {x.strides, y.strides}); walk.more(); walk.next()) {
    for (int64_t i = 0; i < count; ++i) {
      values[static_cast<size_t>(i)] = load_double(x, walk.offset(0) + i * x.strides[axis]);
    }
    row(values);
    for (int64_t i = 0; i < count; ++i) {
      store_double(y, walk.offset(1) + i * y.strides[axis], values[static_cast<size_t>(i)]);
    }
  }
}

// Position of the first maximum; NaN counts as largest.
size_t first_maximum(const std::vector<double>& values) {
  size_t best = 0;
  for (size_t i = 1; i < values.size() && !std::isnan(values[best]); ++i) {
    if (values[i] > values[best] || std::isnan(values[i])) best = i;
  }
  return best;
}

// Subtracts the maximum and returns the sum of the exponentials.
double shift_by_maximum(std::vector<double>& values) {
  const double largest = values[first_maximum(values)];
  double sum = 0;
  for (double& value : values) sum += std::exp(value -= largest);
  return sum;
}

}  // namespace

void softmax(const SoftmaxAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  each_row(a, inputs[0], outputs[0], [](std::vector<double>& row) {
    const double sum = shift_by_maximum(row);
    for (double& value : row) value = std::exp(value) / sum;
  });
}

void log_softmax(const SoftmaxAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  each_row(a, inputs[0], outputs[0], [](std::vector<double>& row) {
    const double log_sum = std::log(shift_by_maximum(row));
    for (double& value : row) value -= log_sum;
  });
}

void hardmax(const SoftmaxAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  each_row(a, inputs[0], outputs[0], [](std::vector<double>& row) {
    const size_t best = first_maximum(row);
    for (size_t i = 0; i < row.size(); ++i) row[i] = i == best ? 1 : 0;
  });
}

extern const ReferenceEntry softmax_reference = make_reference<SoftmaxAttributes, softmax>("Softmax");
extern const ReferenceEntry log_softmax_reference = make_reference<SoftmaxAttributes, log_softmax>("LogSoftmax");
extern const ReferenceEntry hardmax_reference = make_reference<SoftmaxAttributes, hardmax>("Hardmax");

}  // namespace tn::ops
