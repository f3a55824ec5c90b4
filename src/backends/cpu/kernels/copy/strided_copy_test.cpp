// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/strided_copy.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "base/tensor_view.h"

namespace tn {
namespace {

/// A tensor laid out in `order` (outermost axis first) with gaps, within memory that is checked for strays.
struct Laid {
  std::vector<std::byte> memory;
  TensorView view;

  Laid(DataType type, const Shape& dims, const std::vector<int>& order, std::mt19937& random, bool gaps) {
    view.type = type;
    view.dims = dims;
    view.strides = Shape::filled(dims.rank(), 0);
    int64_t stride = 1;
    for (size_t i = order.size(); i-- > 0;) {
      view.strides[order[i]] = stride;
      stride *= dims[order[i]] + (gaps ? static_cast<int64_t>(random() % 3) : 0);
    }
    memory.resize(static_cast<size_t>(stride + 2) * size_of(type), std::byte{0xa5});
    view.data = memory.data() + size_of(type);
  }
  void flip(int axis) {
    view.data = static_cast<std::byte*>(view.data) +
                view.strides[axis] * (view.dims[axis] - 1) * static_cast<int64_t>(size_of(view.type));
    view.strides[axis] = -view.strides[axis];
  }
};

// Unsigned 64-bit values stay small: tn::copy reads them as int64.
void fill(const TensorView& view, std::mt19937& random) {
  const int64_t low = view.type == DataType::U64 ? 0 : -150;
  for (Walk walk(view.dims, {view.strides}); walk.more(); walk.next()) {
    if (is_float(view.type))
      store_double(view, walk.offset(0), static_cast<double>(random() % 4001) / 7.0 - 200.0);
    else
      store_int64(view, walk.offset(0), static_cast<int64_t>(random() % 300) + low);
  }
}

std::vector<int> random_order(int rank, std::mt19937& random) {
  std::vector<int> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (random() % 4 != 0) std::shuffle(order.begin(), order.end(), random);
  return order;
}

class CopyOn : public testing::TestWithParam<Isa> {
 protected:
  /// Copies with the kernel and with tn::copy, and compares all memory of the targets.
  static void check(const TensorView& from, const Laid& to, Lane& lane) {
    Laid want = to;
    want.view.data = want.memory.data() + (static_cast<std::byte*>(to.view.data) - to.memory.data());
    Laid got = to;
    got.view.data = got.memory.data() + (static_cast<std::byte*>(to.view.data) - to.memory.data());
    copy(from, want.view);
    StridedCopy kernel(from.type, to.view.type, GetParam());
    kernel.bind(from.dims, from.strides, to.view.strides);
    kernel.run(lane, from.data, got.view.data);
    ASSERT_TRUE(got.memory == want.memory) << name_of(from.type) << to_string(from.dims) << to_string(from.strides)
                                           << " to " << name_of(to.view.type) << to_string(to.view.strides);
  }
};

TEST_P(CopyOn, RandomShapesLayoutsAndTypes) {
  std::mt19937 random(1);
  Lane one(1), three(3);
  for (int i = 0; i < 1500; ++i) {
    const auto type = [&] { return static_cast<DataType>(random() % kDataTypeCount); };
    const DataType from_type = type(), to_type = random() % 2 == 0 ? from_type : type();
    const int rank = static_cast<int>(random() % 6);
    Shape dims;
    for (int k = 0; k < rank; ++k)
      dims.push_back(static_cast<int64_t>(random() % 4 == 0 ? random() % 40 : 1 + random() % 6));
    Laid from(from_type, dims, random_order(rank, random), random, random() % 2 == 0);
    Laid to(to_type, dims, random_order(rank, random), random, random() % 2 == 0);
    fill(from.view, random);
    if (rank > 0 && dims.elements() > 0 && random() % 3 == 0)
      from.flip(static_cast<int>(random() % static_cast<unsigned>(rank)));
    if (rank > 0 && random() % 4 == 0) from.view.strides[static_cast<int>(random() % static_cast<unsigned>(rank))] = 0;
    check(from.view, to, random() % 2 == 0 ? one : three);
    if (HasFatalFailure()) return;
  }
}

TEST_P(CopyOn, TransposesOfEverySizeAndType) {
  std::mt19937 random(2);
  Lane two(2);
  for (const DataType type : {DataType::U8, DataType::F16, DataType::F32, DataType::I64}) {
    for (const int64_t rows : {1, 3, 4, 15, 16, 17, 64, 65, 131}) {
      for (const int64_t columns : {2, 3, 5, 8, 9, 31, 33, 64, 129}) {
        const Shape dims{2, rows, columns};
        Laid from(type, dims, {0, 2, 1}, random, false), to(type, dims, {0, 1, 2}, random, false);
        fill(from.view, random);
        check(from.view, to, two);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(CopyOn, ReformatsWithConversion) {
  std::mt19937 random(3);
  Lane two(2);
  for (const int64_t channels : {1, 3, 16, 70}) {
    const Shape dims{2, channels, 9, 13};
    for (const DataType type : {DataType::F16, DataType::BF16, DataType::F32}) {
      Laid from(DataType::F32, dims, {0, 1, 2, 3}, random, false), to(type, dims, {0, 2, 3, 1}, random, false);
      fill(from.view, random);
      check(from.view, to, two);
      Laid back(DataType::F32, dims, {0, 1, 2, 3}, random, false);
      fill(to.view, random);
      check(to.view, back, two);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(StridedCopy, LongRowsAreSplit) {
  std::mt19937 random(4);
  Lane two(2);
  for (const DataType type : {DataType::F32, DataType::F16}) {
    const Shape dims{100003};
    Laid from(DataType::F32, dims, {0}, random, false), to(type, dims, {0}, random, false);
    fill(from.view, random);
    StridedCopy kernel(DataType::F32, type);
    kernel.bind(dims, from.view.strides, to.view.strides);
    kernel.run(two, from.view.data, to.view.data);
    for (int64_t i = 0; i < dims[0]; ++i) {
      ASSERT_NEAR(load_double(to.view, i), load_double(from.view, i), type == DataType::F16 ? 0.25 : 0.0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, CopyOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         [](const auto& isa) { return std::string(name_of(isa.param)); });

}  // namespace
}  // namespace tn
