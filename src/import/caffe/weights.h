// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "import/caffe/net.h"
#include "ir/constant.h"

namespace tn::import::caffe {

/// Tensors of more elements are refused.
inline constexpr int64_t kMostElements = int64_t{1} << 40;

/// Range of random weights where there are no trained ones.
struct Fill {
  double low = 0, high = 0;
  /// Of weights that sum `inputs` values: the results vary as the inputs do, behind a ReLU.
  static Fill sum_of(int64_t inputs);
};

/// The learned arrays of all layers.
class Weights {
 public:
  /// Without a model, arrays that the layers of the net hold themselves are taken, and others are random.
  explicit Weights(std::optional<Net> model);
  /// Whether random numbers were given out.
  bool used_random() const { return random_elements_ > 0; }
  /// How many arrays the file has for a layer; nothing if its weights are random.
  std::optional<size_t> count(const Layer& layer) const;
  /// Extents of an array in the file; nothing if it is random. Throws Error(InvalidModel) if the file lacks it.
  std::optional<std::vector<int64_t>> dims(const Layer& layer, size_t index) const;
  /// An array of these extents, f32. Throws Error(InvalidModel) if the file lacks it or has another count of elements.
  ConstantPtr get(const Layer& layer, size_t index, const Shape& dims, Fill fill);

 private:
  std::span<const Message> blobs(const Layer& layer) const;
  const Message* find(const Layer& layer, size_t index) const;

  std::optional<Net> model_;
  std::map<std::string, const Layer*, std::less<>> layers_;
  uint64_t random_state_ = 1;  ///< the same numbers everywhere
  int64_t random_elements_ = 0;
};

/// The numbers of a blob as f32. Throws Error(InvalidModel) where it has not as many as `dims`.
ConstantPtr constant_of(const Message& blob, const Shape& dims);

/// Product of extents. Throws Error(InvalidModel) for a negative extent or more than `most` elements.
int64_t checked_elements(std::span<const int64_t> dims, int64_t most);

}  // namespace tn::import::caffe
