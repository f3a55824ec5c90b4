// SPDX-License-Identifier: Apache-2.0
#include "builder/product_inputs.h"

#include <algorithm>
#include <cmath>

#include "ops/matmul/matmul.h"

namespace tn {
namespace {

constexpr int kImageRank = 4, kMatrixRank = 2;

float rounded(float value, const quant::QParams& params) {
  const float zero = static_cast<float>(params.zero_point);
  const float low = params.type == DataType::U8 ? 0 : -128, high = params.type == DataType::U8 ? 255 : 127;
  return (std::clamp(std::rint(value / params.scale) + zero, low, high) - zero) * params.scale;
}

}  // namespace

std::optional<ProductInputs> ProductInputs::of(const Graph& graph, NodeId id, const quant::QParams& input) {
  const Node& node = graph.node(id);
  const ConstantPtr weights = node.inputs.size() > 1 ? graph.tensor(node.inputs[1]).constant : nullptr;
  const auto* conv = dynamic_cast<const ops::Conv*>(node.op.get());
  const auto* product = dynamic_cast<const ops::MatMul*>(node.op.get());
  if (!weights || weights->type() != DataType::F32 || (!conv && !product)) return std::nullopt;
  if (weights->dims().rank() != (conv ? kImageRank : kMatrixRank)) return std::nullopt;
  if (product && product->transpose_a) return std::nullopt;
  ProductInputs result;
  result.node_ = id;
  result.input_ = node.inputs[0];
  result.params_ = input;
  result.dims_ = weights->dims();
  result.is_conv_ = conv != nullptr;
  if (conv) result.conv_ = *conv;
  result.groups_ = conv ? conv->group : 1;
  result.transposed_ = product && !product->transpose_b;
  result.rows_ = static_cast<size_t>(result.dims_[result.transposed_ ? 1 : 0]);
  result.width_ = static_cast<size_t>(weights->elements()) / result.rows_;
  const size_t sums = static_cast<size_t>(result.groups_) * result.width_;
  result.sums_.resize(sums);
  result.rounded_sums_.resize(sums);
  return result;
}

std::vector<float> ProductInputs::weights(const Graph& graph) const {
  const Constant& constant = *graph.tensor(graph.node(node_).inputs[1]).constant;
  std::vector<float> values(rows_ * width_);
  for (size_t row = 0; row < rows_; ++row) {
    for (size_t k = 0; k < width_; ++k)
      values[row * width_ + k] =
          static_cast<float>(constant.number(static_cast<int64_t>(transposed_ ? k * rows_ + row : row * width_ + k)));
  }
  return values;
}

ConstantPtr ProductInputs::constant(const std::vector<float>& weights) const {
  return Constant::make(DataType::F32, dims_, [&](const TensorView& view) {
    for (size_t row = 0; row < rows_; ++row) {
      for (size_t k = 0; k < width_; ++k)
        store_double(view, static_cast<int64_t>(transposed_ ? k * rows_ + row : row * width_ + k),
                     weights[row * width_ + k]);
    }
  });
}

// Enough for the sums to be of full rank, of a hundred samples.
int64_t ProductInputs::most_vectors() const {
  constexpr int64_t kLeast = 64, kMost = 256, kSamples = 32;
  return std::clamp(static_cast<int64_t>(width_) / kSamples, kLeast, kMost);
}

void ProductInputs::take(std::span<const float> vector, int64_t group) {
  const size_t first = static_cast<size_t>(group) * width_;
  for (size_t k = 0; k < width_; ++k) {
    const float value = rounded(vector[k], params_);
    sums_[first + k] += vector[k];
    rounded_sums_[first + k] += value;
    waiting_.push_back(value);
  }
}

void ProductInputs::add(const TensorView& batch, int64_t sample, int64_t samples, int64_t number) {
  is_conv_ ? add_windows(batch, sample, number) : add_rows(batch, sample, samples, number);
}

void ProductInputs::add_rows(const TensorView& batch, int64_t sample, int64_t samples, int64_t number) {
  const auto width = static_cast<int64_t>(width_);
  const int64_t rows = batch.elements() / width / samples, step = std::max<int64_t>(rows / most_vectors(), 1);
  for (int64_t row = number % step; row < rows; row += step) {
    take({batch.as<const float>() + (sample * rows + row) * width, width_}, 0);
    ++count_;
  }
  if (!grams_.empty()) grams_[0].add(waiting_);
  waiting_.clear();
}

void ProductInputs::add_windows(const TensorView& batch, int64_t sample, int64_t number) {
  if (sample >= batch.dims[0]) return;  // samples have been put together
  const int64_t channels = dims_[1], height = batch.dims[2], width = batch.dims[3];
  const int64_t kernel[] = {dims_[2], dims_[3]}, extent[] = {height, width};
  int64_t places[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t covered = conv_.dilations[i] * (kernel[i] - 1) + 1;
    places[i] = (extent[i] + conv_.pads[i] + conv_.pads[i + 2] - covered) / conv_.strides[i] + 1;
  }
  const int64_t all = places[0] * places[1], step = std::max<int64_t>(all / most_vectors(), 1);
  const float* image = batch.as<const float>() + sample * batch.dims[1] * height * width;
  std::vector<float> vector(width_);
  for (int64_t group = 0; group < groups_; ++group) {
    for (int64_t place = number % step; place < all; place += step) {
      const int64_t top = place / places[1] * conv_.strides[0] - conv_.pads[0],
                    left = place % places[1] * conv_.strides[1] - conv_.pads[1];
      size_t k = 0;
      for (int64_t c = 0; c < channels; ++c) {
        const float* plane = image + (group * channels + c) * height * width;
        for (int64_t i = 0; i < kernel[0]; ++i) {
          const int64_t y = top + i * conv_.dilations[0];
          for (int64_t j = 0; j < kernel[1]; ++j) {
            const int64_t x = left + j * conv_.dilations[1];
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            vector[k++] = inside ? plane[y * width + x] : 0;
          }
        }
      }
      take(vector, group);
      count_ += group == 0;
    }
    if (!grams_.empty()) grams_[static_cast<size_t>(group)].add(waiting_);
    waiting_.clear();
  }
}

std::vector<float> ProductInputs::shifts(const std::vector<float>& exact, const std::vector<float>& rounded) const {
  std::vector<float> result(rows_);
  const size_t rows_of_group = rows_ / static_cast<size_t>(groups_);
  for (size_t row = 0; row < rows_; ++row) {
    const size_t first = row / rows_of_group * width_;
    double sum = 0;
    for (size_t k = 0; k < width_; ++k)
      sum += exact[row * width_ + k] * sums_[first + k] - rounded[row * width_ + k] * rounded_sums_[first + k];
    result[row] = static_cast<float>(sum / std::max(count_, 1.0));
  }
  return result;
}

}  // namespace tn
