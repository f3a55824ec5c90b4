// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/rotary.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

struct Pair {
  TensorId first, second;
};

// Halves of the last axis, or its even and odd elements. The extent must be known.
Pair split(NodeView& node, TensorId x, int64_t count, bool interleaved) {
  if (!interleaved) return {slice(node, x, -1, 0, count / 2), slice(node, x, -1, count / 2, count)};
  const auto every_second = [&](int64_t from) {
    const auto vector = [&](int64_t value) { return node.add_integers(std::vector{value}); };
    return compose(node, "Slice", {x, vector(from), vector(count), vector(-1), vector(2)});
  };
  return {every_second(0), every_second(1)};
}

TensorId join(NodeView& node, Pair pair, bool interleaved) {
  if (!interleaved) return concat(node, {pair.first, pair.second}, -1);
  constexpr int64_t kLast[] = {-1};
  Dims dims = node.type(pair.first).dims;
  dims.back() = dims.back() * 2;
  return reshape(node, concat(node, {unsqueeze(node, pair.first, kLast), unsqueeze(node, pair.second, kLast)}, -1),
                 dims);
}

// A cache as [N,S,1,R/2], which broadcasts over heads; `positions` (or kNone) picks its rows.
TensorId rows_of(NodeView& node, TensorId cache, TensorId positions, DataType type) {
  constexpr int64_t kHeads[] = {2};
  TensorId rows = cast_to(node, cache, type);
  if (positions != kNone) rows = compose(node, "Gather", {rows, positions}, {{"axis", int64_t{0}}});
  model_check(node.type(rows).rank() == 3, "the cache is {}", to_string(node.type(rows)));
  return unsqueeze(node, rows, kHeads);
}

// [N,S,H,D]
TensorId turn(NodeView& node, TensorId x, TensorId cosines, TensorId sines, const Rotary& rotary) {
  const auto size = node.type(x).dims[3].constant();
  model_check(size.has_value(), "the head size of {} must be known", to_string(node.type(x)));
  const int64_t turned = rotary.turned == 0 ? *size : rotary.turned;
  model_check(turned > 0 && turned <= *size && turned % 2 == 0, "{} of {} elements of a head are turned", turned,
              *size);
  const auto [a, b] = split(node, turned == *size ? x : slice(node, x, -1, 0, turned), turned, rotary.interleaved);
  const auto product = [&](TensorId u, TensorId v) { return compose(node, "Mul", {u, v}); };
  const TensorId real = compose(node, "Sub", {product(cosines, a), product(sines, b)});
  const TensorId imaginary = compose(node, "Add", {product(sines, a), product(cosines, b)});
  const TensorId y = join(node, {real, imaginary}, rotary.interleaved);
  return turned == *size ? y : concat(node, {y, slice(node, x, -1, turned, *size)}, -1);
}

}  // namespace

TensorId rotate(NodeView& node, TensorId x, const Rotary& rotary, int64_t heads) {
  const TensorType type = node.type(x);
  const DataType wide = type.type == DataType::F64 ? DataType::F64 : DataType::F32;
  const TensorId cosines = rows_of(node, rotary.cosines, rotary.positions, wide),
                 sines = rows_of(node, rotary.sines, rotary.positions, wide);
  const auto result = [&](TensorId y) { return cast_to(node, y, type.type); };
  if (type.rank() == 4) {
    const TensorId y = turn(node, transpose(node, widen(node, x), {0, 2, 1, 3}), cosines, sines, rotary);
    return result(transpose(node, y, {0, 2, 1, 3}));
  }
  model_check(type.rank() == 3 && heads > 0, "X is {} with {} heads", to_string(type), heads);
  const Dims split_dims = {type.dims[0], type.dims[1], heads, Dim::floor_div(type.dims[2], heads)};
  return result(
      reshape(node, turn(node, reshape(node, widen(node, x), split_dims), cosines, sines, rotary), type.dims));
}

namespace {

std::vector<TensorId> import_rotary_embedding(NodeView& node) {
  const Rotary rotary{node.input(1), node.input(2), node.has_input(3) ? node.input(3) : kNone,
                      node.integer("interleaved", 0) != 0, node.integer("rotary_embedding_dim", 0)};
  return {rotate(node, node.input(0), rotary, node.integer("num_heads", 0))};
}

constexpr OnnxImporter kOnnx[] = {{"RotaryEmbedding", 23, import_rotary_embedding}};

}  // namespace

extern const OpEntry rotary_embedding_entry = {"RotaryEmbedding", nullptr, kOnnx, {}};

}  // namespace tn::ops
