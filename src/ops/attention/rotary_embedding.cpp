// SPDX-License-Identifier: Apache-2.0
// Pairs of each head's elements turned by an angle that depends on the position.
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
TensorId rotate(NodeView& node, TensorId x, TensorId cosines, TensorId sines) {
  const auto size = node.type(x).dims[3].constant();
  model_check(size.has_value(), "the head size of {} must be known", to_string(node.type(x)));
  const bool interleaved = node.integer("interleaved", 0) != 0;
  int64_t turned = node.integer("rotary_embedding_dim", 0);
  if (turned == 0) turned = *size;
  model_check(turned > 0 && turned <= *size && turned % 2 == 0, "{} of {} elements of a head are turned", turned,
              *size);
  const auto [a, b] = split(node, turned == *size ? x : slice(node, x, -1, 0, turned), turned, interleaved);
  const auto product = [&](TensorId u, TensorId v) { return compose(node, "Mul", {u, v}); };
  const TensorId real = compose(node, "Sub", {product(cosines, a), product(sines, b)});
  const TensorId imaginary = compose(node, "Add", {product(sines, a), product(cosines, b)});
  const TensorId y = join(node, {real, imaginary}, interleaved);
  return turned == *size ? y : concat(node, {y, slice(node, x, -1, turned, *size)}, -1);
}

struct Caches {
  TensorId cosines, sines, positions;  ///< positions: kNone where the caches have a row for each token
};

std::vector<TensorId> embed(NodeView& node, const Caches& caches, int64_t heads) {
  const TensorId x = node.input(0);
  const TensorType type = node.type(x);
  const DataType wide = type.type == DataType::F64 ? DataType::F64 : DataType::F32;
  const TensorId cosines = rows_of(node, caches.cosines, caches.positions, wide),
                 sines = rows_of(node, caches.sines, caches.positions, wide);
  const auto result = [&](TensorId y) { return cast_to(node, y, type.type); };
  if (type.rank() == 4) {
    const TensorId y = rotate(node, transpose(node, widen(node, x), {0, 2, 1, 3}), cosines, sines);
    return {result(transpose(node, y, {0, 2, 1, 3}))};
  }
  model_check(type.rank() == 3 && heads > 0, "X is {} with {} heads", to_string(type), heads);
  const Dims split_dims = {type.dims[0], type.dims[1], heads, Dim::floor_div(type.dims[2], heads)};
  return {result(reshape(node, rotate(node, reshape(node, widen(node, x), split_dims), cosines, sines), type.dims))};
}

std::vector<TensorId> import_rotary_embedding(NodeView& node) {
  return embed(node, {node.input(1), node.input(2), node.has_input(3) ? node.input(3) : kNone},
               node.integer("num_heads", 0));
}

// com.microsoft's has the positions before the caches; one number is the position of the first token.
std::vector<TensorId> import_microsoft(NodeView& node) {
  const TensorType type = node.type(node.input(0));
  Caches caches{node.input(2), node.input(3), node.input(1)};
  const TensorType& cosines = node.type(caches.cosines);
  model_check((type.rank() == 3 || type.rank() == 4) && cosines.rank() == 2, "X is {}, the cache {}", to_string(type),
              to_string(cosines));
  if (node.type(caches.positions).rank() == 1) {
    const Dim& tokens = type.dims[type.rank() == 4 ? 2 : 1];
    const TensorId each = compose(node, "Add", {counting(node, tokens), caches.positions});
    caches.positions = expand(node, each, {type.dims[0], tokens});
  }
  int64_t heads = node.integer("num_heads", 0);
  if (heads == 0 && type.rank() == 3) {
    const Dim fitting = Dim::floor_div(type.dims[2], node.type(caches.cosines).dims[1] * 2);
    model_check(fitting.is_constant(), "the heads of {} must be known", to_string(type));
    heads = *fitting.constant();
  }
  return embed(node, caches, heads);
}

constexpr OnnxImporter kOnnx[] = {{"RotaryEmbedding", 23, import_rotary_embedding},
                                  {"RotaryEmbedding", 1, import_microsoft, "com.microsoft"}};

}  // namespace

extern const OpEntry rotary_embedding_entry = {"RotaryEmbedding", nullptr, kOnnx, {}};

}  // namespace tn::ops
