// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/pad.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/tensor_view.h"

namespace tn {
namespace {

// The source index of element i of a padded axis; none where the constant stands.
std::optional<int64_t> source(PadMode mode, int64_t i, int64_t before, int64_t after, int64_t dim) {
  const int64_t first = std::max<int64_t>(0, -before), last = dim - 1 - std::max<int64_t>(0, -after);
  const int64_t at = i - before;
  if (at >= first && at <= last) return at;
  switch (mode) {
    case PadMode::Constant:
      return std::nullopt;
    case PadMode::Edge:
      return at < first ? first : last;
    case PadMode::Reflect:
      return at < first ? 2 * first - at : 2 * last - at;
    case PadMode::Wrap:
      return at < first ? at + (last - first + 1) : at - (last - first + 1);
  }
  return std::nullopt;
}

class PadIn : public testing::TestWithParam<PadMode> {
 protected:
  static void check(const Shape& dims, const Shape& before, const Shape& after) {
    std::vector<int16_t> in(static_cast<size_t>(dims.elements()));
    for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<int16_t>(i + 1);
    Shape out_dims = dims;
    for (int i = 0; i < dims.rank(); ++i) out_dims[i] += before[i] + after[i];
    const Shape strides = dims.row_major_strides(), out_strides = out_dims.row_major_strides();
    std::vector<int16_t> out(static_cast<size_t>(out_dims.elements()) + 1, -9);
    const int16_t value = -3;
    Lane lane(2);
    Pad pad(DataType::I16, GetParam());
    ASSERT_TRUE(pad.bind(dims, strides, before, after, out_strides).ok());
    pad.run(lane, in.data(), &value, out.data());
    for (Walk walk(out_dims, {out_strides}); walk.more(); walk.next()) {
      int64_t from = 0;
      bool constant = false;
      for (int i = 0; i < dims.rank(); ++i) {
        const auto at = source(GetParam(), walk.index()[i], before[i], after[i], dims[i]);
        constant = constant || !at;
        from += at.value_or(0) * strides[i];
      }
      ASSERT_EQ(out[static_cast<size_t>(walk.offset(0))], constant ? value : in[static_cast<size_t>(from)])
          << to_string(walk.index());
    }
    EXPECT_EQ(out.back(), -9);
  }
};

TEST_P(PadIn, EveryAxis) {
  check({2, 5, 6, 4}, {1, 0, 3, 2}, {1, 2, 0, 3});
}
TEST_P(PadIn, LargeImage) {
  check({1, 3, 70, 80}, {0, 0, 3, 3}, {0, 0, 3, 4});
}
TEST_P(PadIn, NegativePadsCrop) {
  check({3, 8, 9}, {0, -2, 2}, {0, 3, -1});
}
TEST_P(PadIn, NothingToPad) {
  check({4, 4}, {0, 0}, {0, 0});
}

INSTANTIATE_TEST_SUITE_P(Modes, PadIn,
                         testing::Values(PadMode::Constant, PadMode::Edge, PadMode::Reflect, PadMode::Wrap));

TEST(Pad, ReflectionBeyondTheTensorIsRefused) {
  Pad pad(DataType::F32, PadMode::Reflect);
  EXPECT_FALSE(pad.bind({3}, {1}, {3}, {0}, {1}).ok());
}

TEST(Pad, ConstantAroundAnEmptyTensor) {
  std::vector<float> out(4, 0.0f);
  const float value = 2.0f;
  Lane lane(1);
  Pad pad(DataType::F32, PadMode::Constant);
  ASSERT_TRUE(pad.bind({2, 0}, {0, 1}, {0, 1}, {0, 1}, {2, 1}).ok());
  pad.run(lane, nullptr, &value, out.data());
  EXPECT_EQ(out, std::vector<float>(4, 2.0f));
}

}  // namespace
}  // namespace tn
