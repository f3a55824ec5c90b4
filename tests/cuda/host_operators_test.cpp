// SPDX-License-Identifier: Apache-2.0
// What plans for CUDA devices leave to the host: a short list, which grows only where this test is changed. All other
// operators' cases are lowered to kernels of the device.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/tactics/launch.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "support/ways.h"

namespace tn::test {
namespace {

const std::map<std::string, std::string> kOnTheHost = {
    {"Compress", "the result's extents depend on data"},
    {"Det", "elimination is sequential, and matrices are small"},
    {"ImageDecoder", "libraries of the host decode"},
    {"MelWeightMatrix", "made of constants, so folded"},
    {"NonMaxSuppression", "the result's extents depend on data"},
    {"NonZero", "the result's extents depend on data"},
    {"RandomUniform", "which run it is, the host counts"},
    {"RegexFullMatch", "strings"},
    {"StringConcat", "strings"},
    {"StringEqual", "strings"},
    {"StringNormalizer", "strings"},
    {"StringParse", "strings"},
    {"StringPrint", "strings"},
    {"StringSplit", "strings"},
    {"Unique", "the result's extents depend on data"},
};

/// Nothing is compiled.
class NoCompiler final : public TextCompiler {
 public:
  std::vector<std::byte> compile(const std::string&, const std::string&) override { return std::vector<std::byte>(1); }
  void prefetch(const std::string&, const std::string&) override {}
};

// Operators of which a step runs on the host, each with the first case that shows it.
std::map<std::string, std::string> found() {
  NoCompiler compiler;
  const DeviceTarget target{.architecture = "sm_90",
                            .machine = "",
                            .host_kernels = cpu::find_kernel,
                            .compiler = &compiler,
                            .copy = cuda::copy_step};
  std::map<std::string, std::string> result;
  for (const ops::OpEntry* entry : ops::all_ops()) {
    for (const std::string_view text : entry->cases) {
      const Ways ways(parse_case(text, ops::make_op_by_name), {}, target, DataType::F32);
      for (const Ways::Way& way : ways.all())
        if (way.choice.tactic->space() == Space::Host)
          result.emplace(way.node->op->name(), fmt::format("{} by {}", text, way.choice.tactic->name()));
    }
  }
  return result;
}

TEST(HostOperators, AreFew) {
  const auto on_host = found();
  for (const auto& [name, text] : on_host) {
    const auto known = kOnTheHost.find(name);
    EXPECT_NE(known, kOnTheHost.end()) << text;
    if (known != kOnTheHost.end()) std::printf("%s runs on the host: %s\n", name.c_str(), known->second.c_str());
  }
  for (const auto& [name, reason] : kOnTheHost) EXPECT_TRUE(on_host.contains(name)) << name << " has a kernel";
}

}  // namespace
}  // namespace tn::test
