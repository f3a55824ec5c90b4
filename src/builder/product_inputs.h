// SPDX-License-Identifier: Apache-2.0
// What the weights of convolutions and matrix products are multiplied with.
#pragma once

#include <optional>
#include <vector>

#include "base/tensor_view.h"
#include "ir/graph.h"
#include "ops/conv/conv.h"
#include "quant/gram.h"
#include "quant/plan.h"

namespace tn {

/// A product as a matrix: `groups` times rows · vectors, where the vectors are windows of an image or rows of a matrix.
class ProductInputs {
 public:
  /// Nothing for products that are none of these: constant weights of a Conv in two dimensions, or of a MatMul.
  static std::optional<ProductInputs> of(const Graph& graph, NodeId id, const quant::QParams& input);

  NodeId node() const { return node_; }
  TensorId input() const { return input_; }
  size_t width() const { return width_; }
  size_t rows() const { return rows_; }
  /// The weights of the node as rows, group after group, and such rows as its weights.
  std::vector<float> weights(const Graph& graph) const;
  ConstantPtr constant(const std::vector<float>& weights) const;

  /// Makes place for sums of products.
  void count_products() { grams_.assign(static_cast<size_t>(groups_), quant::Gram(width_)); }
  size_t bytes_of_products() const { return static_cast<size_t>(groups_) * width_ * width_ * sizeof(float); }
  /// Takes some of the vectors of one sample of a batch; `number` varies which.
  void add(const TensorView& batch, int64_t sample, int64_t samples, int64_t number);
  void forget_products() { grams_.clear(); }

  const std::vector<quant::Gram>& grams() const { return grams_; }  ///< of rounded vectors, by group
  /// What rounding (of the input, and of the weights from `exact` to `rounded`) takes from the mean of each row's
  /// results.
  std::vector<float> shifts(const std::vector<float>& exact, const std::vector<float>& rounded) const;

 private:
  void take(std::span<const float> vector, int64_t group);
  void add_windows(const TensorView& batch, int64_t sample, int64_t number);
  void add_rows(const TensorView& batch, int64_t sample, int64_t samples, int64_t number);
  int64_t most_vectors() const;

  NodeId node_ = kNone;
  TensorId input_ = kNone;
  quant::QParams params_;
  ops::ConvAttributes conv_;
  bool is_conv_ = false, transposed_ = false;
  Shape dims_;  ///< of the weights
  int64_t groups_ = 1;
  size_t rows_ = 0, width_ = 0;
  std::vector<quant::Gram> grams_;
  std::vector<float> waiting_;               ///< rounded vectors of one group
  std::vector<double> sums_, rounded_sums_;  ///< of vectors, by group
  double count_ = 0;
};

}  // namespace tn
