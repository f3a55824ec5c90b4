// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reshape.h"

#include <algorithm>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::optional<Dims> reshaped_value(const InferContext& context) {
  const Dims* value = context.value(0);
  return value ? std::optional(*value) : std::nullopt;
}

namespace {

// Product of `all` over product of `known`. Equal factors cancel first: a quotient by a sum would not come out exact.
Dim left_over(Dims all, Dims known) {
  std::erase_if(known, [&](const Dim& dim) {
    const auto found = std::find(all.begin(), all.end(), dim);
    if (found == all.end()) return false;
    all.erase(found);
    return true;
  });
  const Dim total = product(all), part = product(known);
  model_check(part != Dim(0), "-1 is not determined beside an extent of 0");
  const Dim remainder = Dim::mod(total, part);
  model_check(!remainder.is_constant() || remainder == Dim(0), "{} elements are not divisible by {}", total.to_string(),
              part.to_string());
  return Dim::floor_div(total, part);
}

Dims resolve_shape(const TensorType& x, const Dims& wanted, bool allowzero) {
  Dims dims = wanted, known;
  int open = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == Dim(-1)) {
      model_check(open < 0, "shape {} has more than one -1", to_string(wanted));
      open = static_cast<int>(i);
      continue;
    }
    if (dims[i] == Dim(0) && !allowzero) {
      model_check(i < x.dims.size(), "shape {} copies axis {} of {}", to_string(wanted), i, to_string(x));
      dims[i] = x.dims[i];
    }
    model_check(!dims[i].is_constant() || *dims[i].constant() >= 0, "shape {} has a negative extent",
                to_string(wanted));
    known.push_back(dims[i]);
  }
  if (open >= 0) {
    dims[static_cast<size_t>(open)] = left_over(x.dims, std::move(known));
  } else {
    model_check(may_equal(product(x.dims), product(dims)), "{} cannot become {}", to_string(x), to_string(dims));
  }
  return dims;
}

}  // namespace

std::vector<TensorType> Reshape::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  check_rank(context, 1, 1);
  if (const Dims* wanted = context.value(1)) return {{x.type, resolve_shape(x, *wanted, allowzero)}};
  const auto rank = context.type(1).dims[0].constant();
  model_check(rank.has_value(), "the rank of the result is not known: the shape is {}", to_string(context.type(1)));
  Dims dims;
  for (int64_t axis = 0; axis < *rank; ++axis)
    dims.push_back(context.unknown(0, static_cast<int>(axis), product(x.dims)));
  return {{x.type, std::move(dims)}};
}

bool Reshape::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch);
}

std::optional<Dims> Reshape::value(const InferContext& context) const {
  return reshaped_value(context);
}

namespace {

std::vector<TensorId> import_reshape_1(NodeView& node) {
  return node.add_all(std::make_shared<Reshape>(), {node.input(0), node.add_integers(node.integers("shape"))});
}

// Flatten is a Reshape, to [0,-1] and alike if numbers are enough.
std::vector<TensorId> import_flatten(NodeView& node) {
  const TensorId x = node.input(0);
  const TensorType type = node.type(x);
  const int rank = type.rank();
  const int64_t given = node.integer("axis", 1);
  const int axis = given == rank ? rank : normalize_axis(given, rank);
  const Dims left(type.dims.begin(), type.dims.begin() + axis), right(type.dims.begin() + axis, type.dims.end());
  const auto before = product(left).constant(), after = product(right).constant();
  std::vector<int64_t> shape;
  if (axis == 1)
    shape = {0, after.value_or(-1)};
  else if (before)
    shape = {*before, after.value_or(-1)};
  else if (after)
    shape = {-1, *after};
  else
    return {reshape(node, x, {product(left), product(right)})};
  auto op = std::make_shared<Reshape>();
  op->allowzero = axis != 1;
  return node.add_all(std::move(op), {x, node.add_integers(shape)});
}

constexpr OnnxImporter kOnnx[] = {
    {"Reshape", 1, import_reshape_1}, {"Reshape", 5, import_same<Reshape>}, {"Flatten", 1, import_flatten}};
constexpr std::string_view kCases[] = {"Reshape(f32[2,3,4], i64[2]{4,6})", "Reshape(i32[2,3,4], i64[3]{0,-1,2})"};

}  // namespace

extern const OpEntry reshape_entry = {Reshape::kName, make_op<Reshape>, kOnnx, kCases};

}  // namespace tn::ops
