// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/inputs.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "import/caffe/weights.h"

namespace tn::import::caffe {
namespace {

template <size_t N>
bool contains(const std::string_view (&types)[N], std::string_view type) {
  return std::ranges::find(types, type) != std::end(types);
}

// One value for all tops, or one for each.
template <typename Values>
const auto* of_top(const Values& values, size_t top) {
  if (values.empty()) return static_cast<decltype(values.data())>(nullptr);
  return &values[std::min(top, values.size() - 1)];
}

std::vector<int64_t> dummy_dims(const Message& parameters, size_t top) {
  const auto shapes = parameters.children("shape");
  if (const Message* shape = of_top(shapes, top)) return shape->integers("dim");
  std::vector<int64_t> dims;
  for (const std::string_view name : {"num", "channels", "height", "width"}) {
    const auto values = parameters.integers(name);
    if (const int64_t* value = of_top(values, top)) dims.push_back(*value);
  }
  return dims;
}

// Images of a data base: only a crop says how large they are.
std::vector<int64_t> image_dims(const Layer& layer, size_t top) {
  const Message& data = layer.parameters.child("data_param");
  const Message& images = layer.parameters.child("image_data_param");
  const Message& transform = layer.parameters.child("transform_param");
  const int64_t batch = data.integer("batch_size", images.integer("batch_size", 1));
  if (top > 0) return {batch};
  int64_t height = images.integer("new_height", 0), width = images.integer("new_width", 0);
  for (const Message* from : {&data, &images, &transform})
    if (const int64_t crop = from->integer("crop_size", 0)) height = width = crop;
  const bool gray = transform.flag("force_gray", false) || !images.flag("is_color", true);
  if (height == 0 || width == 0) return {};
  return {batch, gray ? 1 : 3, height, width};
}

std::vector<int64_t> file_dims(const Layer& layer, size_t top) {
  if (layer.type == "Input") {
    const auto shapes = layer.parameters.child("input_param").children("shape");
    const Message* shape = of_top(shapes, top);
    return shape ? shape->integers("dim") : std::vector<int64_t>{};
  }
  if (layer.type == "DummyData") return dummy_dims(layer.parameters.child("dummy_data_param"), top);
  if (layer.type == "MemoryData") {
    const Message& memory = layer.parameters.child("memory_data_param");
    const int64_t batch = memory.integer("batch_size", 0);
    if (top > 0) return {batch};
    return {batch, memory.integer("channels", 0), memory.integer("height", 0), memory.integer("width", 0)};
  }
  return image_dims(layer, top);
}

// Symbols are written in expressions, so only plain names can be symbols.
Dim open_extent(const std::string& name, int axis) {
  std::string symbol = name;
  for (char& c : symbol)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return Dim::symbol(fmt::format("d_{}_{}", symbol, axis));
}

}  // namespace

bool is_data(std::string_view type) {
  constexpr std::string_view kTypes[] = {"Input",     "Data",     "DummyData",     "MemoryData",
                                         "ImageData", "HDF5Data", "AnnotatedData", "WindowData"};
  return contains(kTypes, type);
}

bool is_ignored(std::string_view type) {
  constexpr std::string_view kTypes[] = {"Accuracy",
                                         "Silence",
                                         "HDF5Output",
                                         "EuclideanLoss",
                                         "ContrastiveLoss",
                                         "HingeLoss",
                                         "InfogainLoss",
                                         "MultinomialLogisticLoss",
                                         "SigmoidCrossEntropyLoss",
                                         "SmoothL1Loss",
                                         "MultiBoxLoss",
                                         "DetectionEvaluate"};
  return contains(kTypes, type);
}

bool is_loss(std::string_view type) {
  return type == "SoftmaxWithLoss";
}

Dims input_dims(const Layer& layer, size_t top, const CaffeOptions& options) {
  const std::string& name = layer.tops[top];
  const auto asked = options.shapes.find(name);
  std::vector<int64_t> dims = file_dims(layer, top);
  if (asked != options.shapes.end()) {
    model_check(dims.empty() || static_cast<int>(dims.size()) == asked->second.rank(),
                "input '{}' has {} axes in the file, shape {} does not fit", name, dims.size(),
                to_string(asked->second));
    dims.assign(asked->second.begin(), asked->second.end());
  } else if (options.batch && !dims.empty()) {
    dims[0] = *options.batch;
  }
  model_check(!dims.empty(), "the file does not say the shape of '{}'; give it as the input's shape", name);
  model_check(dims.size() <= static_cast<size_t>(kMaxRank), "input '{}' has {} axes, at most {} are supported", name,
              dims.size(), kMaxRank);
  Dims result;
  std::vector<int64_t> known;
  for (size_t i = 0; i < dims.size(); ++i) {
    const bool open = dims[i] == -1 && asked != options.shapes.end();
    model_check(open || dims[i] > 0, "input '{}' has extent {}", name, dims[i]);
    if (!open) known.push_back(dims[i]);
    result.push_back(open ? open_extent(name, static_cast<int>(i)) : Dim(dims[i]));
  }
  checked_elements(known, kMostElements);
  return result;
}

}  // namespace tn::import::caffe
