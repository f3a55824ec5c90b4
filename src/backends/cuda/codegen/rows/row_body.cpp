// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/rows/row_body.h"

namespace tn::cuda {
namespace {

// Finds the extreme of a row and its column.
constexpr std::string_view kSearch = R"cuda(
  Found best = {START, ~index_t(0)};
  each([&](index_t column, const acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const Found here = {x[j], column + j};
      if (best.column == ~index_t(0) || replaces(best, here)) best = here;
    }
  });
  best = team_reduce(best, [](Found a, Found b) {
    if (a.column == ~index_t(0)) return b;
    return b.column != ~index_t(0) && replaces(a, b) ? b : a;
  });
)cuda";

}  // namespace

std::string_view row_team() {
  return R"cuda(
constexpr int kThreads = TEAM * ROWS_PER_BLOCK;

/// A value and where it was found.
struct Found {
  acc_t value;
  index_t column;
};
// Whether b replaces a: the first NaN, or else the extreme, of equals the first or the last.
TN_INLINE bool replaces(const Found& a, const Found& b) {
  const bool earlier = b.column < a.column;
  if (b.value != b.value) return a.value == a.value || earlier;
  if (a.value != a.value) return false;
  if (a.value == b.value) return LAST_OF_EQUALS ? !earlier : earlier;
  return LARGEST ? b.value > a.value : b.value < a.value;
}

template <typename S>
TN_INLINE S from_lane(S x, int distance) { return __shfl_xor_sync(0xffffffffu, x, distance); }
TN_INLINE Found from_lane(Found x, int distance) {
  return {from_lane(x.value, distance), from_lane(x.column, distance)};
}

/// All threads of a row get the combination of what each has. Called by all threads of the block.
template <typename S, typename Combine>
TN_INLINE S team_reduce(S mine, Combine combine) {
#if ACROSS
#if TEAM > 1
  __shared__ S states[kThreads];
  __syncthreads();
  states[threadIdx.x] = mine;
  __syncthreads();
  const int local = threadIdx.x % ROWS_PER_BLOCK;
  mine = states[local];
#pragma unroll
  for (int i = 1; i < TEAM; ++i) mine = combine(mine, states[i * ROWS_PER_BLOCK + local]);
#endif
#else
#pragma unroll
  for (int distance = (TEAM < 32 ? TEAM : 32) / 2; distance > 0; distance /= 2)
    mine = combine(mine, from_lane(mine, distance));
#if TEAM > 32
  __shared__ S states[TEAM / 32];
  __syncthreads();
  if (threadIdx.x % 32 == 0) states[threadIdx.x / 32] = mine;
  __syncthreads();
  mine = states[0];
#pragma unroll
  for (int i = 1; i < TEAM / 32; ++i) mine = combine(mine, states[i]);
#endif
#endif
  return mine;
}
TN_INLINE acc_t team_sum(acc_t x) {
  return team_reduce(x, [](acc_t a, acc_t b) { return a + b; });
}

/// Calls visit(column, values) for the columns of one thread of a row, V at a time: those that are kept, or all from
/// `first` to `last` after load(column, values).
template <typename Load>
struct Columns {
  Load load;
  index_t member, first, last;
  int step = 0;  // of the columns that are visited, where they are kept
  acc_t kept[KEPT ? STEPS : 1][V];
  TN_INLINE Columns(Load load_, index_t member_, index_t first_, index_t last_)
      : load(load_), member(member_), first(first_), last(last_) {
    if (KEPT) (*this)(load);
  }
  template <typename Visit>
  TN_INLINE void operator()(Visit visit) {
#if KEPT
#pragma unroll
    for (int i = 0; i < STEPS; ++i) {
      const index_t column = (i * TEAM + member) * V;
      step = i;
      if ((i + 1) * TEAM * V <= COLUMNS || column < COLUMNS) visit(column, kept[i]);
    }
#else
#pragma unroll 4
    for (index_t column = first + member * V; column < last; column += TEAM * V) {
      acc_t x[V];
      load(column, x);
      visit(column, x);
    }
#endif
  }
};
)cuda";
}

std::string reduce_body() {
  return R"cuda(
  const auto combine = [](acc_t a, acc_t b) -> acc_t { return COMBINE; };
  acc_t parts[V];
#pragma unroll
  for (int j = 0; j < V; ++j) parts[j] = START;
  each([&](index_t, const acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) parts[j] = combine(parts[j], x[j]);
  });
#pragma unroll
  for (int j = 1; j < V; ++j) parts[0] = combine(parts[0], parts[j]);
  const acc_t all = team_reduce(parts[0], combine);
  const result_t result[1] = {FINISH(all)};
  if (member == 0) write(0, result);
}
)cuda";
}

std::string arg_body() {
  return std::string(kSearch) + R"cuda(  const result_t result[1] = {static_cast<result_t>(best.column)};
  if (member == 0) write(0, result);
}
)cuda";
}

std::string softmax_body() {
  return R"cuda(
  acc_t top = START;
  each([&](index_t, const acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) top = max_of(top, x[j]);
  });
  top = team_reduce(top, [](acc_t a, acc_t b) { return max_of(a, b); });
  acc_t total = 0;
  each([&](index_t, acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const acc_t weight = EXP(x[j] - top);
      total += weight;
      if (KEPT && !LOG_OF_IT) x[j] = weight;
    }
  });
  total = team_sum(total);
  const acc_t shift = LOG_OF_IT ? LOG(total) : 0, factor = 1 / total;
  each([&](index_t column, const acc_t (&x)[V]) {
    result_t y[V];
#pragma unroll
    for (int j = 0; j < V; ++j)
      y[j] = LOG_OF_IT ? x[j] - top - shift : (KEPT ? x[j] : EXP(x[j] - top)) * factor;
    write(column, y);
  });
}
)cuda";
}

std::string hardmax_body() {
  return std::string(kSearch) + R"cuda(  each([&](index_t column, const acc_t (&)[V]) {
    result_t y[V];
#pragma unroll
    for (int j = 0; j < V; ++j) y[j] = column + j == best.column ? 1 : 0;
    write(column, y);
  });
}
)cuda";
}

std::string norm_body() {
  return R"cuda(
#if CENTERED
  acc_t sum = 0;
  each([&](index_t, const acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) sum += x[j];
  });
  const acc_t mean = team_sum(sum) / static_cast<acc_t>(COLUMNS);
#else
  const acc_t mean = 0;
#endif
  acc_t squares = 0;
  each([&](index_t, const acc_t (&x)[V]) {
#pragma unroll
    for (int j = 0; j < V; ++j) squares += (x[j] - mean) * (x[j] - mean);
  });
  const acc_t variance = team_sum(squares) / static_cast<acc_t>(COLUMNS);
  const acc_t factor = 1 / SQRT(variance + EPSILON);
  each([&](index_t column, const acc_t (&x)[V]) {
    result_t y[V];
#pragma unroll
    for (int j = 0; j < V; ++j) y[j] = (x[j] - mean) * factor;
    write(column, y);
  });
}
)cuda";
}

}  // namespace tn::cuda
