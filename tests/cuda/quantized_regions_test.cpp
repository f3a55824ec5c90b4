// SPDX-License-Identifier: Apache-2.0
// Products of bytes in the variants that tuning would be offered, on a GPU or where the host plays one: their results
// are those of the processor, to the last bit.
#include <gtest/gtest.h>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/tactics/launch.h"
#include "conformance/quantized_forms.h"
#include "cuda/machine.h"
#include "support/compare.h"
#include "support/ways.h"

namespace tn::test {
namespace {

std::vector<QuantizedForm> forms() {
  std::vector<QuantizedForm> all = quantized_forms();
  const auto add = [&](std::string name, std::string_view like) -> QuantizedForm& {
    for (const QuantizedForm& form : quantized_forms()) {
      if (form.name != like) continue;
      all.push_back(form);
      all.back().name = std::move(name);
    }
    return all.back();
  };
  QuantizedForm& even = add("EvenChannels", "Residual");
  even.x = "u8[2,64,9,8]", even.w = "i8[32,64,3,3]", even.y = "32,9,8", even.scales = "32,1,1,1", even.zero_point = "0";
  QuantizedForm& points = add("Points", "SignedBytes");
  points.anchor = "Conv(a, b, s) {strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}";
  points.x = "i8[3,48,9,8]", points.w = "i8[40,48,1,1]", points.y = "40,5,4", points.scales = "40,1,1,1";
  QuantizedForm& groups = add("Groups", "Relu");
  groups.anchor = "Conv(a, b, s) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1], group=2}";
  groups.x = "u8[2,12,9,8]", groups.w = "i8[20,6,3,3]";
  QuantizedForm& rows = add("Rows", "MatMul");
  rows.x = "u8[70,256]", rows.w = "i8[256,96]", rows.scales = "1,96", rows.y = "96";
  return all;
}

class QuantizedRegions : public testing::TestWithParam<QuantizedForm> {};

TEST_P(QuantizedRegions, AgreeWithTheProcessor) {
  const Graph graph = graph_of(GetParam());
  const auto inputs = random_bytes(graph);
  set_place({});
  const Value expected = build_and_run(graph, inputs)[0];
  const DeviceTarget target{.architecture = machine().device.architecture(),
                            .machine = "",
                            .device = &machine().device,
                            .host_kernels = cpu::find_kernel,
                            .compiler = &machine().compiler,
                            .copy = cuda::copy_step};
  const Ways ways(graph, {}, target, DataType::F32);
  const size_t number = ways.all().size(), most = machine().is_played ? 5 : SIZE_MAX, step = 1 + (number - 1) / most;
  for (size_t next = 0; next < number; next += step) {
    const Ways::Way& way = ways.all()[next];
    EXPECT_TRUE(way.choice.tactic->takes_quantized()) << ways.name(way);
    const Value got = run(ways.engine(way), inputs, &machine().device)[0];
    if (GetParam().exact)
      EXPECT_EQ(difference(got.view(), expected.view(), {0, 0}), "") << ways.name(way);
    else  // an activation in f32 may take a result across the middle between two steps
      EXPECT_EQ(difference(got.view(), expected.view(), {is_float(got.type) ? 1e-5 : 1.0, 0}), "") << ways.name(way);
  }
  EXPECT_GT(number, 0u);
}

INSTANTIATE_TEST_SUITE_P(Forms, QuantizedRegions, testing::ValuesIn(forms()),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace tn::test
