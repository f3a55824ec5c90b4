// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/net.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/error.h"

namespace tn::import::caffe {
namespace {

// What merge_padding takes away; no type of a file.
constexpr std::string_view kV0Padding = "padding (V0)";

// Types of V1 layers by number, with the name in the text format and today's.
struct V1Type {
  int64_t number;
  std::string_view name, today;
};
constexpr V1Type kV1Types[] = {
    {35, "ABSVAL", "AbsVal"},
    {1, "ACCURACY", "Accuracy"},
    {30, "ARGMAX", "ArgMax"},
    {2, "BNLL", "BNLL"},
    {3, "CONCAT", "Concat"},
    {37, "CONTRASTIVE_LOSS", "ContrastiveLoss"},
    {4, "CONVOLUTION", "Convolution"},
    {5, "DATA", "Data"},
    {39, "DECONVOLUTION", "Deconvolution"},
    {6, "DROPOUT", "Dropout"},
    {32, "DUMMY_DATA", "DummyData"},
    {7, "EUCLIDEAN_LOSS", "EuclideanLoss"},
    {25, "ELTWISE", "Eltwise"},
    {38, "EXP", "Exp"},
    {8, "FLATTEN", "Flatten"},
    {9, "HDF5_DATA", "HDF5Data"},
    {10, "HDF5_OUTPUT", "HDF5Output"},
    {28, "HINGE_LOSS", "HingeLoss"},
    {11, "IM2COL", "Im2col"},
    {12, "IMAGE_DATA", "ImageData"},
    {13, "INFOGAIN_LOSS", "InfogainLoss"},
    {14, "INNER_PRODUCT", "InnerProduct"},
    {15, "LRN", "LRN"},
    {29, "MEMORY_DATA", "MemoryData"},
    {16, "MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"},
    {34, "MVN", "MVN"},
    {17, "POOLING", "Pooling"},
    {26, "POWER", "Power"},
    {18, "RELU", "ReLU"},
    {19, "SIGMOID", "Sigmoid"},
    {27, "SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"},
    {36, "SILENCE", "Silence"},
    {20, "SOFTMAX", "Softmax"},
    {21, "SOFTMAX_LOSS", "SoftmaxWithLoss"},
    {22, "SPLIT", "Split"},
    {33, "SLICE", "Slice"},
    {23, "TANH", "TanH"},
    {24, "WINDOW_DATA", "WindowData"},
    {31, "THRESHOLD", "Threshold"},
};

// Types of V0 layers, the parameter message they have today, and its fields with the older names.
struct V0Field {
  std::string_view before, today;
};
struct V0Type {
  std::string_view name, today, parameters;
  std::vector<V0Field> fields;
};
const std::vector<V0Type>& v0_types() {
  static const std::vector<V0Field> kWindow = {
      {"num_output", "num_output"},  {"biasterm", "bias_term"}, {"pad", "pad"},
      {"kernelsize", "kernel_size"}, {"group", "group"},        {"stride", "stride"}};
  static const std::vector<V0Type> kTypes = {
      {"accuracy", "Accuracy", "", {}},
      {"bnll", "BNLL", "", {}},
      {"concat", "Concat", "concat_param", {{"concat_dim", "concat_dim"}}},
      {"conv", "Convolution", "convolution_param", kWindow},
      {"data", "Data", "data_param", {{"batchsize", "batch_size"}, {"cropsize", "crop_size"}}},
      {"dropout", "Dropout", "", {}},
      {"euclidean_loss", "EuclideanLoss", "", {}},
      {"flatten", "Flatten", "", {}},
      {"hdf5_data", "HDF5Data", "", {}},
      {"hdf5_output", "HDF5Output", "", {}},
      {"im2col", "Im2col", "convolution_param", kWindow},
      {"images", "ImageData", "image_data_param", {{"batchsize", "batch_size"}, {"cropsize", "crop_size"}}},
      {"infogain_loss", "InfogainLoss", "", {}},
      {"innerproduct",
       "InnerProduct",
       "inner_product_param",
       {{"num_output", "num_output"}, {"biasterm", "bias_term"}}},
      {"lrn", "LRN", "lrn_param", {{"local_size", "local_size"}, {"alpha", "alpha"}, {"beta", "beta"}, {"k", "k"}}},
      {"multinomial_logistic_loss", "MultinomialLogisticLoss", "", {}},
      {"pool",
       "Pooling",
       "pooling_param",
       {{"pool", "pool"}, {"pad", "pad"}, {"kernelsize", "kernel_size"}, {"stride", "stride"}}},
      {"relu", "ReLU", "", {}},
      {"sigmoid", "Sigmoid", "", {}},
      {"softmax", "Softmax", "", {}},
      {"softmax_loss", "SoftmaxWithLoss", "", {}},
      {"split", "Split", "", {}},
      {"tanh", "TanH", "", {}},
      {"window_data", "WindowData", "", {}},
  };
  return kTypes;
}

std::string v1_type(const Message& layer) {
  const Field* type = layer.find("type");
  if (!type) return "";
  for (const V1Type& known : kV1Types) {
    const bool named = !type->texts.empty() && type->texts.back() == known.name;
    if (named || (type->texts.empty() && layer.integer("type", 0) == known.number)) return std::string(known.today);
  }
  return type->texts.empty() ? std::to_string(layer.integer("type", 0)) : type->texts.back();
}

Layer plain_layer(const Message& message) {
  Layer layer;
  layer.name = message.text("name");
  layer.bottoms = message.texts("bottom");
  layer.tops = message.texts("top");
  return layer;
}

Layer today_layer(Message message) {
  Layer layer = plain_layer(message);
  layer.type = message.text("type");
  layer.parameters = std::move(message);
  return layer;
}

Layer v0_layer(const Message& connection) {
  const Message& old = connection.child("layer");
  Layer layer = plain_layer(connection);
  layer.name = old.text("name");
  layer.type = old.text("type");
  if (const Field* blobs = old.find("blobs")) layer.parameters.field("blobs") = *blobs;
  const auto known = std::ranges::find(v0_types(), layer.type, &V0Type::name);
  if (known == v0_types().end()) {
    if (layer.type == "padding") layer.type = kV0Padding;
    layer.parameters.field("pad").numbers = {old.number("pad", 0)};
    return layer;
  }
  layer.type = known->today;
  if (known->parameters.empty()) return layer;
  Message parameters;
  for (const auto& [before, today] : known->fields) {
    const Field* field = old.find(before);
    if (!field) continue;
    Field renamed = *field;
    renamed.name = today;
    parameters.field(today) = std::move(renamed);
  }
  layer.parameters.field(known->parameters).messages.push_back(std::move(parameters));
  return layer;
}

Layer v1_layer(Message message) {
  if (message.has("layer")) return v0_layer(message);
  Layer layer = plain_layer(message);
  layer.type = v1_type(message);
  layer.parameters = std::move(message);
  return layer;
}

void merge_padding(std::vector<Layer>& layers) {
  std::map<std::string, const Layer*> padded;
  for (Layer& layer : layers) {
    if (layer.type == kV0Padding && layer.bottoms.size() == 1 && layer.tops.size() == 1) {
      padded[layer.tops[0]] = &layer;
      continue;
    }
    for (std::string& bottom : layer.bottoms) {
      const auto found = padded.find(bottom);
      if (found == padded.end()) continue;
      model_check(layer.type == "Convolution" || layer.type == "Pooling",
                  "layer '{}' ({}) reads the padding layer '{}', which only convolutions and pools can", layer.name,
                  layer.type, found->second->name);
      bottom = found->second->bottoms[0];
      Field& parameters = layer.parameters.field(layer.type == "Pooling" ? "pooling_param" : "convolution_param");
      if (parameters.messages.empty()) parameters.messages.emplace_back();
      parameters.messages.back().field("pad").numbers = {found->second->parameters.number("pad", 0)};
    }
  }
  std::erase_if(layers, [](const Layer& layer) { return layer.type == kV0Padding; });
}

// The state is that of a deployed net: phase TEST, level 0, no stages.
bool meets(const Message& rule) {
  constexpr size_t kTest = 1;
  return rule.choice("phase", {"TRAIN", "TEST"}, kTest) == kTest && rule.integer("min_level", 0) <= 0 &&
         rule.integer("max_level", 0) >= 0 && rule.texts("stage").empty();
}

bool is_included(const Layer& layer) {
  const auto include = layer.parameters.children("include"), exclude = layer.parameters.children("exclude");
  model_check(include.empty() || exclude.empty(), "layer '{}' has both include and exclude rules", layer.name);
  return include.empty() ? std::ranges::none_of(exclude, meets) : std::ranges::any_of(include, meets);
}

// Inputs of the net itself, with the shapes of either old form.
std::vector<Layer> input_layers(const Message& net) {
  const auto names = net.texts("input");
  const auto shapes = net.children("input_shape");
  const auto dims = net.numbers("input_dim");
  model_check(shapes.empty() || dims.empty(), "the net has both input_shape and input_dim");
  model_check(shapes.empty() || shapes.size() == names.size(), "the net has {} inputs and {} input_shapes",
              names.size(), shapes.size());
  constexpr size_t kLegacyRank = 4;
  model_check(dims.empty() || dims.size() == kLegacyRank * names.size(), "the net has {} inputs and {} input_dims",
              names.size(), dims.size());
  std::vector<Layer> layers;
  for (size_t i = 0; i < names.size(); ++i) {
    Message shape;
    if (!shapes.empty()) shape = shapes[i];
    if (!dims.empty()) {
      const auto first = dims.begin() + static_cast<std::ptrdiff_t>(kLegacyRank * i);
      shape.field("dim").numbers.assign(first, first + kLegacyRank);
    }
    Layer layer{names[i], "Input", {}, {names[i]}, {}};
    Message parameters;
    if (shape.has("dim")) parameters.field("shape").messages.push_back(std::move(shape));
    layer.parameters.field("input_param").messages.push_back(std::move(parameters));
    layers.push_back(std::move(layer));
  }
  return layers;
}

void append_layers(Message& message, Net& net) {
  model_check(message.children("layer").empty() || message.children("layers").empty(),
              "the net has both 'layer' and 'layers' fields");
  for (Message& layer : message.field("layer").messages) net.layers.push_back(today_layer(std::move(layer)));
  for (Message& layer : message.field("layers").messages) net.layers.push_back(v1_layer(std::move(layer)));
}

}  // namespace

Net read_trained(Message message) {
  Net net;
  append_layers(message, net);
  model_check(!net.layers.empty(), "not a file of Caffe's weights: it has no layers");
  return net;
}

Net read_net(Message message) {
  Net net;
  net.name = message.text("name");
  net.layers = input_layers(message);
  append_layers(message, net);
  std::erase_if(net.layers, [](const Layer& layer) { return !is_included(layer); });
  merge_padding(net.layers);
  model_check(!net.layers.empty(), "not a network of Caffe: it has no layers");
  return net;
}

std::vector<int64_t> blob_dims(const Message& blob) {
  if (blob.has("shape")) return blob.child("shape").integers("dim");
  return {blob.integer("num", 0), blob.integer("channels", 0), blob.integer("height", 0), blob.integer("width", 0)};
}

}  // namespace tn::import::caffe
