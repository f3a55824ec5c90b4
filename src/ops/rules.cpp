// SPDX-License-Identifier: Apache-2.0
#include "ops/rules.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tn::ops {

Dims broadcast(const Dims& a, const Dims& b) {
  const size_t rank = std::max(a.size(), b.size());
  Dims result(rank);
  for (size_t i = 0; i < rank; ++i) {
    const Dim x = i < rank - a.size() ? Dim(1) : a[i - (rank - a.size())];
    const Dim y = i < rank - b.size() ? Dim(1) : b[i - (rank - b.size())];
    if (x == y || y == Dim(1))
      result[i] = x;
    else if (x == Dim(1) || y.is_constant())
      result[i] = y;
    else if (x.is_constant())
      result[i] = x;
    else
      result[i] = Dim::max(x, y);
    model_check(!x.is_constant() || !y.is_constant() || x == y || x == Dim(1) || y == Dim(1),
                "shapes {} and {} do not broadcast", to_string(a), to_string(b));
  }
  return result;
}

int normalize_axis(int64_t axis, int rank) {
  model_check(axis >= -rank && axis < rank, "axis {} is outside a tensor of rank {}", axis, rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> normalize_axes(std::span<const int64_t> axes, int rank) {
  std::vector<int> result;
  for (const int64_t axis : axes) {
    const int index = normalize_axis(axis, rank);
    model_check(std::find(result.begin(), result.end(), index) == result.end(), "axis {} is named twice", axis);
    result.push_back(index);
  }
  return result;
}

void check_rank(const InferContext& context, int input, int rank) {
  const TensorType& type = context.type(input);
  model_check(type.rank() == rank, "input {} is {}, rank {} is needed", input, to_string(type), rank);
}

void check_same_type(const InferContext& context, int a, int b) {
  model_check(context.type(a).type == context.type(b).type, "inputs {} and {} differ in type: {} and {}", a, b,
              to_string(context.type(a)), to_string(context.type(b)));
}

bool may_equal(const Dim& a, const Dim& b) {
  return !a.is_constant() || !b.is_constant() || a == b;
}

Dim unify(const Dim& a, const Dim& b, std::string_view what) {
  model_check(may_equal(a, b), "{} differ: {} and {}", what, a.to_string(), b.to_string());
  return a.is_constant() ? a : b;
}

std::optional<std::vector<int64_t>> known_integers(const InferContext& context, int input) {
  const Dims* value = context.value(input);
  if (!value) return std::nullopt;
  std::vector<int64_t> result;
  for (const Dim& dim : *value) {
    if (!dim.is_constant()) return std::nullopt;
    result.push_back(*dim.constant());
  }
  return result;
}

std::vector<int64_t> required_integers(const InferContext& context, int input, std::string_view what) {
  auto values = known_integers(context, input);
  model_check(values.has_value(), "{} (input {}) must be known while building", what, input);
  return *std::move(values);
}

namespace {

bool has_batch(const Dims& dims, const Dim& batch) {
  const std::string name = batch.to_string();
  return std::ranges::any_of(dims, [&](const Dim& dim) {
    const auto symbols = dim.symbols();
    return std::ranges::find(symbols, name) != symbols.end();
  });
}

bool is_free_of(const InferContext& context, int input, const Dim& batch) {
  if (!context.has(input)) return true;
  const Dims* value = context.value(input);
  return !has_batch(context.type(input).dims, batch) && (!value || !has_batch(*value, batch));
}

}  // namespace

bool begins_with(const InferContext& context, int input, const Dim& batch) {
  return context.has(input) && context.type(input).rank() > 0 && context.type(input).dims[0] == batch;
}

bool only_first_has_batch(const InferContext& context, const Dim& batch) {
  if (!begins_with(context, 0, batch)) return false;
  for (int i = 1; i < context.inputs(); ++i) {
    if (!is_free_of(context, i, batch)) return false;
  }
  return true;
}

bool batches_align(const InferContext& context, const Dim& batch) {
  int rank = 0;
  for (int i = 0; i < context.inputs(); ++i) rank = std::max(rank, context.has(i) ? context.type(i).rank() : 0);
  for (int i = 0; i < context.inputs(); ++i) {
    if (is_free_of(context, i, batch)) continue;
    if (!begins_with(context, i, batch) || context.type(i).rank() != rank) return false;
  }
  return true;
}

DimRange possible_range(const Dim& dim) {
  constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();
  SymbolRanges ranges;
  for (const std::string& name : dim.symbols()) ranges[name] = {name.starts_with('?') ? 0 : 1, kUnbounded};
  return range_of(dim, ranges);
}

bool never_negative(const Dim& dim) {
  return possible_range(dim).min >= 0;
}

Dim smaller(const Dim& a, const Dim& b) {
  if (never_negative(b - a)) return a;
  return never_negative(a - b) ? b : Dim::min(a, b);
}

Dim larger(const Dim& a, const Dim& b) {
  if (never_negative(a - b)) return a;
  return never_negative(b - a) ? b : Dim::max(a, b);
}

}  // namespace tn::ops
