// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/expand.h"

#include <cmath>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

constexpr int64_t kLargestValue = 1024;

}  // namespace

std::vector<TensorType> Expand::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  check_rank(context, 1, 1);
  const Dims* shape = context.value(1);
  model_check(shape != nullptr, "the shape must be computable from the shapes of the inputs");
  for (const Dim& dim : *shape)
    model_check(!dim.is_constant() || *dim.constant() >= 0, "shape {} has a negative extent", to_string(*shape));
  return {{x.type, broadcast(x.dims, *shape)}};
}

bool Expand::splits_batch(const InferContext& context, const Dim& batch) const {
  const auto rank = static_cast<int>(context.value(1)->size());
  return !begins_with(context, 0, batch) || context.type(0).rank() >= rank;
}

std::optional<Dims> Expand::value(const InferContext& context) const {
  const Dims *data = context.value(0), *shape = context.value(1);
  if (!data || !shape || shape->size() > 1) return std::nullopt;
  const auto count = shape->empty() ? std::optional<int64_t>(1) : (*shape)[0].constant();
  if (data->size() != 1)
    return count == 1 || count == static_cast<int64_t>(data->size()) ? std::optional(*data) : std::nullopt;
  if (!count || *count > kLargestValue) return std::nullopt;
  return Dims(static_cast<size_t>(*count), (*data)[0]);
}

std::vector<TensorType> Tile::infer(const InferContext& context) const {
  TensorType result = context.type(0);
  const Dims* repeats = context.value(1);
  model_check(repeats != nullptr, "the repeats must be computable from the shapes of the inputs");
  model_check(repeats->size() == result.dims.size(), "{} repeats for {}", repeats->size(), to_string(result));
  for (size_t i = 0; i < result.dims.size(); ++i) {
    const Dim& times = (*repeats)[i];
    model_check(!times.is_constant() || *times.constant() >= 0, "axis {} is repeated {} times", i, times.to_string());
    result.dims[i] = result.dims[i] * times;
  }
  return {std::move(result)};
}

namespace {

// A scalar input that is a whole number.
std::optional<Dim> whole_number(const InferContext& context, int input) {
  if (const Dims* value = context.value(input)) return value->size() == 1 ? std::optional((*value)[0]) : std::nullopt;
  const Constant* constant = context.constant(input);
  if (!constant || constant->elements() != 1) return std::nullopt;
  const double number = constant->number(0);
  const bool whole = number == std::floor(number) && std::fabs(number) < 1e15;
  return whole ? std::optional(Dim(static_cast<int64_t>(number))) : std::nullopt;
}

}  // namespace

std::vector<TensorType> Range::infer(const InferContext& context) const {
  check_same_type(context, 0, 1);
  check_same_type(context, 0, 2);
  const DataType type = context.type(0).type;
  const auto start = whole_number(context, 0), limit = whole_number(context, 1), delta = whole_number(context, 2);
  if (start && limit && delta) return {{type, {larger(Dim(0), Dim::ceil_div(*limit - *start, *delta))}}};
  const Constant *first = context.constant(0), *last = context.constant(1), *step = context.constant(2);
  model_check(first && last && step, "start, limit and delta must be computable from the shapes of the inputs");
  model_check(step->number(0) != 0, "delta is 0");
  const double count = std::ceil((last->number(0) - first->number(0)) / step->number(0));
  model_check(count < 1e12, "a range of {} elements", count);
  return {{type, {count > 0 ? static_cast<int64_t>(count) : 0}}};
}

std::optional<Dims> Range::value(const InferContext& context) const {
  const auto count = infer(context)[0].dims[0].constant();
  const Dims *start = context.value(0), *delta = context.value(2);
  if (!start || !delta || !count || *count > kLargestValue) return std::nullopt;
  Dims result;
  for (int64_t i = 0; i < *count; ++i) result.push_back((*start)[0] + (*delta)[0] * i);
  return result;
}

namespace {

// Opset 1 repeats one axis.
std::vector<TensorId> import_tile_1(NodeView& node) {
  const TensorId x = node.input(0);
  const auto times = node.known_integers(node.input(1)), axis = node.known_integers(node.input(2));
  model_check(times && axis && times->size() == 1 && axis->size() == 1, "tiles and axis must be constants");
  std::vector<int64_t> repeats(node.type(x).dims.size(), 1);
  repeats[static_cast<size_t>(normalize_axis((*axis)[0], node.type(x).rank()))] = (*times)[0];
  return node.add_all(std::make_shared<Tile>(), {x, node.add_integers(repeats)});
}

// A tensor of one value is that value expanded.
std::vector<TensorId> import_constant_of_shape(NodeView& node) {
  const ConstantPtr given = node.tensor("value");
  ConstantPtr value = Constant::scalar(DataType::F32, 0);
  if (given) {
    model_check(given->elements() == 1, "the value has {} elements", given->elements());
    value = std::make_shared<Constant>(given->type(), Shape{}, given->bytes(), given);
  }
  return node.add_all(std::make_shared<Expand>(), {node.add_constant(std::move(value)), node.input(0)});
}

constexpr OnnxImporter kExpand[] = {{"Expand", 8, import_same<Expand>},
                                    {"ConstantOfShape", 9, import_constant_of_shape}};
constexpr OnnxImporter kTile[] = {{"Tile", 1, import_tile_1}, {"Tile", 6, import_same<Tile>}};
constexpr OnnxImporter kRange[] = {{"Range", 11, import_same<Range>}};
constexpr std::string_view kExpandCases[] = {"Expand(f32[3,1], i64[3]{2,1,4})", "Expand(bool[], i64[2]{2,3})"};
constexpr std::string_view kTileCases[] = {"Tile(f32[2,3], i64[2]{2,3})"};
constexpr std::string_view kRangeCases[] = {"Range(i64[]{2}, i64[]{11}, i64[]{3})",
                                            "Range(f32[]{1}, f32[]{-1}, f32[]{-0.5})"};

}  // namespace

extern const OpEntry expand_entry = {Expand::kName, make_op<Expand>, kExpand, kExpandCases};
extern const OpEntry range_entry = {Range::kName, make_op<Range>, kRange, kRangeCases};
extern const OpEntry tile_entry = {Tile::kName, make_op<Tile>, kTile, kTileCases};

}  // namespace tn::ops
