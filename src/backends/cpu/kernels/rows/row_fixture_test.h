// SPDX-License-Identifier: Apache-2.0
// What the tests of the row kernels share: tensors in any layout, guarded at both ends, and their comparison.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/error.h"
#include "base/tensor_view.h"

namespace tn {

/// A tensor laid out in `order` (outermost axis first); every axis but the innermost may have gaps. Memory ends where
/// the tensor ends, so that sanitizers see a read outside, and the gaps hold a pattern that stays() checks.
struct RowTensor {
  std::vector<std::byte> memory;
  TensorView view;

  RowTensor(DataType type, const Shape& dims, const std::vector<int>& order, int64_t gap = 0) {
    view.type = type;
    view.dims = dims;
    view.strides = Shape::filled(dims.rank(), 0);
    int64_t stride = 1, last = 0;
    for (size_t i = order.size(); i-- > 0;) {
      view.strides[order[i]] = stride;
      last += stride * (dims[order[i]] - 1);
      stride *= dims[order[i]] + gap;
    }
    memory.resize(dims.elements() == 0 ? 0 : static_cast<size_t>(last + 1) * size_of(type), std::byte{0x5a});
    view.data = memory.data();
  }
  RowTensor(const RowTensor& other) : memory(other.memory), view(other.view) { view.data = memory.data(); }

  void fill(std::mt19937& random, double low, double high) {
    std::uniform_real_distribution<double> value(low, high);
    for (Walk walk(view.dims, {view.strides}); walk.more(); walk.next())
      store_double(view, walk.offset(0), value(random));
  }
  double at(int64_t offset) const { return load_double(view, offset); }
};

/// Relative rounding error of a storage type.
inline double epsilon_of(DataType type) {
  return type == DataType::F16 ? 0x1p-11 : type == DataType::BF16 ? 0x1p-8 : 0x1p-24;
}

/// Compares element by element: |got - want| <= relative * |want| + absolute.
inline void expect_close(const TensorView& got, const TensorView& want, double relative, double absolute) {
  for (Walk walk(got.dims, {got.strides, want.strides}); walk.more(); walk.next()) {
    const double a = load_double(got, walk.offset(0)), b = load_double(want, walk.offset(1));
    if (std::isnan(b) && std::isnan(a)) continue;
    if (a == b) continue;
    ASSERT_LE(std::fabs(a - b), relative * std::fabs(b) + absolute)
        << "at " << to_string(walk.index()) << " of " << to_string(got.dims) << ": " << a << " for " << b;
  }
}

/// Checks that memory outside the tensor's elements still holds the pattern.
inline void expect_gaps_untouched(const RowTensor& tensor) {
  std::vector<bool> used(tensor.memory.size(), false);
  const size_t size = size_of(tensor.view.type);
  for (Walk walk(tensor.view.dims, {tensor.view.strides}); walk.more(); walk.next()) {
    for (size_t i = 0; i < size; ++i) used[static_cast<size_t>(walk.offset(0)) * size + i] = true;
  }
  for (size_t i = 0; i < used.size(); ++i) ASSERT_TRUE(used[i] || tensor.memory[i] == std::byte{0x5a});
}

class OnEveryIsa : public testing::TestWithParam<Isa> {};

inline std::string isa_name(const testing::TestParamInfo<Isa>& isa) {
  return std::string(name_of(isa.param));
}

}  // namespace tn
