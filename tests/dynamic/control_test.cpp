// SPDX-License-Identifier: Apache-2.0
// Branches and loops through an engine. One context runs every case, so nothing may stay from the run before.
#include <gtest/gtest.h>

#include <algorithm>

#include "backends/cpu/device/kernel_table.h"
#include "base/require.h"
#include "dynamic/networks.h"
#include "engine/plan_generated.h"
#include "exec/context.h"

namespace tn::test {
namespace {

struct Numbers {
  Shape dims;
  std::vector<double> values;
  bool operator==(const Numbers&) const = default;
};
void PrintTo(const Numbers& numbers, std::ostream* out) {
  *out << to_string(numbers.dims) << " " << testing::PrintToString(numbers.values);
}

class Network {
 public:
  Network(const std::string& text, OptimizationProfile profile)
      : context_(build_dynamic({"control", text, std::move(profile)}, 1, false), cpu::find_kernel, 1), lane_(1) {}

  void set_most_iterations(int64_t most) { context_.set_most_iterations(most); }

  /// Steps of the network that the kernel runs.
  int64_t steps(std::string_view kernel) const {
    return std::ranges::count_if(context_.engine().plan().profiles[0]->lists[0]->steps,
                                 [&](const auto& step) { return step->kernel == kernel; });
  }

  std::vector<Numbers> run(const std::vector<Numbers>& inputs) {
    const auto& bindings = context_.engine().plan().bindings;
    std::vector<std::vector<std::byte>> memory(bindings.size());
    const auto view = [&](size_t i, const Shape& dims) {
      return TensorView::dense(memory[i].data(), static_cast<DataType>(bindings[i]->type), dims);
    };
    for (size_t i = 0; i < bindings.size(); ++i) {
      const int binding = static_cast<int>(i);
      memory[i].resize(context_.max_bytes(binding) + 8);
      if (i < inputs.size()) {
        require(context_.set_input_shape(binding, inputs[i].dims));
        for (size_t k = 0; k < inputs[i].values.size(); ++k)
          store_double(view(i, inputs[i].dims), static_cast<int64_t>(k), inputs[i].values[k]);
      }
      require(context_.set_address(binding, memory[i].data()));
    }
    require(context_.run(lane_));
    std::vector<Numbers> outputs;
    for (size_t i = inputs.size(); i < bindings.size(); ++i) {
      Numbers& output = outputs.emplace_back();
      require(context_.shape(static_cast<int>(i), output.dims));
      for (int64_t k = 0; k < output.dims.elements(); ++k)
        output.values.push_back(load_double(view(i, output.dims), k));
    }
    return outputs;
  }

 private:
  Context context_;
  Lane lane_;
};

const Numbers kTrue = {{}, {1}}, kFalse = {{}, {0}};

TEST(Branch, OutputsTakeTheShapeOfTheBranchTaken) {
  Network network(R"(graph g(c: bool[], x: f32[N,2], y: f32[N,3]) {
                       z = If(c, x, y) {
                         graph yes(a: f32[N,2], b: f32[N,3]) { r = Neg(a) return r }
                         graph no(a: f32[N,2], b: f32[N,3]) { r = Abs(b) return r }
                       }
                       w = Mul(z, f32[]{10})
                       return z, w
                     })",
                  {{"x", {{1, 2}, {1, 2}, {4, 2}}}, {"y", {{1, 3}, {1, 3}, {4, 3}}}});
  const Numbers x = {{1, 2}, {1, -2}}, y = {{1, 3}, {-3, 4, -5}};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(network.run({kTrue, x, y}), (std::vector<Numbers>{{{1, 2}, {-1, 2}}, {{1, 2}, {-10, 20}}}));
    EXPECT_EQ(network.run({kFalse, x, y}), (std::vector<Numbers>{{{1, 3}, {3, 4, 5}}, {{1, 3}, {30, 40, 50}}}));
    const Numbers x2 = {{2, 2}, {1, 2, 3, 4}}, y2 = {{2, 3}, {-1, -2, -3, -4, -5, -6}};
    EXPECT_EQ(network.run({kFalse, x2, y2})[0], (Numbers{{2, 3}, {1, 2, 3, 4, 5, 6}}));
  }
}

TEST(Branch, OutputsAreJoinedWhereTheBranchTakenPutsThem) {
  Network network(R"(graph g(c: bool[], x: f32[2], y: f32[2]) {
                       a, b = If(c, x, y) {
                         graph yes(p: f32[2], q: f32[2]) { r = Concat(p, q) {axis=0} s = Add(p, q) return r, s }
                         graph no(p: f32[2], q: f32[2]) { return p, q }
                       }
                       z = Concat(a, b) {axis=0}
                       return z
                     })",
                  {});
  const Numbers x = {{2}, {3, 4}}, y = {{2}, {20, 40}};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(network.run({kTrue, x, y})[0], (Numbers{{6}, {3, 4, 20, 40, 23, 44}}));
    EXPECT_EQ(network.run({kFalse, x, y})[0], (Numbers{{4}, {3, 4, 20, 40}}));
  }
}

TEST(Concatenation, PartsBehindOneOfUnknownExtentThatAreMadeBeforeIt) {
  Network network(R"(graph g(x: f32[N]) {
                       negative = Neg(x)
                       places = NonZero(x)
                       row = Reshape(places, i64[1]{-1})
                       first = Cast(row) {to="f32"}
                       z = Concat(first, negative) {axis=0}
                       return z
                     })",
                  {{"x", {{1}, {4}, {6}}}});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(network.run({{{4}, {0, 2, 5, 3}}})[0], (Numbers{{7}, {1, 2, 3, -0.0, -2, -5, -3}}));
    EXPECT_EQ(network.run({{{2}, {0, 7}}})[0], (Numbers{{3}, {1, -0.0, -7}}));
  }
}

TEST(Concatenation, WhatIsReshapedToAPartIsMadeInPlace) {
  Network network(R"(graph g(x: f32[N,2,2]) {
                       a = Neg(x)
                       b = Concat(a, x) {axis=1}
                       c = Reshape(b, i64[2]{-1, 2})
                       d = Abs(x)
                       e = Reshape(d, i64[2]{-1, 2})
                       y = Concat(c, e) {axis=0}
                       return y
                     })",
                  {{"x", {{1, 2, 2}, {1, 2, 2}, {2, 2, 2}}}});
  EXPECT_EQ(network.steps("copy"), 1) << "x alone, which is no part by itself";
  EXPECT_EQ(network.run({{{1, 2, 2}, {1, -2, 3, -4}}})[0], (Numbers{{6, 2}, {-1, 2, -3, 4, 1, -2, 3, -4, 1, 2, 3, 4}}));
  EXPECT_EQ(network.run({{{2, 2, 2}, {1, -2, 3, -4, 5, 6, 7, 8}}})[0],
            (Numbers{{12, 2}, {-1, 2, -3, 4, 1, -2, 3, -4, -5, -6, -7, -8, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}}));
}

// Both concatenations lie in the third.
TEST(Concatenation, WhatIsSeenAsAPartOfTwoIsCopiedToTheSecond) {
  Network network(R"(graph g(x: f32[N]) {
                       a = Neg(x)
                       b = Unsqueeze(a, i64[1]{1})
                       c = Abs(b)
                       d = Concat(b, c) {axis=1}
                       e = Reshape(a, i64[3]{-1, 1, 1})
                       f = Squeeze(e, i64[1]{2})
                       g = Neg(f)
                       h = Concat(g, f) {axis=1}
                       y = Concat(d, h) {axis=0}
                       return y
                     })",
                  {{"x", {{1}, {2}, {3}}}});
  EXPECT_EQ(network.run({{{2}, {1, 2}}})[0], (Numbers{{4, 2}, {-1, 1, -2, 2, 1, -1, 2, -2}}));
}

// The part's columns do not lie side by side in the result.
TEST(Concatenation, WhatCannotBeSeenAsAPartIsCopied) {
  Network network(R"(graph g(x: f32[2,N]) {
                       a = Neg(x)
                       b = Reshape(a, i64[3]{2, -1, 2})
                       c = Transpose(b) {perm=[0,2,1]}
                       d = Reshape(c, i64[2]{2, -1})
                       e = Exp(d)
                       f = Reshape(e, i64[2]{4, -1})
                       g = Abs(f)
                       y = Concat(f, g) {axis=1}
                       return y
                     })",
                  {{"x", {{2, 4}, {2, 4}, {2, 8}}}});
  const Numbers result = network.run({{{2, 4}, {0, 0, 0, 0, 0, 0, 0, 0}}})[0];
  EXPECT_EQ(result, (Numbers{{4, 4}, std::vector<double>(16, 1)}));
}

TEST(Loop, DataDecideHowOftenItRuns) {
  Network network(R"(graph g(n: i64[], x: f32[2], k: f32[2]) {
                       y = Loop(n, absent, x, k) {carried=1} {
                         graph body(i: i64[], c: bool[], a: f32[2], k: f32[2]) {
                           d = Mul(a, f32[]{2})
                           s = Add(d, k)
                           return c, s
                         }
                       }
                       return y
                     })",
                  {});
  const Numbers x = {{2}, {1, 2}}, k = {{2}, {0, 1}};
  EXPECT_EQ(network.run({{{}, {3}}, x, k})[0], (Numbers{{2}, {8, 23}}));
  EXPECT_EQ(network.run({{{}, {0}}, x, k})[0], x);
  EXPECT_EQ(network.run({{{}, {1}}, x, k})[0], (Numbers{{2}, {2, 5}}));
}

TEST(Loop, OnesThatNeverEndAreEnded) {
  Network network(R"(graph g(goes: bool[], x: f32[2]) {
                       y = Loop(absent, goes, x) {carried=1} {
                         graph body(i: i64[], c: bool[], a: f32[2]) {
                           d = Mul(a, f32[]{2})
                           return c, d
                         }
                       }
                       return y
                     })",
                  {});
  const Numbers x = {{2}, {1, 2}};
  network.set_most_iterations(1000);
  EXPECT_THROW(network.run({kTrue, x}), Error);
  EXPECT_EQ(network.run({kFalse, x})[0], x);
}

TEST(Loop, IterationsAreCountedByRun) {
  Network network(R"(graph g(n: i64[], x: f32[]) {
                       y = Loop(n, absent, x) {carried=1} {
                         graph body(i: i64[], c: bool[], a: f32[]) {
                           d = Mul(a, f32[]{2})
                           return c, d
                         }
                       }
                       return y
                     })",
                  {});
  network.set_most_iterations(5);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(network.run({{{}, {5}}, {{}, {1}}})[0], (Numbers{{}, {32}}));
  EXPECT_THROW(network.run({{{}, {6}}, {{}, {1}}}), Error);
}

TEST(Loop, ValuesThatChangePlaces) {
  Network network(R"(graph g(n: i64[], x: f32[], y: f32[]) {
                       a, b = Loop(n, absent, x, y) {carried=2} {
                         graph body(i: i64[], c: bool[], p: f32[], q: f32[]) { return c, q, p }
                       }
                       return a, b
                     })",
                  {});
  EXPECT_EQ(network.run({{{}, {3}}, {{}, {1}}, {{}, {2}}}), (std::vector<Numbers>{{{}, {2}}, {{}, {1}}}));
}

// Stacks the numbers 0, 1 … while their sum stays below the limit.
constexpr std::string_view kCounting = R"(
  sum, all = Loop(i64[]{6}, absent, f32[]{0}, limit) {carried=1} {
    graph body(i: i64[], c: bool[], s: f32[], limit: f32[]) {
      f = Cast(i) {to="f32"}
      t = Add(s, f)
      go = Less(t, limit)
      return go, t, f
    }
  })";

TEST(Loop, StacksAsOftenAsTheConditionHolds) {
  Network network(fmt::format("graph g(limit: f32[]) {{ {} r = Neg(all) return sum, all, r }}", kCounting), {});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(network.run({{{}, {3}}}), (std::vector<Numbers>{{{}, {3}}, {{3}, {0, 1, 2}}, {{3}, {-0.0, -1, -2}}}));
    EXPECT_EQ(network.run({{{}, {0}}}), (std::vector<Numbers>{{{}, {0}}, {{1}, {0}}, {{1}, {-0.0}}}));
    EXPECT_EQ(network.run({{{}, {99}}})[1], (Numbers{{6}, {0, 1, 2, 3, 4, 5}}));
  }
}

// The stack of the loop inside is shorter in the first iteration than in the second.
TEST(Loop, LoopsInsideLoopsBeginAnew) {
  Network network(fmt::format(R"(graph g(limits: f32[N]) {{
                                   sums = Scan(limits) {{states=0, scanned=1}} {{
                                     graph outer(limit: f32[]) {{ {} r = Reduce(all) {{mode="Sum", axes=[0], keepdims=false}} return r }}
                                   }}
                                   return sums
                                 }})",
                              kCounting),
                  {{"limits", {{1}, {2}, {5}}}});
  EXPECT_EQ(network.run({{{3}, {1, 99, 3}}})[0], (Numbers{{3}, {1, 15, 3}}));
  EXPECT_EQ(network.run({{{1}, {6}}})[0], (Numbers{{1}, {6}}));
}

TEST(Scan, AxesAndDirections) {
  Network network(R"(graph g(state: f32[2], x: f32[2,N]) {
                       last, sums = Scan(state, x)
                           {states=1, scanned=1, input_axes=[1], input_directions=[1], output_axes=[1], output_directions=[1]} {
                         graph body(s: f32[2], e: f32[2]) { t = Add(s, e) return t, t }
                       }
                       return last, sums
                     })",
                  {{"x", {{2, 1}, {2, 3}, {2, 4}}}});
  EXPECT_EQ(network.run({{{2}, {0, 100}}, {{2, 3}, {1, 2, 3, 4, 5, 6}}}),
            (std::vector<Numbers>{{{2}, {6, 115}}, {{2, 3}, {6, 5, 3, 115, 111, 106}}}));
  EXPECT_EQ(network.run({{{2}, {0, 100}}, {{2, 1}, {7, 8}}})[1], (Numbers{{2, 1}, {7, 108}}));
}

}  // namespace
}  // namespace tn::test
