// SPDX-License-Identifier: Apache-2.0
// ONNX's TfIdfVectorizer over numbers: how often each n-gram of a pool appears in a row, with gaps between its
// elements, as sums of comparisons; a matrix brings the counts to their places.
#include <algorithm>

#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

constexpr int64_t kMostSkips = 1000, kMostPlaces = 1 << 24;

/// The n-grams of one length: `elements` holds them one after the other, the first of them is number `first`.
struct Grams {
  int64_t length, first, count;
  std::vector<int64_t> elements;
};

std::vector<Grams> read_pool(const NodeView& node) {
  if (node.has("pool_strings")) throw Error(ErrorCode::Unsupported, "a pool of strings");
  const std::vector<int64_t> pool = node.integers("pool_int64s"), begins = node.integers("ngram_counts");
  const int64_t shortest = node.integer("min_gram_length", 1), longest = node.integer("max_gram_length", 1);
  std::vector<Grams> all;
  int64_t first = 0;
  for (size_t i = 0; i < begins.size(); ++i) {
    const auto size = static_cast<int64_t>(pool.size()), length = static_cast<int64_t>(i) + 1;
    const int64_t end = i + 1 < begins.size() ? begins[i + 1] : size;
    model_check(begins[i] >= 0 && begins[i] <= end && end <= size, "ngram_counts do not fit a pool of {}", size);
    const int64_t count = (end - begins[i]) / length;
    if (count > 0 && length >= shortest && length <= longest)
      all.push_back({length, first, count, {pool.begin() + begins[i], pool.begin() + begins[i] + count * length}});
    first += count;
  }
  return all;
}

// Of n-grams with `step` from element to element: [N, count] in f32, or kNone where rows are too short.
TensorId counts(NodeView& node, TensorId rows, const Grams& grams, int64_t step) {
  constexpr int64_t kLast[] = {-1};
  const Dim places = node.type(rows).dims[1] - (grams.length - 1) * step;
  if (places.is_constant() && *places.constant() <= 0) return kNone;
  TensorId equal = kNone;
  for (int64_t i = 0; i < grams.length; ++i) {
    std::vector<int64_t> wanted;
    for (int64_t gram = 0; gram < grams.count; ++gram)
      wanted.push_back(grams.elements[static_cast<size_t>(gram * grams.length + i)]);
    const TensorId column = unsqueeze(node, slice(node, rows, 1, i * step, places + i * step), kLast);
    const TensorId same = compose(node, "Equal", {column, node.add_integers(wanted)});
    equal = equal == kNone ? same : compose(node, "And", {equal, same});
  }
  return reduce(node, "Sum", cast_to(node, equal, DataType::F32), {1}, false);
}

// The counts of all n-grams [N, total], and which n-grams they are.
TensorId all_counts(NodeView& node, TensorId rows, std::vector<int64_t>& numbers) {
  std::vector<TensorId> parts;
  for (const Grams& grams : read_pool(node)) {
    TensorId sum = kNone;
    const int64_t skips = node.integer("max_skip_count", 0);
    model_check(skips >= 0 && skips <= kMostSkips, "max_skip_count is {}", skips);
    const int64_t steps = grams.length == 1 ? 1 : skips + 1;  // one element has no gaps
    for (int64_t step = 1; step <= steps; ++step) {
      const TensorId count = counts(node, rows, grams, step);
      if (count == kNone) break;  // nor are rows long enough for wider gaps
      sum = sum == kNone ? count : compose(node, "Add", {sum, count});
    }
    if (sum == kNone) continue;
    parts.push_back(sum);
    for (int64_t i = 0; i < grams.count; ++i) numbers.push_back(grams.first + i);
  }
  return parts.empty() ? kNone : concat(node, std::move(parts), 1);
}

// A row of counts times this has each n-gram's count at its place.
TensorId placement(NodeView& node, const std::vector<int64_t>& numbers, const std::vector<int64_t>& places,
                   int64_t width) {
  const auto total = static_cast<int64_t>(numbers.size());
  return node.add_constant(Constant::make(DataType::F32, {total, width}, [&](const TensorView& view) {
    for (int64_t i = 0; i < total; ++i) {
      const auto number = static_cast<size_t>(numbers[static_cast<size_t>(i)]);
      model_check(number < places.size(), "n-gram {} has no place, ngram_indexes has {}", number, places.size());
      store_double(view, i * width + places[number], 1);
    }
  }));
}

TensorId weighted(NodeView& node, TensorId y, int64_t width) {
  const std::vector<double> weights = node.numbers("weights");
  const std::string mode = node.text("mode", "TF");
  model_check(mode == "TF" || mode == "IDF" || mode == "TFIDF", "mode is '{}'", mode);
  if (mode == "IDF") y = compose(node, "Min", {y, scalar_like(node, 1, y)});
  if (mode == "TF" || weights.empty()) return y;
  model_check(static_cast<int64_t>(weights.size()) >= width, "{} weights for {} places", weights.size(), width);
  const auto factors = Constant::make(DataType::F32, {width}, [&](const TensorView& view) {
    for (int64_t i = 0; i < width; ++i) store_double(view, i, weights[static_cast<size_t>(i)]);
  });
  return compose(node, "Mul", {y, node.add_constant(factors)});
}

std::vector<TensorId> import_tf_idf(NodeView& node) {
  const TensorType type = node.type(node.input(0));
  const std::vector<int64_t> places = node.integers("ngram_indexes");
  model_check((type.rank() == 1 || type.rank() == 2) && !places.empty(), "X is {}, ngram_indexes has {}",
              to_string(type), places.size());
  const auto [least, most] = std::ranges::minmax_element(places);
  model_check(*least >= 0 && *most < kMostPlaces, "ngram_indexes are {} to {}", *least, *most);
  const int64_t width = *most + 1;
  const Dim count = type.rank() == 2 ? type.dims[0] : Dim(1);
  const TensorId rows = reshape(node, cast_to(node, node.input(0), DataType::I64), {count, type.dims.back()});
  std::vector<int64_t> numbers;
  const TensorId found = all_counts(node, rows, numbers);
  const TensorId y = found == kNone
                         ? expand(node, node.add_constant(Constant::scalar(DataType::F32, 0)), {count, width})
                         : compose(node, "MatMul", {found, placement(node, numbers, places, width)});
  return {reshape(node, weighted(node, y, width), type.rank() == 2 ? Dims{count, width} : Dims{width})};
}

constexpr OnnxImporter kOnnx[] = {{"TfIdfVectorizer", 9, import_tf_idf}};

}  // namespace

extern const OpEntry tf_idf_entry = {"TfIdfVectorizer", nullptr, kOnnx, {}};

}  // namespace tn::ops
