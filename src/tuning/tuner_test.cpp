// SPDX-License-Identifier: Apache-2.0
#include "tuning/tuner.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

/// A view: takes no time, and could not be run alone.
class Untimed final : public Tactic {
 public:
  std::string_view name() const override { return "untimed"; }
  bool timed() const override { return false; }
  std::optional<Space> space() const override { return std::nullopt; }
  Support supports(const Region&, const Target&) const override { return {}; }
  void lower(const Region&, const std::string&, RegionLowering&) const override {
    throw Error(ErrorCode::Internal, "was measured");
  }
};

TEST(Tuner, ViewsCostNothing) {
  const Untimed untimed;
  const Tactic* const tactics[] = {&untimed};
  const Backend backend{"test", tactics, nullptr};
  const Graph graph = parse_graph("graph g(x: f32[3,4]) { y = Exp(x) return y }", ops::make_op_by_name);
  TimingCache cache;
  const Target target;
  Tuner tuner(backend, target, {}, {}, cache);
  const Region region = *region_of(graph, graph.node(graph.order()[0]));
  EXPECT_EQ(tuner.microseconds(region), 0);
  EXPECT_EQ(tuner.selected_microseconds(region), 0);
}

}  // namespace
}  // namespace tn
