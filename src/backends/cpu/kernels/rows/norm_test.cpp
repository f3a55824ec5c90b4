// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/norm.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

class RowNormOn : public OnEveryIsa {};

TEST_P(RowNormOn, LayerAndRmsWithEveryOptionalOperand) {
  std::mt19937 random(2);
  Lane one(1), two(2);
  const double epsilon = 1e-5;
  for (const int64_t row : {1, 3, 8, 31, 64, 100, 768, 1027}) {
    for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
      for (unsigned options = 0; options < 16; ++options) {
        const bool rms = (options & 8u) != 0, with_residual = (options & 4u) != 0;
        const Shape dims{3, 4, row};
        RowTensor in(type, dims, {1, 0, 2}), residual(type, dims, {0, 1, 2}), sum(type, dims, {0, 1, 2}, 2);
        RowTensor out(type, dims, {0, 1, 2}, 1), want(DataType::F32, dims, {0, 1, 2}), added(want);
        in.fill(random, -2, 6);
        residual.fill(random, -1, 1);
        std::vector<float> scale(static_cast<size_t>(row)), bias(scale.size());
        for (float& x : scale) x = static_cast<float>(random() % 100) / 50.0f;
        for (float& x : bias) x = static_cast<float>(random() % 100) / 50.0f - 1.0f;
        RowNorm::Operands operands{in.view.data};
        operands.out = out.view.data;
        if (with_residual) operands.residual = residual.view.data;
        if (with_residual) operands.sum = sum.view.data;
        if ((options & 1u) != 0) operands.scale = scale.data();
        if ((options & 2u) != 0) operands.bias = bias.data();
        for (Walk walk({3, 4}, {in.view.strides, residual.view.strides, want.view.strides}); walk.more(); walk.next()) {
          std::vector<double> x(static_cast<size_t>(row));
          double mean = 0, square = 0;
          for (int64_t i = 0; i < row; ++i) {
            double& v = x[static_cast<size_t>(i)];
            v = in.at(walk.offset(0) + i) + (with_residual ? residual.at(walk.offset(1) + i) : 0);
            store_double(added.view, walk.offset(2) + i, v);
            mean += v / static_cast<double>(row);
          }
          if (rms) mean = 0;
          for (const double v : x) square += (v - mean) * (v - mean) / static_cast<double>(row);
          for (int64_t i = 0; i < row; ++i) {
            const auto k = static_cast<size_t>(i);
            double y = (x[k] - mean) / std::sqrt(square + epsilon);
            if (operands.scale != nullptr) y *= static_cast<double>(scale[k]);
            if (operands.bias != nullptr) y += static_cast<double>(bias[k]);
            store_double(want.view, walk.offset(2) + i, y);
          }
        }
        RowNorm norm(type, rms ? RowNorm::Kind::Rms : RowNorm::Kind::Layer, static_cast<float>(epsilon), GetParam());
        const auto outer = [](const RowTensor& t) { return Shape{t.view.strides[0], t.view.strides[1]}; };
        norm.bind({3, 4}, row, outer(in), outer(residual), outer(sum), outer(out));
        norm.run(random() % 2 == 0 ? one : two, operands);
        // With one element the variance is zero, and sqrt(epsilon) magnifies its rounding.
        const double tolerance = epsilon_of(type) + (row == 1 ? 1e-4 : 4e-6);
        expect_close(out.view, want.view, tolerance, tolerance);
        if (with_residual) expect_close(sum.view, added.view, epsilon_of(type), 0);
        expect_gaps_untouched(out);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(RowNormOn, LargeMeanKeepsItsVariance) {
  std::vector<float> x(4096), y(4096);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 10000.0f + static_cast<float>(i % 2);
  Lane lane(1);
  RowNorm norm(DataType::F32, RowNorm::Kind::Layer, 0.0f, GetParam());
  norm.bind(1, 4096);
  norm.run(lane, {.in = x.data(), .out = y.data()});
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(y[i], i % 2 == 0 ? -1.0f : 1.0f, 2e-3f);
}

INSTANTIATE_TEST_SUITE_P(Isas, RowNormOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         isa_name);

}  // namespace
}  // namespace tn
