// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/weights.h"

#include <fmt/ranges.h>

#include <cmath>
#include <cstring>

#include "base/error.h"

namespace tn::import::caffe {

constexpr int64_t kMostRandom = 200'000'000;  // VGG-19 has 144 million
// Knuth's generator for MMIX, whose upper bits are the good ones.
constexpr uint64_t kFactor = 6364136223846793005, kSummand = 1442695040888963407;
constexpr int kRandomBits = 32;

int64_t checked_elements(std::span<const int64_t> dims, int64_t most) {
  int64_t elements = 1;
  for (const int64_t dim : dims) {
    const bool fits = dim >= 0 && (dim == 0 || elements <= most / dim);
    model_check(fits, "extents {} are negative or too large", fmt::join(dims, " x "));
    elements *= dim;
  }
  return elements;
}

Fill Fill::sum_of(int64_t inputs) {
  const double bound = std::sqrt(6.0 / static_cast<double>(std::max<int64_t>(inputs, 1)));
  return {-bound, bound};
}

ConstantPtr constant_of(const Message& blob, const Shape& dims) {
  const std::string_view name = blob.has("double_data") ? "double_data" : "data";
  const size_t count = blob.float_count(name);
  model_check(static_cast<int64_t>(count) == checked_elements(dims.span(), kMostElements),
              "{} weights belong here ({}), the file has {}", fmt::join(dims.span(), " x "), name, count);
  if (blob.has("shape")) {
    const std::vector<int64_t> own = blob.child("shape").integers("dim");
    model_check(static_cast<int64_t>(count) == checked_elements(own, kMostElements), "{} weights are in a blob of {}",
                count, fmt::join(own, " x "));
  }
  const std::vector<float> values = blob.floats(name);
  return Constant::make(DataType::F32, dims, [&](const TensorView& view) {
    if (!values.empty()) std::memcpy(view.data, values.data(), values.size() * sizeof(float));
  });
}

Weights::Weights(std::optional<Net> model) : model_(std::move(model)) {
  if (!model_) return;
  for (const Layer& layer : model_->layers) {
    const Layer*& known = layers_[layer.name];
    // A net for training may have a second layer of the name without weights.
    if (!known || known->parameters.children("blobs").empty()) known = &layer;
  }
}

std::span<const Message> Weights::blobs(const Layer& layer) const {
  if (!model_) return layer.parameters.children("blobs");
  const auto found = layers_.find(layer.name);
  model_check(found != layers_.end(), "the file of weights has no layer of this name");
  return found->second->parameters.children("blobs");
}

const Message* Weights::find(const Layer& layer, size_t index) const {
  const auto all = blobs(layer);
  if (!model_ && all.empty()) return nullptr;
  model_check(index < all.size(), "the file has {} arrays of weights for it, number {} is missing", all.size(),
              index + 1);
  return &all[index];
}

std::optional<size_t> Weights::count(const Layer& layer) const {
  const auto all = blobs(layer);
  if (!model_ && all.empty()) return std::nullopt;
  return all.size();
}

std::optional<std::vector<int64_t>> Weights::dims(const Layer& layer, size_t index) const {
  const Message* blob = find(layer, index);
  if (!blob) return std::nullopt;
  return blob_dims(*blob);
}

ConstantPtr Weights::get(const Layer& layer, size_t index, const Shape& dims, Fill fill) {
  if (const Message* blob = find(layer, index)) return constant_of(*blob, dims);
  random_elements_ += checked_elements(dims.span(), kMostRandom);
  model_check(random_elements_ <= kMostRandom, "the network wants more than {} random weights", kMostRandom);
  const double scale = std::ldexp(fill.high - fill.low, -kRandomBits);
  return Constant::make(DataType::F32, dims, [&](const TensorView& view) {
    uint64_t state = random_state_;
    for (float& value : std::span(view.as<float>(), static_cast<size_t>(dims.elements()))) {
      state = state * kFactor + kSummand;
      value = static_cast<float>(fill.low + scale * static_cast<double>(state >> (64 - kRandomBits)));
    }
    random_state_ = state;
  });
}

}  // namespace tn::import::caffe
