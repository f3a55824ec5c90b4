// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/qdq_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "import/onnx/parse_model.h"
#include "import/onnx/tensor.h"
#include "import/onnx/unique_names.h"

namespace tn::import {
namespace {

constexpr int64_t kLeastOpset = 13;
constexpr int32_t kMiddle = 128;  // the zero of signed numbers that are kept as u8

using Proto = onnx::TensorProto;

template <typename T>
Proto tensor_of(const std::string& name, Proto::DataType type, const Shape& dims, const std::vector<T>& values) {
  Proto tensor;
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const int64_t extent : dims) tensor.add_dims(extent);
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  return tensor;
}

std::vector<float> numbers_of(const Constant& constant) {
  std::vector<float> numbers(static_cast<size_t>(constant.elements()));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(constant.number(static_cast<int64_t>(i)));
  return numbers;
}

onnx::NodeProto node_of(const std::string& name, const std::string& op_type, const std::vector<std::string>& inputs,
                        const std::string& output) {
  onnx::NodeProto node;
  node.set_name(name);
  node.set_op_type(op_type);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void add_attribute(onnx::NodeProto& node, const std::string& name, const Attribute& value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(*integer);
  } else {
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const int64_t each : std::get<std::vector<int64_t>>(value)) attribute.add_ints(each);
  }
}

// Calls `use` with every name that a node reads, and its bodies.
void for_each_read(onnx::NodeProto& node, const std::function<void(std::string&)>& use) {
  for (std::string& name : *node.mutable_input()) use(name);
  for (auto& attribute : *node.mutable_attribute()) {
    if (!attribute.has_g()) continue;
    for (auto& inner : *attribute.mutable_g()->mutable_node()) for_each_read(inner, use);
    for (auto& output : *attribute.mutable_g()->mutable_output()) use(*output.mutable_name());
  }
}

class Writer {
 public:
  Writer(onnx::GraphProto& graph, const RoundedNetwork& network, QdqProfile profile)
      : graph_(graph), profile_(profile) {
    for (const RoundedTensor& tensor : network.tensors) rounded_.emplace(tensor.name, as_profile(tensor));
    for (const RoundedProduct& product : network.products) products_.emplace(product.output, product);
  }

  std::vector<std::string> run() {
    collect_names();
    for (const auto& [name, tensor] : rounded_) {
      if (!tensors_.contains(name)) left_out_.push_back(name);
    }
    std::erase_if(products_, [&](const auto& entry) {
      const bool known = made_.contains(entry.first) && tensors_.contains(entry.second.input);
      if (!known) left_out_.push_back(entry.second.name);
      return !known;
    });
    for (const auto& input : graph_.input()) add_pair(input.name());
    for (onnx::NodeProto& node : *graph_.mutable_node()) add(node);
    graph_.mutable_node()->Swap(&nodes_);
    drop_unused();
    return std::move(left_out_);
  }

 private:
  RoundedTensor as_profile(RoundedTensor tensor) const {
    if (profile_ == QdqProfile::OrtCpu && tensor.type == DataType::I8) {
      tensor.type = DataType::U8;
      tensor.zero_point += kMiddle;
    } else if (profile_ == QdqProfile::Trt && tensor.type == DataType::U8) {
      constexpr float kUnsigned = 255, kSigned = 127;
      const float most =
          std::max(kUnsigned - static_cast<float>(tensor.zero_point), static_cast<float>(tensor.zero_point));
      tensor = {tensor.name, DataType::I8, tensor.scale * most / kSigned, 0, tensor.for_all, tensor.readers};
    }
    return tensor;
  }

  void collect_names() {
    const auto take = [&](const std::string& name) {
      if (!name.empty() && tensors_.insert(name).second) names_.take(name);
    };
    for (const auto& input : graph_.input()) take(input.name());
    for (const auto& tensor : graph_.initializer()) take(tensor.name());
    for (const auto& node : graph_.node()) {
      for (const std::string& output : node.output()) {
        take(output);
        made_.insert(output);
      }
    }
  }

  void add(onnx::NodeProto& node) {
    const auto product =
        std::ranges::find_if(node.output(), [&](const std::string& output) { return products_.contains(output); });
    if (product != node.output().end()) {
      add_product(products_.at(*product));
    } else {
      for_each_read(node, [&](std::string& name) {
        if (reads_rounded(node, name)) name = by_pair_.at(name);
      });
      nodes_.Add(onnx::NodeProto(node));
    }
    for (const std::string& output : node.output()) add_pair(output);
  }

  bool reads_rounded(const onnx::NodeProto& node, const std::string& name) const {
    if (!by_pair_.contains(name)) return false;
    const RoundedTensor& tensor = rounded_.at(name);
    return tensor.for_all || std::ranges::any_of(node.output(), [&](const std::string& output) {
             return tensor.readers.contains(output);
           });
  }

  std::string add_initializer(Proto tensor) {
    tensor.set_name(names_.take(tensor.name()));
    *graph_.add_initializer() = tensor;
    return tensor.name();
  }

  // A node whose output is named like it.
  std::string add_node(const std::string& name, const std::string& op_type, const std::vector<std::string>& inputs) {
    const std::string output = names_.take(name);
    nodes_.Add(node_of(output, op_type, inputs, output));
    return output;
  }

  void add_pair(const std::string& name) {
    const auto found = rounded_.find(name);
    if (found == rounded_.end() || by_pair_.contains(name)) return;
    const RoundedTensor& tensor = found->second;
    const std::string scale = add_initializer(tensor_of(name + "/scale", Proto::FLOAT, {}, std::vector{tensor.scale}));
    const auto type = tensor.type == DataType::U8 ? Proto::UINT8 : Proto::INT8;
    const std::string zero = add_initializer(
        tensor_of(name + "/zero_point", type, {}, std::vector{static_cast<uint8_t>(tensor.zero_point)}));
    const std::string integers = add_node(name + "/quantize", "QuantizeLinear", {name, scale, zero});
    by_pair_[name] = add_node(name + "/dequantize", "DequantizeLinear", {integers, scale, zero});
  }

  std::string add_weights(const RoundedProduct& product) {
    const Shape& dims = product.weights->dims();
    const auto channels = static_cast<int64_t>(product.scales.size());
    int64_t inner = 1;
    for (int i = static_cast<int>(product.axis) + 1; i < dims.rank(); ++i) inner *= dims[i];
    std::vector<int8_t> integers(static_cast<size_t>(dims.elements()));
    std::vector<float> floats(integers.size());
    for (size_t i = 0; i < integers.size(); ++i) {
      integers[i] = static_cast<int8_t>(product.weights->number(static_cast<int64_t>(i)));
      floats[i] = static_cast<float>(integers[i]) *
                  product.scales[static_cast<size_t>(static_cast<int64_t>(i) / inner % channels)];
    }
    const std::string& name = product.name;
    const std::string scale =
        add_initializer(tensor_of(name + "/weights/scale", Proto::FLOAT, {channels}, product.scales));
    const std::string zero = add_initializer(tensor_of(name + "/weights/zero_point", Proto::INT8, {channels},
                                                       std::vector<int8_t>(product.scales.size(), 0)));
    const auto with_axis = [&](const std::string& of) {
      add_attribute(nodes_[nodes_.size() - 1], "axis", product.axis);
      return of;
    };
    // Rounding gives the same integers again: a product of floats less than half a step off.
    const std::string quantized =
        profile_ == QdqProfile::Trt
            ? with_axis(
                  add_node(name + "/weights/quantize", "QuantizeLinear",
                           {add_initializer(tensor_of(name + "/weights", Proto::FLOAT, dims, floats)), scale, zero}))
            : add_initializer(tensor_of(name + "/weights", Proto::INT8, dims, integers));
    return with_axis(add_node(name + "/weights/dequantize", "DequantizeLinear", {quantized, scale, zero}));
  }

  std::string add_bias(const RoundedProduct& product) {
    const std::vector<float> bias = numbers_of(*product.bias);
    const Shape dims = {std::ssize(bias)};
    const auto x = rounded_.find(product.input);
    if (profile_ != QdqProfile::OrtCpu || x == rounded_.end() || bias.size() != product.scales.size())
      return add_initializer(tensor_of(product.name + "/bias", Proto::FLOAT, dims, bias));
    std::vector<float> scales(bias.size());
    std::vector<int32_t> integers(bias.size());
    for (size_t i = 0; i < bias.size(); ++i) {
      constexpr double kMost = INT32_MAX;
      scales[i] = x->second.scale * product.scales[i];
      integers[i] =
          static_cast<int32_t>(std::clamp(std::rint(static_cast<double>(bias[i]) / scales[i]), -kMost, kMost));
    }
    const std::string scale = add_initializer(tensor_of(product.name + "/bias/scale", Proto::FLOAT, dims, scales));
    const std::string data = add_initializer(tensor_of(product.name + "/bias", Proto::INT32, dims, integers));
    const std::string result = add_node(product.name + "/bias/dequantize", "DequantizeLinear", {data, scale});
    add_attribute(nodes_[nodes_.size() - 1], "axis", int64_t{0});
    return result;
  }

  void add_product(const RoundedProduct& product) {
    const auto x = by_pair_.find(product.input);
    std::vector<std::string> inputs = {x == by_pair_.end() ? product.input : x->second, add_weights(product)};
    if (product.bias) inputs.push_back(add_bias(product));
    onnx::NodeProto node = node_of(product.name, product.op_type, inputs, product.output);
    for (const auto& [name, value] : product.attributes) add_attribute(node, name, value);
    nodes_.Add(std::move(node));
  }

  // Nodes and weights that the products stood for.
  void drop_unused() {
    std::set<std::string> used;
    for (const auto& output : graph_.output()) used.insert(output.name());
    auto& nodes = *graph_.mutable_node();
    std::vector<bool> keep(static_cast<size_t>(nodes.size()));
    for (int i = nodes.size() - 1; i >= 0; --i) {
      keep[static_cast<size_t>(i)] =
          std::ranges::any_of(nodes[i].output(), [&](const std::string& output) { return used.contains(output); });
      if (!keep[static_cast<size_t>(i)]) continue;
      for_each_read(nodes[i], [&](const std::string& name) { used.insert(name); });
    }
    int kept = 0;
    for (int i = 0; i < nodes.size(); ++i) {
      if (keep[static_cast<size_t>(i)]) nodes.SwapElements(kept++, i);
    }
    nodes.DeleteSubrange(kept, nodes.size() - kept);
    std::set<std::string> dropped;
    auto& weights = *graph_.mutable_initializer();
    for (const auto& tensor : weights) {
      if (!used.contains(tensor.name())) dropped.insert(tensor.name());
    }
    const auto is_dropped = [&](const auto& each) { return dropped.contains(each.name()); };
    weights.erase(std::remove_if(weights.begin(), weights.end(), is_dropped), weights.end());
    auto& inputs = *graph_.mutable_input();
    inputs.erase(std::remove_if(inputs.begin(), inputs.end(), is_dropped), inputs.end());
    auto& infos = *graph_.mutable_value_info();
    infos.erase(
        std::remove_if(infos.begin(), infos.end(), [&](const auto& info) { return !used.contains(info.name()); }),
        infos.end());
  }

  onnx::GraphProto& graph_;
  const QdqProfile profile_;
  std::map<std::string, RoundedTensor> rounded_;
  std::map<std::string, RoundedProduct> products_;  ///< by output
  std::set<std::string> tensors_, made_;            ///< of the file; by its nodes
  UniqueNames names_;
  std::map<std::string, std::string> by_pair_;  ///< what stands for a rounded tensor
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes_;
  std::vector<std::string> left_out_;
};

// The new file may stand in another folder.
void take_in_external_data(onnx::GraphProto& graph, const std::filesystem::path& from) {
  for (auto& tensor : *graph.mutable_initializer()) {
    if (tensor.data_location() != Proto::EXTERNAL) continue;
    const ConstantPtr data = constant_of(tensor, from);
    if (bits_of(data->type()) < 8)
      throw Error(ErrorCode::Unsupported, "'{}' holds packed external data", tensor.name());
    tensor.set_raw_data(data->bytes().data(), data->bytes().size());
    tensor.clear_external_data();
    tensor.set_data_location(Proto::DEFAULT);
  }
}

}  // namespace

QdqFile with_quantization(std::span<const std::byte> bytes, const std::filesystem::path& from,
                          const RoundedNetwork& network, QdqProfile profile) {
  onnx::ModelProto model = parse_model(bytes);
  for (const auto& opset : model.opset_import()) {
    if ((opset.domain().empty() || opset.domain() == "ai.onnx") && opset.version() < kLeastOpset)
      throw Error(ErrorCode::Unsupported, "{}: of opset {}; a scale for each channel needs {} or above", from.string(),
                  opset.version(), kLeastOpset);
  }
  QdqFile file;
  file.left_out = Writer(*model.mutable_graph(), network, profile).run();
  take_in_external_data(*model.mutable_graph(), from);
  if (!model.SerializeToString(&file.bytes))
    throw Error(ErrorCode::Unsupported, "{}: above 2 GiB with its weights", from.string());
  return file;
}

}  // namespace tn::import
