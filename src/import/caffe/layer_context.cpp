// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/layer_context.h"

#include <algorithm>

#include "base/error.h"

namespace tn::import::caffe {

TensorId LayerContext::bottom(size_t index) const {
  model_check(index < bottoms_.size(), "it has {} bottoms, at least {} belong here", bottoms_.size(), index + 1);
  return bottoms_[index];
}

int64_t LayerContext::extent(TensorId id, int axis) const {
  model_check(axis < rank(id), "a blob of {} axes has no axis {}", rank(id), axis);
  const Dim& dim = type(id).dims[static_cast<size_t>(axis)];
  if (!dim.is_constant())
    throw Error(ErrorCode::Unsupported, "axis {} of its input is open ({}); give the input's shape as numbers", axis,
                dim.to_string());
  return *dim.constant();
}

Shape LayerContext::shape(TensorId id) const {
  Shape result;
  for (int i = 0; i < rank(id); ++i) result.push_back(extent(id, i));
  return result;
}

int LayerContext::axis(int64_t number, int rank) const {
  model_check(number >= -rank && number < rank, "axis {} is outside of a blob of {} axes", number, rank);
  return static_cast<int>(number < 0 ? number + rank : number);
}

int64_t LayerContext::size(const Message& parameters, std::string_view name, int64_t fallback, int64_t least) {
  const int64_t value = parameters.integer(name, fallback);
  model_check(value >= least && value <= kMostSize, "{} is {}", name, value);
  return value;
}

TensorId LayerContext::weight(size_t index, const Shape& dims, Fill fill) {
  return constant(weights_.get(layer_, index, dims, fill));
}

std::vector<TensorId> LayerContext::ops(std::string_view type, std::vector<TensorId> inputs, size_t outputs,
                                        Attributes attributes) {
  constexpr int64_t kOpset = 13;
  const OnnxImporter* importer = operators_.find("", type, kOpset);
  if (!importer) throw Error(ErrorCode::Unsupported, "the operator {} that it needs is missing", type);
  std::string name = added_++ == 0 ? layer_.name : fmt::format("{}/{}", layer_.name, added_);
  return import_made(graph_, *importer,
                     {std::move(name), type, kOpset, std::move(inputs), outputs, std::move(attributes)});
}

TensorId LayerContext::op(std::string_view type, std::vector<TensorId> inputs, Attributes attributes) {
  return ops(type, std::move(inputs), 1, std::move(attributes)).at(0);
}

TensorId LayerContext::constant(ConstantPtr constant) {
  return graph_.add_constant(fmt::format("{}/constant", layer_.name), std::move(constant));
}

TensorId LayerContext::floats(const Shape& dims, const std::vector<float>& values) {
  return constant(Constant::make(
      DataType::F32, dims, [&](const TensorView& view) { std::copy(values.begin(), values.end(), view.as<float>()); }));
}

TensorId LayerContext::scalar(double value) {
  return constant(Constant::scalar(DataType::F32, value));
}

TensorId LayerContext::integers(const std::vector<int64_t>& values) {
  return constant(Constant::vector(values));
}

TensorId LayerContext::filled(const Shape& dims, double value) {
  constexpr int64_t kMostFilled = int64_t{1} << 27;
  const auto count = static_cast<size_t>(checked_elements(dims.span(), kMostFilled));
  return floats(dims, std::vector<float>(count, static_cast<float>(value)));
}

TensorId LayerContext::reshape(TensorId x, const std::vector<int64_t>& dims) {
  return op("Reshape", {x, integers(dims)});
}

TensorId LayerContext::slice(TensorId x, int axis, int64_t begin, int64_t end) {
  return op("Slice", {x, integers({begin}), integers({end}), integers({axis})});
}

TensorId LayerContext::cast(TensorId x, DataType type) {
  constexpr int64_t kFloat = 1, kInt64 = 7;  // ONNX's numbers
  return op("Cast", {x}, {{"to", type == DataType::I64 ? kInt64 : kFloat}});
}

TensorId LayerContext::scale_shift(TensorId x, double scale, double shift) {
  if (scale != 1) x = mul(x, scalar(scale));
  return shift != 0 ? add(x, scalar(shift)) : x;
}

const LayerEntry* find_layer(std::string_view type) {
  for (const auto family : {activation_layers(), window_layers(), linear_layers(), norm_layers(), shape_layers(),
                            reduction_layers(), recurrent_layers(), detection_layers()}) {
    const auto found = std::ranges::find(family, type, &LayerEntry::type);
    if (found != family.end()) return &*found;
  }
  return nullptr;
}

}  // namespace tn::import::caffe
