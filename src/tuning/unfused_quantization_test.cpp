// SPDX-License-Identifier: Apache-2.0
#include "tuning/unfused_quantization.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

class Integers final : public Tactic {
 public:
  std::string_view name() const override { return "conv.integers"; }
  bool takes_quantized() const override { return true; }
  Support supports(const Region& region, const Target&) const override {
    if (region.anchor->name() != "Conv") return Support::foreign();
    return region.expressions.empty() ? Support{} : Support::no("something follows");
  }
  void lower(const Region&, const std::string&, RegionLowering&) const override {}
};

std::string unfused(std::string_view behind, std::string_view result) {
  static const Integers tactic;
  static const Tactic* const tactics[] = {&tactic};
  const Backend backend{"test", tactics, nullptr};
  const Graph graph = parse_graph(fmt::format(R"(graph g(x: u8[1,2,4,4]) {{
        y = Region(x, i8[2,2,1,1]{{1,2,3,4}}) {{ graph body(x: u8[1,2,4,4], w: i8[2,2,1,1]) {{
          a = Dequantize(x, f32[]{{0.5}}, u8[]{{3}})
          b = Dequantize(w, f32[]{{0.25}})
          c = Conv(a, b) {{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}}
          {} return {}
        }} }}
        s = Softmax(y) {{axis=1}}
        q = Quantize(s, f32[]{{0.5}}) {{to="u8"}}
        return q
      }})",
                                              behind, result),
                                  ops::make_op_by_name);
  return regions_not_quantized(graph, backend, Target{}) + lone_quantization(graph);
}

TEST(UnfusedQuantization, IsNamedWithTheReason) {
  const std::string text = unfused("d = Relu(c)", "d");
  EXPECT_NE(text.find("(Conv+Relu) is not computed with integers as a whole: conv.integers: something follows"),
            text.npos)
      << text;
  EXPECT_NE(text.find("Quantize 'q' is a layer of its own, between 's' (Softmax) and an output of the network"),
            text.npos)
      << text;
  EXPECT_EQ(unfused("", "c").find("not computed"), text.npos) << "what is taken is not reported";
}

}  // namespace
}  // namespace tn
