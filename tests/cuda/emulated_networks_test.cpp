// SPDX-License-Identifier: Apache-2.0
// Small networks as a whole on the emulated device, out of memory full of NaN, against the processor: passes, types,
// plans, memory that is used again and kernels together.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "support/compare.h"
#include "support/session.h"

namespace tn::test {
namespace {

Graph read_graph(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(std::filesystem::path(TENON_GOLDEN_DIR) / (name + ".graph")).rdbuf();
  return parse_graph(text.str(), ops::make_op_by_name);
}

// All symbols are 2.
std::map<std::string, Value> sample_inputs(const Graph& graph) {
  std::map<std::string, Value> inputs;
  std::mt19937 numbers(3);
  std::uniform_real_distribution<double> values(-1, 1);
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    Value& value = inputs[tensor.name];
    value.type = tensor.type.type;
    for (const Dim& dim : tensor.type.dims) value.dims.push_back(dim.constant().value_or(2));
    value.bytes.resize(static_cast<size_t>(value.dims.elements()) * size_of(value.type));
    for (int64_t i = 0; i < value.dims.elements(); ++i) store_double(value.view(), i, values(numbers));
  }
  return inputs;
}

Place emulated(bool fp16) {
  static EmulatedDevice device;
  static HostCompiler compiler(device.architecture());
  Place place{BuildBackend::Cuda, fp16};
  place.device = &device;
  place.compiler = &compiler;
  return place;
}

class EmulatedNetworks : public testing::TestWithParam<const char*> {};

TEST_P(EmulatedNetworks, AgreeWithTheProcessor) {
  const Graph graph = read_graph(GetParam());
  const auto inputs = sample_inputs(graph);
  set_place({});
  const auto expected = build_and_run(graph, inputs);
  for (const bool fp16 : {false, true}) {
    set_place(emulated(fp16));
    const auto results = build_and_run(graph, inputs);
    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < results.size(); ++i) {
      double largest = 0;
      for (int64_t k = 0; k < expected[i].dims.elements(); ++k)
        largest = std::max(largest, std::fabs(load_double(expected[i].view(), k)));
      ASSERT_GT(largest, 0);
      const Tolerance tolerance{(fp16 ? 2e-2 : 1e-4) * largest, 0};
      EXPECT_EQ(difference(results[i].view(), expected[i].view(), tolerance), "") << (fp16 ? "fp16" : "f32");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, EmulatedNetworks, testing::Values("mnist", "cifar_resnet20", "cifar_mobilenetv2"),
                         [](const auto& network) { return std::string(network.param); });

}  // namespace
}  // namespace tn::test
