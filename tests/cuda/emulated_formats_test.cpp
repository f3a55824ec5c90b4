// SPDX-License-Identifier: Apache-2.0
// Formats of inputs and outputs on the emulated device: the caller's memory, byte by byte, as the processor's.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/tensor_format.h"
#include "builder/builder.h"
#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "support/poisoned_device.h"
#include "support/session.h"

namespace tn::test {
namespace {

struct Formats {
  TensorFormat input, output;
};

class Places {
 public:
  Places() : compiler_(device_.architecture()), poisoned_(device_) {}

  /// What both places leave in the output's memory.
  std::vector<std::byte> run(const std::string& network, Formats formats, const Value& input) {
    const std::vector<Value> here = run(network, formats, input, false), there = run(network, formats, input, true);
    EXPECT_EQ(here.at(0).bytes, there.at(0).bytes);
    return there.at(0).bytes;
  }

 private:
  std::vector<Value> run(const std::string& network, Formats formats, const Value& input, bool on_device) {
    BuilderConfig config;
    config.timing = false;
    config.formats = {{"x", formats.input}, {"y", formats.output}};
    if (on_device) {
      config.backend = BuildBackend::Cuda;
      config.accelerator = &device_;
      config.compiler = &compiler_;
    }
    SilentLogger logger;
    TimingCache cache;
    Graph graph = parse_graph(network, ops::make_op_by_name);
    const auto engine = EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
    return test::run(engine, {{"x", input}}, on_device ? &poisoned_ : nullptr, 1);
  }

  EmulatedDevice device_;
  HostCompiler compiler_;
  PoisonedDevice poisoned_;
};

class EmulatedFormats : public testing::TestWithParam<int> {};

// Written in the format, then read from it: the numbers that went in.
TEST_P(EmulatedFormats, HoldTheProcessorsBytes) {
  const auto format = static_cast<TensorFormat>(GetParam());
  const bool volume = rule_of(format, 1).spatial == 3;
  const int64_t channels = format == TensorFormat::DlaHwc4 ? 3 : 19;
  const Shape dims = volume ? Shape{2, channels, 2, 3, 5} : Shape{2, channels, 3, 5};
  const DataType type = format_problem(format, DataType::F16, dims.span()).empty() ? DataType::F16 : DataType::F32;
  const std::string text = fmt::format("{}[{}]", name_of(type), fmt::join(dims.span(), ","));
  const std::string network = fmt::format("graph main(x: {}) {{\n  y = Abs(x)\n  return y\n}}", text);
  Value dense{type, dims, std::vector<std::byte>(static_cast<size_t>(dims.elements()) * size_of(type))};
  for (int64_t i = 0; i < dims.elements(); ++i) store_double(dense.view(), i, static_cast<double>(i % 1009));
  Places places;
  Value formatted{type, dims, places.run(network, {TensorFormat::Linear, format}, dense)};
  const auto elements = static_cast<size_t>(format_elements(format, type, dims.span()));
  ASSERT_GE(formatted.bytes.size(), elements * size_of(type));
  formatted.bytes.resize(elements * size_of(type));
  std::vector<std::byte> back = places.run(network, {format, TensorFormat::Linear}, formatted);
  back.resize(dense.bytes.size());
  EXPECT_EQ(back, dense.bytes);
}

INSTANTIATE_TEST_SUITE_P(All, EmulatedFormats, testing::Range(1, kTensorFormatCount), [](const auto& format) {
  return std::string(name_of(static_cast<TensorFormat>(format.param)));
});

}  // namespace
}  // namespace tn::test
