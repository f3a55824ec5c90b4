// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/product/pack.h"

#include <gmock/gmock.h>

#include <cstring>
#include <numeric>

#include "base/half.h"

namespace tn::cuda {
namespace {

TEST(Packing, ColumnsAreTapsThenChannelsThenZeros) {
  const Shape dims{6, 3, 2, 5};
  std::vector<float> weights(static_cast<size_t>(dims.elements()));
  std::iota(weights.begin(), weights.end(), 1.0f);
  const TensorView view = TensorView::dense(weights.data(), DataType::F32, dims);
  const std::vector<std::byte> packed = pack_columns(view, DataType::F16, 32, false);
  ASSERT_EQ(packed.size(), 6u * 32 * 2);
  for (int64_t column = 0; column < 6; ++column) {
    for (int64_t k = 0; k < 32; ++k) {
      Half half;
      std::memcpy(&half, packed.data() + (column * 32 + k) * 2, 2);
      const int64_t tap = k / 3, channel = k % 3;
      const float expected = k < 30 ? weights[static_cast<size_t>((column * 3 + channel) * 10 + tap)] : 0;
      EXPECT_EQ(static_cast<float>(half), expected) << column << " " << k;
    }
  }
}

TEST(Packing, PixelsAreChunksOfTaps) {
  std::vector<float> weights(2 * 3 * 5);
  std::iota(weights.begin(), weights.end(), 1.0f);
  const std::vector<std::byte> packed =
      pack_pixels(TensorView::dense(weights.data(), DataType::F32, {2, 3, 5}), DataType::F32, false);
  ASSERT_EQ(packed.size(), 2u * 6 * 16);
  const auto* const values = reinterpret_cast<const float*>(packed.data());
  for (size_t i = 0; i < 48; ++i) {
    const size_t column = i / 24, tap = i / 4 % 6, channel = i % 4;
    EXPECT_EQ(values[i], tap < 5 && channel < 3 ? weights[(column * 3 + channel) * 5 + tap] : 0) << i;
  }
}

TEST(Packing, BytesStayBytes) {
  int8_t weights[6] = {-128, 2, 127, -1, 5, 6};
  const std::vector<std::byte> packed =
      pack_columns(TensorView::dense(weights, DataType::I8, {2, 3}), DataType::U8, 16, false);
  ASSERT_EQ(packed.size(), 32u);
  const auto* const bytes = reinterpret_cast<const int8_t*>(packed.data());
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(bytes[i], i % 16 < 3 ? weights[i / 16 * 3 + i % 16] : 0) << i;
}

TEST(Packing, RoundsToTf32) {
  float weights[2] = {1.0f + 0x1p-11f, 1.0f + 0x1p-12f};
  const std::vector<std::byte> packed =
      pack_columns(TensorView::dense(weights, DataType::F32, {2, 1}), DataType::F32, 1, true);
  float rounded[2];
  std::memcpy(rounded, packed.data(), sizeof rounded);
  EXPECT_EQ(rounded[0], 1.0f + 0x1p-10f);
  EXPECT_EQ(rounded[1], 1.0f);
}

TEST(Packing, SumsOfNormalizedColumnsAreThoseOfWhatWasRounded) {
  float weights[6] = {1, 2, 3, 0.1f, 0.2f, 0.3f}, scale[3] = {1, 0.7f, 2}, bias[3] = {1, 10, 100};
  const auto scales = TensorView::dense(scale, DataType::F32, {3}),
             shifts = TensorView::dense(bias, DataType::F32, {3});
  // As it lies in a network: [channels, columns].
  const float transposed[6] = {1, 0.1f, 2, 0.2f, 3, 0.3f};
  TensorView view = TensorView::dense(const_cast<float*>(transposed), DataType::F32, {3, 2});
  std::swap(view.dims[0], view.dims[1]);
  std::swap(view.strides[0], view.strides[1]);
  const NormalizedColumns packed = pack_normalized(view, scales, &shifts, DataType::F16, 8);
  ASSERT_EQ(packed.columns.size(), 2u * 8 * 2);
  float of_columns[2], added[2];
  std::memcpy(of_columns, packed.sums.data(), sizeof of_columns);
  std::memcpy(added, packed.shifts.data(), sizeof added);
  for (size_t column = 0; column < 2; ++column) {
    double sum = 0, shift = 0;
    for (size_t k = 0; k < 3; ++k) {
      Half half;
      std::memcpy(&half, packed.columns.data() + (column * 8 + k) * 2, 2);
      EXPECT_EQ(static_cast<float>(half), static_cast<float>(Half(weights[column * 3 + k] * scale[k])));
      sum += static_cast<double>(static_cast<float>(half));
      shift += static_cast<double>(weights[column * 3 + k]) * bias[k];
    }
    EXPECT_EQ(of_columns[column], static_cast<float>(sum));
    EXPECT_FLOAT_EQ(added[column], static_cast<float>(shift));
  }
  const NormalizedColumns without = pack_normalized(view, scales, nullptr, DataType::F16, 8);
  std::memcpy(added, without.shifts.data(), sizeof added);
  EXPECT_THAT(added, testing::ElementsAre(0, 0));
}

TEST(Packing, TapsBesideChannels) {
  float weights[6] = {1, 2, 3, 4, 5, 6};
  const std::vector<std::byte> packed = pack_taps(TensorView::dense(weights, DataType::F32, {2, 1, 3}));
  float taps[6];
  std::memcpy(taps, packed.data(), sizeof taps);
  EXPECT_THAT(taps, testing::ElementsAre(1, 4, 2, 5, 3, 6));
}

}  // namespace
}  // namespace tn::cuda
