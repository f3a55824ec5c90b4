// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/gather.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/half.h"

namespace tn {
namespace {

std::vector<float> counting(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) + 0.5f;
  return values;
}

TEST(Gather, MiddleAxisWithNegativeIndices) {
  const Shape dims{3, 7, 5}, index_dims{2, 4};
  const auto data = counting(dims.elements());
  const std::vector<int64_t> indices = {0, 6, -1, -7, 3, 3, 2, 1};
  std::vector<float> out(3 * 8 * 5 + 1, -1.0f);
  for (const int threads : {1, 3}) {
    Lane lane(threads);
    Gather gather(DataType::F32, DataType::F32, DataType::I64);
    gather.bind(dims, dims.row_major_strides(), 1, index_dims, index_dims.row_major_strides(),
                Shape{3, 2, 4, 5}.row_major_strides());
    ASSERT_TRUE(gather.run(lane, data.data(), indices.data(), out.data()).ok());
    for (size_t a = 0; a < 3; ++a) {
      for (size_t i = 0; i < 8; ++i) {
        const size_t row = static_cast<size_t>((indices[i] + 7) % 7);
        for (size_t b = 0; b < 5; ++b) ASSERT_EQ(out[(a * 8 + i) * 5 + b], data[(a * 7 + row) * 5 + b]);
      }
    }
    EXPECT_EQ(out.back(), -1.0f);
  }
}

TEST(Gather, EmbeddingRowsConvertAndSplitOverThreads) {
  const int64_t rows = 50, width = 300, count = 77;
  std::vector<Half> table(static_cast<size_t>(rows * width));
  for (size_t i = 0; i < table.size(); ++i) table[i] = Half(static_cast<float>(i % 1000));
  std::vector<int32_t> indices(static_cast<size_t>(count));
  for (size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<int32_t>(i * 13 % 50);
  std::vector<float> out(static_cast<size_t>(count * width));
  Lane lane(2);
  Gather gather(DataType::F16, DataType::F32, DataType::I32);
  gather.bind({rows, width}, {width, 1}, 0, {count}, {1}, {width, 1});
  ASSERT_TRUE(gather.run(lane, table.data(), indices.data(), out.data()).ok());
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t row = static_cast<size_t>(indices[i / 300]);
    ASSERT_EQ(out[i], static_cast<float>(table[row * 300 + i % 300]));
  }
}

TEST(Gather, ScalarIndexOfAStridedTensor) {
  const auto data = counting(24);
  std::vector<float> out(4);
  Lane lane(1);
  const int64_t index = 2;
  Gather gather(DataType::F32, DataType::F32, DataType::I64);
  gather.bind({4, 3}, {1, 8}, 1, {}, {}, {1});  // a transposed view with gaps
  ASSERT_TRUE(gather.run(lane, data.data(), &index, out.data()).ok());
  EXPECT_EQ(out, (std::vector<float>{16.5f, 17.5f, 18.5f, 19.5f}));
}

TEST(Gather, IndexOutsideIsRefusedAndNothingIsWritten) {
  const auto data = counting(12);
  Lane lane(1);
  for (const int32_t bad : {4, -5, 2147483647}) {
    std::vector<float> out(6, -1.0f);
    const std::vector<int32_t> indices = {0, bad};
    Gather gather(DataType::F32, DataType::F32, DataType::I32);
    gather.bind({4, 3}, {3, 1}, 0, {2}, {1}, {3, 1});
    const Status status = gather.run(lane, data.data(), indices.data(), out.data());
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find(std::to_string(bad)), std::string_view::npos);
    EXPECT_EQ(out, std::vector<float>(6, -1.0f));
  }
}

}  // namespace
}  // namespace tn
