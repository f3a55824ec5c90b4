// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "hostile/edit_models.h"

namespace tn::test {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

void missing_inputs(const ModelProto& good, const TakeModel& take) {
  for (int i = 0; i < kMostOperands; ++i) {
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.input_size() || node.input(i).empty()) return "";
      node.set_input(i, "made by nothing");
      return fmt::format("nothing makes input {}", i);
    });
  }
}

void no_inputs(const ModelProto& good, const TakeModel& take) {
  each_node(good, take, [](NodeProto& node, GraphProto&) -> std::string {
    if (node.input_size() == 0) return "";
    node.clear_input();
    return "it has no inputs";
  });
}

void cycles(const ModelProto& good, const TakeModel& take) {
  for (int i = 0; i < kMostOperands; ++i) {
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.input_size()) return "";
      node.set_input(i, node.output(0));
      return fmt::format("it reads its own result as input {}", i);
    });
    each_node(good, take, [&](NodeProto& node, GraphProto& graph) -> std::string {
      const std::string& last = graph.node(graph.node_size() - 1).output(0);
      if (i >= node.input_size() || node.output(0) == last) return "";
      node.set_input(i, last);
      return fmt::format("input {} is made at the end", i);
    });
  }
}

void names_twice(const ModelProto& good, const TakeModel& take) {
  each_node(good, take, [](NodeProto& node, GraphProto& graph) {
    NodeProto again = node;
    again.set_name("again");
    *graph.add_node() = again;
    return "there are two of it";
  });
  each_node(good, take, [](NodeProto& node, GraphProto&) {
    node.add_output(node.output(0));
    return "it makes a result twice";
  });
  each_node(good, take, [](NodeProto& node, GraphProto& graph) -> std::string {
    if (graph.input_size() == 0) return "";
    node.add_output(graph.input(0).name());
    return "it makes an input";
  });
  each_node(good, take, [](NodeProto& node, GraphProto& graph) -> std::string {
    if (graph.initializer_size() == 0) return "";
    node.add_output(graph.initializer(0).name());
    return "it makes an initializer";
  });
  each_graph_input(good, take, [](onnx::ValueInfoProto& input, GraphProto& graph) {
    const onnx::ValueInfoProto again = input;
    *graph.add_input() = again;
    return "input " + again.name() + " is there twice";
  });
  each_initializer(good, take, [](onnx::TensorProto& tensor, GraphProto& graph) {
    const onnx::TensorProto again = tensor;
    *graph.add_initializer() = again;
    return "it is there twice";
  });
}

void missing_results(const ModelProto& good, const TakeModel& take) {
  for (const char* name : {"made by nothing", ""}) {
    each_graph_output(good, take, [&](onnx::ValueInfoProto& output, GraphProto&) {
      output.set_name(name);
      return fmt::format("a graph gives '{}'", name);
    });
  }
  ModelProto model = good;
  NodeProto& last = *model.mutable_graph()->mutable_node(good.graph().node_size() - 1);
  for (int i = 0; i < 40; ++i) last.add_output(fmt::format("more{}", i));
  model.mutable_graph()->add_output()->set_name("more39");
  take("a node is asked for forty results", model);
}

void element_types(const ModelProto& good, const TakeModel& take) {
  for (const int type : {0, 14, 99, -1}) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
      input.set_elem_type(type);
      return fmt::format("of type {}", type);
    });
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      tensor.set_data_type(type);
      return fmt::format("of type {}", type);
    });
  }
}

// Operators that compute numbers do not take truth values.
void operand_types(const ModelProto& good, const TakeModel& take) {
  static constexpr std::string_view kComputing[] = {
      "Conv",          "ConvTranspose", "MaxPool",   "AveragePool", "LpPool",  "GlobalAveragePool",
      "GlobalMaxPool", "Gemm",          "MatMul",    "Einsum",      "Det",     "LSTM",
      "GRU",           "RNN",           "Softmax",   "LogSoftmax",  "Hardmax", "Add",
      "Mul",           "Div",           "Pow",       "Mod",         "Clip",    "Less",
      "BitShift",      "Selu",          "LeakyRelu", "PRelu",       "Gelu",    "Sum",
      "ReduceSum",     "ReduceMean",    "ArgMax",    "CumSum",      "TopK",    "LRN",
      "RoiAlign",      "Attention",     "STFT",      "DFT"};
  for (int i = 0; i < good.graph().node(0).input_size(); ++i) {
    if (std::ranges::find(kComputing, good.graph().node(0).op_type()) == std::end(kComputing)) return;
    ModelProto model = good;
    for (auto& input : *model.mutable_graph()->mutable_input()) {
      if (input.name() != good.graph().node(0).input(i)) continue;
      input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
      take(fmt::format("input {} of {} is of truth values", i, good.graph().node(0).op_type()), model);
    }
  }
}

void ranks(const ModelProto& good, const TakeModel& take) {
  for (const int rank : {9, 12, 40, 1000}) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
      while (input.shape().dim_size() < rank) input.mutable_shape()->add_dim()->set_dim_value(1);
      return fmt::format("of rank {}", rank);
    });
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      while (tensor.dims_size() < rank) tensor.add_dims(1);
      return fmt::format("of rank {}", rank);
    });
  }
  each_input(good, take, [&](onnx::TypeProto::Tensor& input) {
    input.clear_shape();
    return "without a rank";
  });
}

void extents(const ModelProto& good, const TakeModel& take) {
  for (const int64_t extent : {int64_t{-2}, kLeast, kMost, int64_t{1} << 62}) {
    each_input(good, take, [&](onnx::TypeProto::Tensor& input) -> std::string {
      if (input.shape().dim_size() == 0) return "";
      input.mutable_shape()->mutable_dim(0)->set_dim_value(extent);
      return fmt::format("with an extent of {}", extent);
    });
    each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
      tensor.add_dims(extent);
      return fmt::format("with an extent of {}", extent);
    });
  }
  each_initializer(good, take, [&](onnx::TensorProto& tensor, GraphProto&) {
    for (int i = 0; i < 4; ++i) tensor.add_dims(int64_t{1} << 33);  // no bit of the product is left
    return "with a product of extents of 2^132";
  });
}

void amounts_of_data(const ModelProto& good, const TakeModel& take) {
  each_initializer(good, take, [](onnx::TensorProto& tensor, GraphProto&) {
    tensor.add_dims(2);
    return "half of its data are missing";
  });
  each_initializer(good, take, [](onnx::TensorProto& tensor, GraphProto&) {
    tensor.set_raw_data("1234567");
    return "of seven bytes";
  });
  each_initializer(good, take, [](onnx::TensorProto& tensor, GraphProto&) {
    tensor.clear_float_data();
    tensor.clear_int32_data();
    tensor.clear_int64_data();
    tensor.clear_double_data();
    return "without data";
  });
  each_initializer(good, take, [](onnx::TensorProto& tensor, GraphProto&) {
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    return "its data lie nowhere";
  });
}

void attribute_kinds(const ModelProto& good, const TakeModel& take) {
  for (int i = 0; i < kMostOperands; ++i) {
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.attribute_size()) return "";
      auto& attribute = *node.mutable_attribute(i);
      const std::string name = attribute.name();
      const bool text = attribute.type() == onnx::AttributeProto::STRING;
      attribute.Clear();
      attribute.set_name(name);
      if (text) {
        attribute.set_type(onnx::AttributeProto::FLOATS);
        attribute.add_floats(1);
      } else {
        attribute.set_type(onnx::AttributeProto::STRING);
        attribute.set_s("text");
      }
      return fmt::format("'{}' is of another kind", name);
    });
    each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
      if (i >= node.attribute_size()) return "";
      auto& attribute = *node.mutable_attribute(i);
      attribute.set_type(onnx::AttributeProto::TYPE_PROTO);
      return fmt::format("'{}' is a type", attribute.name());
    });
  }
}

void graphs(const ModelProto& good, const TakeModel& take) {
  const auto change_graphs = [&](const std::function<std::string(onnx::AttributeProto&)>& change) {
    for (int i = 0; i < 2; ++i) {
      each_node(good, take, [&](NodeProto& node, GraphProto&) -> std::string {
        if (i >= node.attribute_size() || !node.attribute(i).has_g()) return "";
        return change(*node.mutable_attribute(i));
      });
    }
  };
  change_graphs([](auto& attribute) {
    attribute.clear_g();
    return "a graph is missing";
  });
  change_graphs([](auto& attribute) {
    attribute.mutable_g()->Clear();
    return "a graph is empty";
  });
  change_graphs([](auto& attribute) {
    attribute.mutable_g()->clear_node();
    return "a graph has no nodes";
  });
  change_graphs([](auto& attribute) {
    auto* more = attribute.mutable_g()->add_input();
    more->set_name("more");
    more->mutable_type()->mutable_tensor_type()->set_elem_type(1);
    return "a graph has one input more";
  });
  change_graphs([](auto& attribute) {
    attribute.mutable_g()->mutable_output()->RemoveLast();
    return "a graph has one result less";
  });
}

void operators(const ModelProto& good, const TakeModel& take) {
  for (const char* type : {"", "Nothing", "conv", "Co\nnv", "%s%n"}) {
    each_node(good, take, [&](NodeProto& node, GraphProto&) {
      node.set_op_type(type);
      return fmt::format("it is a '{}'", type);
    });
  }
  each_node(good, take, [](NodeProto& node, GraphProto&) {
    node.set_domain("nowhere");
    return "of an unknown domain";
  });
  for (const int64_t version : {int64_t{0}, int64_t{-1}, kLeast}) {
    ModelProto model = good;
    for (auto& opset : *model.mutable_opset_import()) opset.set_version(version);
    take(fmt::format("of opset {}", version), model);
  }
}

constexpr Breaker kBreakers[] = {{"missing inputs", missing_inputs},
                                 {"no inputs", no_inputs},
                                 {"cycles", cycles},
                                 {"names twice", names_twice},
                                 {"missing results", missing_results},
                                 {"element types", element_types},
                                 {"operand types", operand_types},
                                 {"ranks", ranks},
                                 {"extents", extents},
                                 {"amounts of data", amounts_of_data},
                                 {"attributes of another kind", attribute_kinds},
                                 {"graphs", graphs},
                                 {"operators", operators}};
}  // namespace

std::span<const Breaker> breakers() {
  return kBreakers;
}

}  // namespace tn::test
