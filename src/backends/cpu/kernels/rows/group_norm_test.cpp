// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/group_norm.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

class GroupNormOn : public OnEveryIsa {};

TEST_P(GroupNormOn, GroupsLayoutsAndTypes) {
  std::mt19937 random(12);
  const double epsilon = 1e-5;
  const std::vector<std::vector<int>> orders = {{0, 1, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}};
  for (const int64_t channels : {6, 48, 130}) {
    for (const int64_t groups : {int64_t{1}, int64_t{2}, channels}) {
      for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
        for (const auto& order : orders) {
          const Shape dims{2, channels, 5, 67};
          RowTensor in(type, dims, order, 1), out(type, dims, random() % 3 == 0 ? orders[0] : order, 0);
          RowTensor want(DataType::F32, dims, orders[0]);
          in.fill(random, 3, 7);
          std::vector<float> scale(static_cast<size_t>(channels)), bias(scale.size());
          for (float& x : scale) x = static_cast<float>(random() % 100) / 50.0f;
          for (float& x : bias) x = static_cast<float>(random() % 100) / 50.0f - 1.0f;
          const bool affine = random() % 2 == 0;
          const Shape group{channels / groups, 5, 67};
          const auto part = [](const Shape& s) { return Shape{s[1], s[2], s[3]}; };
          for (int64_t unit = 0; unit < 2 * groups; ++unit) {
            const int64_t channel = unit % groups * group[0];
            const int64_t from = unit / groups * in.view.strides[0] + channel * in.view.strides[1];
            const int64_t to = unit / groups * want.view.strides[0] + channel * want.view.strides[1];
            const auto count = static_cast<double>(group.elements());
            double mean = 0, square = 0;
            for (Walk walk(group, {part(in.view.strides)}); walk.more(); walk.next()) {
              mean += in.at(from + walk.offset(0)) / count;
            }
            for (Walk walk(group, {part(in.view.strides)}); walk.more(); walk.next()) {
              square += std::pow(in.at(from + walk.offset(0)) - mean, 2) / count;
            }
            for (Walk walk(group, {part(in.view.strides), part(want.view.strides)}); walk.more(); walk.next()) {
              const auto c = static_cast<size_t>(channel + walk.index()[0]);
              double y = (in.at(from + walk.offset(0)) - mean) / std::sqrt(square + epsilon);
              if (affine) y = y * static_cast<double>(scale[c]) + static_cast<double>(bias[c]);
              store_double(want.view, to + walk.offset(1), y);
            }
          }
          const int threads = 1 + static_cast<int>(random() % 2);
          Lane lane(threads);
          std::vector<float> workspace(GroupNorm::workspace_bytes(channels, threads) / sizeof(float));
          GroupNorm norm(type, groups, static_cast<float>(epsilon), GetParam());
          norm.bind(dims, in.view.strides, out.view.strides);
          norm.run(lane, in.view.data, affine ? scale.data() : nullptr, affine ? bias.data() : nullptr, out.view.data,
                   workspace.data());
          expect_close(out.view, want.view, epsilon_of(type), epsilon_of(type) + 1e-5);
          expect_gaps_untouched(out);
          if (HasFatalFailure()) FAIL() << channels << " channels, " << groups << " groups, " << name_of(type);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, GroupNormOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         isa_name);

}  // namespace
}  // namespace tn
