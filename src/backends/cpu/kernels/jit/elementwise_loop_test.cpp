// SPDX-License-Identifier: Apache-2.0
// Strided loops and row programs against a walk over all indices.
#include "backends/cpu/kernels/jit/elementwise_loop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "backends/cpu/kernels/jit/program_fuzz.h"

namespace tn {
namespace {

using enum ScalarFunction;

/// in0 + |in1|, and in0 < in1.
ScalarProgram two_results() {
  constexpr ScalarType f32 = ScalarType::F32;
  ScalarProgram program;
  program.inputs = {f32, f32};
  program.instructions = {
      {Input, f32, 0}, {Input, f32, 1}, {Abs, f32, 1}, {Add, f32, 0, 2}, {Less, ScalarType::Bool, 0, 1}};
  program.results = {3, 4};
  program.verify();
  return program;
}

/// Strides of a tensor of `dims` whose axes lie in the order given (outermost first), with room between rows; negative
/// axes of `order` are broadcast.
Shape strides_in_order(const Shape& dims, std::span<const int> order, int64_t gap) {
  Shape strides = Shape::filled(dims.rank(), 0);
  int64_t step = 1;
  for (size_t k = order.size(); k-- > 0;) {
    if (order[k] < 0) continue;
    strides[order[k]] = step;
    step = step * dims[order[k]] + gap;
  }
  return strides;
}

int64_t span_of(const Shape& dims, const Shape& strides) {
  int64_t last = 0;
  for (int i = 0; i < dims.rank(); ++i) last += (dims[i] - 1) * strides[i];
  return last + 1;
}

struct Case {
  Shape dims;
  std::vector<int> a, b, results;  ///< orders of axes
  int64_t gap = 0;
};

void check(const Case& c, Lane& lane, ElementwiseLoop& loop) {
  const Shape a = strides_in_order(c.dims, c.a, c.gap), b = strides_in_order(c.dims, c.b, 0),
              r = strides_in_order(c.dims, c.results, c.gap);
  std::mt19937 random(5);
  auto x = random_elements(DataType::F32, span_of(c.dims, a), random),
       y = random_elements(DataType::F16, span_of(c.dims, b), random);
  std::vector<float> sum(static_cast<size_t>(span_of(c.dims, r)), -7.f);
  std::vector<uint8_t> is_less(sum.size(), 99);
  const Shape operands[] = {a, b}, results[] = {r, r};
  ASSERT_TRUE(loop.bind(c.dims, operands, results).ok());
  const void* from[] = {x.data(), y.data()};
  void* to[] = {sum.data(), is_less.data()};
  loop.run(lane, from, to);
  const TensorView u{x.data(), DataType::F32}, v{y.data(), DataType::F16};
  std::vector<bool> written(sum.size(), false);
  for (Walk w(c.dims, {a, b, r}); w.more(); w.next()) {
    const auto p = static_cast<float>(load_double(u, w.offset(0))), q = static_cast<float>(load_double(v, w.offset(1)));
    const auto at = static_cast<size_t>(w.offset(2));
    written[at] = true;
    const float expected = p + std::fabs(q);
    ASSERT_TRUE(sum[at] == expected || (std::isnan(sum[at]) && std::isnan(expected))) << to_string(w.index());
    ASSERT_EQ(is_less[at], p < q ? 1 : 0);
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    if (written[i]) continue;
    ASSERT_EQ(sum[i], -7.f) << "wrote into a gap";
    ASSERT_EQ(is_less[i], 99);
  }
}

TEST(ElementwiseLoop, AgreesWithAWalkOverAnyStrides) {
  const DataType operands[] = {DataType::F32, DataType::F16}, results[] = {DataType::F32, DataType::Bool};
  const Case cases[] = {
      {Shape{}, {}, {}, {}},
      {Shape{1000}, {0}, {0}, {0}},
      {Shape{100000}, {0}, {0}, {0}},
      {Shape{100000}, {0}, {-1}, {0}},
      {Shape{40, 300}, {0, 1}, {1}, {0, 1}},
      {Shape{300, 40}, {0, 1}, {0}, {0, 1}},
      {Shape{33, 65, 7}, {0, 1, 2}, {1}, {0, 1, 2}},
      {Shape{33, 65, 7}, {0, 1, 2}, {2, 1, 0}, {0, 1, 2}},
      {Shape{33, 65, 7}, {0, 1, 2}, {0, 1, 2}, {2, 0, 1}, 3},
      {Shape{5, 1200}, {1, 0}, {1}, {0, 1}, 1},
      {Shape{5, 1200}, {1}, {0}, {0, 1}},
      {Shape{2, 3, 4, 5, 6}, {0, 1, 2, 3, 4}, {4, 2, 0}, {0, 1, 2, 3, 4}, 2},
      {Shape{3, 1, 4, 1}, {0, 1, 2, 3}, {2}, {0, 1, 2, 3}},
      {Shape{4, 0, 3}, {0, 1, 2}, {0, 1, 2}, {0, 1, 2}},
      {Shape{5000, 3}, {0, 1}, {1}, {0, 1}},
      {Shape{3, 700, 24}, {0, 1, 2}, {0, 2}, {0, 1, 2}},
      {Shape{3, 700, 24}, {0, 1, 2}, {0, 2}, {0, 1, 2}, 1},
      {Shape{5000, 3}, {1, 0}, {0}, {0, 1}, 2},
  };
  for (const int threads : {1, 3}) {
    Lane lane(threads);
    for (const auto isa : {ElementwiseIsa::Portable, best_elementwise_isa()}) {
      ElementwiseLoop loop(two_results(), operands, results, threads, {}, isa);
      for (const Case& c : cases) {
        SCOPED_TRACE(fmt::format("{} {} on {} threads", name_of(isa), to_string(c.dims), threads));
        check(c, lane, loop);
      }
    }
  }
}

TEST(ElementwiseLoop, BroadcastsOfManyOperandsWorkWithoutTheirPattern) {
  // ((in0 + in1) + in2) + in3, with in1 and in3 per row
  constexpr ScalarType f32 = ScalarType::F32;
  ScalarProgram program;
  program.inputs.assign(4, f32);
  for (uint16_t k = 0; k < 4; ++k) program.instructions.push_back({Input, f32, k});
  program.instructions.insert(program.instructions.end(), {{Add, f32, 0, 1}, {Add, f32, 4, 2}, {Add, f32, 5, 3}});
  program.results = {6};
  const std::vector<DataType> operands(4, DataType::F32);
  const DataType result = DataType::F32;
  const int64_t rows = 7, columns = 1300;
  std::vector<float> x(static_cast<size_t>(rows * columns), 1.f), out(x.size()), per_row(static_cast<size_t>(rows));
  for (size_t i = 0; i < per_row.size(); ++i) per_row[i] = static_cast<float>(10 * i);
  Lane lane(2);
  for (const std::vector<uint64_t>& patterns : {std::vector<uint64_t>{}, {0b0010}, {0b1010}}) {
    ElementwiseLoop loop(program, operands, std::span(&result, 1), 2, patterns);
    const Shape whole{columns, 1}, still{1, 0};
    const Shape from_strides[] = {whole, still, whole, still};
    ASSERT_TRUE(loop.bind(Shape{rows, columns}, from_strides, std::span(&whole, 1)).ok());
    const void* from[] = {x.data(), per_row.data(), x.data(), per_row.data()};
    void* to[] = {out.data()};
    loop.run(lane, from, to);
    for (int64_t i = 0; i < rows * columns; ++i)
      ASSERT_EQ(out[static_cast<size_t>(i)], 2.f + 20.f * static_cast<float>(i / columns));
  }
}

TEST(ElementwiseLoop, RefusesOtherRanks) {
  const DataType operands[] = {DataType::F32, DataType::F16}, results[] = {DataType::F32, DataType::Bool};
  ElementwiseLoop loop(two_results(), operands, results, 1);
  const Shape one[] = {Shape{1}, Shape{1}}, mixed[] = {Shape{1}, Shape{1, 1}};
  EXPECT_TRUE(loop.bind(Shape{4}, one, one).ok());
  EXPECT_FALSE(loop.bind(Shape{4}, one, mixed).ok());
  EXPECT_FALSE(loop.bind(Shape{4}, std::span(one, 1), one).ok());
}

}  // namespace
}  // namespace tn
