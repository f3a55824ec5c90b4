// SPDX-License-Identifier: Apache-2.0
// Tactics that call libraries, without a device: what they recognise, and that they are not offered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/cuda/device/null_device.h"
#include "backends/cuda/tactics/library_epilogue.h"
#include "backends/cuda/tactics/table.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "passes/pipeline.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

using Activation = cuda::MatmulStep::Activation;

/// A product with what follows it, as the passes leave it.
struct Fused {
  explicit Fused(const std::string& lines)
      : graph(parse_graph(fmt::format("graph g(x: f32[8,16], r: f32[8,24]) {{\n"
                                      "  constant w: f32[16,24] = #0123456789abcdef0123456789abcdef\n  constant b: "
                                      "f32[24] = #fedcba9876543210fedcba9876543210\n"
                                      "  p = MatMul(x, w)\n{}  return y\n}}",
                                      lines),
                          ops::make_op_by_name)) {
    passes::run_passes(graph, passes::pipeline(), {});
    region = *region_of(graph, graph.node(graph.order()[0]));
  }
  Graph graph;
  Region region;
};

TEST(LibraryEpilogue, IsBiasResidualAndActivation) {
  struct Form {
    const char* lines;
    bool bias, residual;
    Activation activation;
  };
  const Form forms[] = {
      {"  y = Add(p, b)\n", true, false, Activation::None},
      {"  s = Add(b, p)\n  y = Relu(s)\n", true, false, Activation::Relu},
      {"  s = Add(p, b)\n  t = Add(r, s)\n  y = Relu(t)\n", true, true, Activation::Relu},
      {"  s = Add(p, r)\n  y = Add(s, b)\n", true, true, Activation::None},
      {"  s = Add(p, b)\n  y = Gelu(s) {approximate=\"tanh\"}\n", true, false, Activation::GeluTanh},
      {"  y = Relu(p)\n", false, false, Activation::Relu},
  };
  for (const Form& form : forms) {
    const Fused fused(form.lines);
    const auto matched = cuda::match_library_epilogue(fused.region, 1);
    ASSERT_TRUE(matched) << form.lines;
    EXPECT_EQ(matched->bias != kNone, form.bias) << form.lines;
    EXPECT_EQ(matched->residual != kNone, form.residual) << form.lines;
    EXPECT_EQ(matched->activation, form.activation) << form.lines;
  }
}

TEST(LibraryEpilogue, NothingElseIs) {
  for (const char* lines : {"  s = Add(p, b)\n  y = Gelu(s)\n", "  s = Relu(p)\n  y = Add(s, r)\n", "  y = Mul(p, r)\n",
                            "  s = Add(p, r)\n  y = Add(s, r)\n"})
    EXPECT_FALSE(cuda::match_library_epilogue(Fused(lines).region, 1)) << lines;
}

TEST(LibraryTactics, AreNotOfferedWithoutTheirDevice) {
  const Fused fused("  y = Add(p, b)\n");
  cuda::NullDevice none;
  DeviceTarget device{.architecture = "sm_90"};
  Target target;
  target.device = &device;
  EXPECT_EQ(cuda::matmul_cublaslt().supports(fused.region, target).reason, "the device is not here");
  device.device = &none;
  EXPECT_EQ(cuda::matmul_cublaslt().supports(fused.region, target).reason, "the device is not here");
  device.cublaslt = false;
  EXPECT_EQ(cuda::matmul_cublaslt().supports(fused.region, target).reason, "cuBLASLt is not among the tactic sources");
  EXPECT_EQ(cuda::conv_cudnn().supports(fused.region, target).reason, "");
}

TEST(LibraryTactics, MustBeFasterByTwoPercent) {
  const Tactic &ours = cuda::matmul_mma(), &library = cuda::matmul_cublaslt();
  EXPECT_LT(as_choices_see_it(ours, 101.9), as_choices_see_it(library, 100));
  EXPECT_GT(as_choices_see_it(ours, 102.1), as_choices_see_it(library, 100));
}

}  // namespace
}  // namespace tn
