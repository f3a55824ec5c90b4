// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/resize.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

class ResizeOn : public OnEveryIsa {
 protected:
  /// Separable definition in double from the tables of resize_axis().
  static void check(const Shape& dims, const Shape& out_dims, const ResizeRule& rule, DataType type,
                    const std::vector<int>& order, std::mt19937& random) {
    const int spatial = dims.rank() - 2;
    const auto taps = static_cast<size_t>(rule.taps());
    std::vector<std::vector<int32_t>> index(static_cast<size_t>(spatial));
    std::vector<std::vector<float>> weights(index.size());
    std::vector<float> scales;
    Shape max_out, window;
    for (int i = 0; i < spatial; ++i) {
      const auto axis = static_cast<size_t>(i);
      scales.push_back(static_cast<float>(out_dims[2 + i]) / static_cast<float>(dims[2 + i]));
      index[axis].resize(static_cast<size_t>(out_dims[2 + i]) * taps);
      weights[axis].resize(index[axis].size());
      resize_axis(rule, dims[2 + i], out_dims[2 + i], scales.back(), index[axis], weights[axis]);
      max_out.push_back(out_dims[2 + i] + 3);
      window.push_back(rule.taps());
    }
    std::vector<int> plain;
    for (int i = 0; i < dims.rank(); ++i) plain.push_back(i);
    RowTensor in(type, dims, order, 1), out(type, out_dims, order, 1), want(DataType::F32, out_dims, plain);
    in.fill(random, type == DataType::U8 ? 0 : -2, type == DataType::U8 ? 255 : 2);
    for (Walk walk(out_dims, {want.view.strides}); walk.more(); walk.next()) {
      double sum = 0;
      for (Walk tap(window, {}); tap.more(); tap.next()) {
        int64_t offset = walk.index()[0] * in.view.strides[0] + walk.index()[1] * in.view.strides[1];
        double weight = 1;
        for (int i = 0; i < spatial; ++i) {
          const size_t slot = static_cast<size_t>(walk.index()[2 + i]) * taps + static_cast<size_t>(tap.index()[i]);
          offset += index[static_cast<size_t>(i)][slot] * in.view.strides[2 + i];
          weight *= static_cast<double>(weights[static_cast<size_t>(i)][slot]);
        }
        sum += weight * in.at(offset);
      }
      store_double(want.view, walk.offset(0), sum);
    }
    Lane lane(random() % 2 == 0 ? 1 : 2);
    Resize resize(type, rule, max_out, GetParam());
    resize.bind(dims, in.view.strides, out_dims, out.view.strides, scales);
    resize.run(lane, in.view.data, out.view.data);
    expect_close(out.view, want.view, epsilon_of(type), 3e-6);
    expect_gaps_untouched(out);
  }
};

TEST_P(ResizeOn, EveryModeLayoutAndRank) {
  std::mt19937 random(7);
  const std::vector<std::vector<int>> orders = {{0, 1, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}};
  for (const ResizeMode mode : {ResizeMode::Nearest, ResizeMode::Linear, ResizeMode::Cubic}) {
    for (const auto coordinates : {ResizeCoordinates::HalfPixel, ResizeCoordinates::AlignCorners,
                                   ResizeCoordinates::Asymmetric, ResizeCoordinates::PytorchHalfPixel}) {
      const ResizeRule rule{mode, coordinates, ResizeRounding::Floor, -0.75f, random() % 2 == 0};
      for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
        for (const auto& order : orders) {
          check({2, 37, 5, 6}, {2, 37, 10, 13}, rule, type, order, random);
          check({1, 3, 20, 23}, {1, 3, 7, 40}, rule, type, order, random);
          if (HasFatalFailure()) return;
        }
      }
      if (mode == ResizeMode::Nearest) {
        for (const auto& order : orders) check({2, 37, 5, 6}, {2, 37, 10, 13}, rule, DataType::U8, order, random);
      }
      check({2, 3, 50}, {2, 3, 77}, rule, DataType::F32, {0, 1, 2}, random);
      check({1, 5, 4, 5, 6}, {1, 5, 8, 3, 12}, rule, DataType::F32, {0, 2, 3, 4, 1}, random);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ResizeOn, testing::ValuesIn(available_isas().begin(), available_isas().end()), isa_name);

struct Table {
  std::vector<int32_t> index;
  std::vector<float> weights;
};

Table table(const ResizeRule& rule, int64_t in, int64_t out, float scale) {
  Table t;
  t.index.resize(static_cast<size_t>(out * rule.taps()));
  t.weights.resize(t.index.size());
  resize_axis(rule, in, out, scale, t.index, t.weights);
  return t;
}

// Expected values by hand from the operator's text.
TEST(ResizeAxis, NearestRoundings) {
  const auto at = [](ResizeCoordinates c, ResizeRounding r, int64_t in, int64_t out) {
    return table({ResizeMode::Nearest, c, r}, in, out, static_cast<float>(out) / static_cast<float>(in)).index;
  };
  using I = std::vector<int32_t>;
  EXPECT_EQ(at(ResizeCoordinates::Asymmetric, ResizeRounding::Floor, 3, 6), (I{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(at(ResizeCoordinates::Asymmetric, ResizeRounding::Ceil, 3, 6), (I{0, 1, 1, 2, 2, 2}));
  EXPECT_EQ(at(ResizeCoordinates::Asymmetric, ResizeRounding::PreferFloor, 3, 6), (I{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(at(ResizeCoordinates::Asymmetric, ResizeRounding::PreferCeil, 3, 6), (I{0, 1, 1, 2, 2, 2}));
  EXPECT_EQ(at(ResizeCoordinates::HalfPixel, ResizeRounding::PreferFloor, 4, 2), (I{0, 2}));
  EXPECT_EQ(at(ResizeCoordinates::HalfPixel, ResizeRounding::PreferCeil, 4, 2), (I{1, 3}));
}

TEST(ResizeAxis, LinearAndCubicWeights) {
  const Table linear = table({ResizeMode::Linear, ResizeCoordinates::HalfPixel}, 2, 4, 2.0f);
  EXPECT_EQ(linear.index, (std::vector<int32_t>{0, 0, 0, 1, 0, 1, 1, 1}));
  EXPECT_EQ(linear.weights, (std::vector<float>{0.25f, 0.75f, 0.75f, 0.25f, 0.25f, 0.75f, 0.75f, 0.25f}));
  const Table corners = table({ResizeMode::Linear, ResizeCoordinates::AlignCorners}, 3, 5, 5.0f / 3);
  EXPECT_EQ(corners.weights, (std::vector<float>{1, 0, 0.5f, 0.5f, 1, 0, 0.5f, 0.5f, 1, 0}));
  const Table cubic = table({ResizeMode::Cubic, ResizeCoordinates::HalfPixel}, 4, 8, 2.0f);
  const float want[] = {-0.03515625f, 0.26171875f, 0.87890625f, -0.10546875f};  // a = -0.75 at distance 0.75
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(cubic.weights[i], want[i], 1e-6f);
}

}  // namespace
}  // namespace tn
