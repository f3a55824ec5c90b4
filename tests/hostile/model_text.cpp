// SPDX-License-Identifier: Apache-2.0
#include "hostile/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace tn::test {
namespace {

constexpr int64_t kNewestOpset = 24;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  /// Nodes up to the end or a closing '>'.
  void graph(onnx::GraphProto& graph, onnx::ModelProto& model) {
    graph.set_name("g");
    for (int line = 0; skip("\n; "), at_ < text_.size() && peek() != '>'; ++line) {
      if (take("inputs ")) {
        while (peek() != ';' && peek() != '\n') {
          const std::string name = word();
          expect(":");
          type(graph.add_input(), name);
          skip(" ");
        }
      } else if (take("outputs ")) {
        graph.clear_output();
        while (skip(" "), is_word(peek())) graph.add_output()->set_name(word());
        outputs_given_ = true;
      } else {
        node(graph, model, line);
      }
    }
    if (outputs_given_) return;
    for (const std::string& name : graph.node(graph.node_size() - 1).output()) graph.add_output()->set_name(name);
  }

 private:
  static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  void skip(std::string_view any) {
    while (at_ < text_.size() && any.find(text_[at_]) != any.npos) ++at_;
  }
  bool take(std::string_view what) {
    if (text_.substr(at_, what.size()) != what) return false;
    at_ += what.size();
    return true;
  }
  void expect(std::string_view what) {
    if (!take(what)) throw std::logic_error(fmt::format("'{}' is expected before '{}'", what, text_.substr(at_, 30)));
  }
  std::string word() {
    const size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  std::vector<std::string> list(char end) {
    std::vector<std::string> items;
    while (peek() != end) {
      const size_t stop = text_.find_first_of(end == '\'' ? std::string("'") : std::string(",") + end, at_);
      items.emplace_back(text_.substr(at_, stop - at_));
      at_ = stop;
      take(",");
    }
    ++at_;
    return items;
  }

  static int32_t element_type(const std::string& name) {
    static const std::map<std::string, int32_t> kTypes = {{"f32", 1}, {"u8", 2},   {"i8", 3},   {"i32", 6}, {"i64", 7},
                                                          {"str", 8}, {"bool", 9}, {"f16", 10}, {"f64", 11}};
    return kTypes.at(name);
  }
  void type(onnx::ValueInfoProto* info, const std::string& name) {
    info->set_name(name);
    auto* tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(element_type(word()));
    expect("[");
    tensor->mutable_shape();
    for (const std::string& dim : list(']')) {
      auto* to = tensor->mutable_shape()->add_dim();
      if (std::isalpha(static_cast<unsigned char>(dim[0])) != 0)
        to->set_dim_param(dim);
      else
        to->set_dim_value(std::stoll(dim));
    }
  }

  std::string operand(onnx::GraphProto& graph) {
    if (take("-")) return "";
    const size_t start = at_;
    const std::string name = word();
    if (peek() != '[') return name;
    at_ = start;
    onnx::ValueInfoProto info;
    type(&info, fmt::format("in{}", made_++));
    if (peek() != '!' && peek() != '{') {
      *graph.add_input() = info;
      return info.name();
    }
    auto& tensor = *graph.add_initializer();
    tensor.set_name(info.name());
    tensor.set_data_type(info.type().tensor_type().elem_type());
    int64_t elements = 1;
    for (const auto& dim : info.type().tensor_type().shape().dim()) {
      tensor.add_dims(dim.dim_value());
      elements *= dim.dim_value();
    }
    std::vector<std::string> values;
    if (take("{"))
      values = list('}');
    else
      expect("!");
    for (int64_t i = 0; i < elements; ++i)
      add(tensor, values.empty() ? static_cast<double>(i % 5 + 1) / 4 : std::stod(values.at(static_cast<size_t>(i))));
    return info.name();
  }
  static void add(onnx::TensorProto& tensor, double value) {
    switch (tensor.data_type()) {
      case onnx::TensorProto::FLOAT:
        return tensor.add_float_data(static_cast<float>(value));
      case onnx::TensorProto::DOUBLE:
        return tensor.add_double_data(value);
      case onnx::TensorProto::INT64:
        return tensor.add_int64_data(static_cast<int64_t>(value));
      default:
        return tensor.add_int32_data(static_cast<int32_t>(value));
    }
  }

  void node(onnx::GraphProto& graph, onnx::ModelProto& model, int line) {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    const size_t equals = text_.find(" = ", at_);
    std::vector<std::string> results = {fmt::format("r{}_{}", line, made_++)};
    if (equals < std::min(end, text_.find('(', at_))) {
      results.clear();
      while (results.emplace_back(word()), take(", ")) continue;
      expect(" = ");
    }
    // Subgraphs of the node are read into it before it is complete, so it is added at the end.
    onnx::NodeProto made;
    for (const std::string& result : results) made.add_output(result);
    std::string op = word();
    if (const size_t dot = op.rfind('.'); dot != op.npos) {
      made.set_domain(op.substr(0, dot));
      op = op.substr(dot + 1);
    }
    made.set_op_type(op);
    made.set_name("the " + op + " of " + results[0]);
    if (take(":")) model.mutable_opset_import(0)->set_version(std::stoll(word()));
    expect("(");
    while (!take(")")) {
      made.add_input(operand(graph));
      take(", ");
    }
    while (skip(" "), is_word(peek())) attribute(*made.add_attribute(), model);
    *graph.add_node() = made;
  }

  void attribute(onnx::AttributeProto& to, onnx::ModelProto& model) {
    to.set_name(word());
    expect("=");
    if (take("'")) {
      to.set_s(list('\'').at(0));
      to.set_type(onnx::AttributeProto::STRING);
    } else if (take("<")) {
      const bool given = std::exchange(outputs_given_, false);
      graph(*to.mutable_g(), model);
      outputs_given_ = given;
      expect(">");
      to.set_type(onnx::AttributeProto::GRAPH);
    } else if (take("[")) {
      const std::vector<std::string> values = list(']');
      const bool real = std::ranges::any_of(values, [](const auto& value) { return value.find('.') != value.npos; });
      for (const std::string& value : values) {
        if (real)
          to.add_floats(std::stof(value));
        else if (value[0] == '"')
          to.add_strings(value.substr(1, value.size() - 2));
        else
          to.add_ints(std::stoll(value));
      }
      to.set_type(real                    ? onnx::AttributeProto::FLOATS
                  : to.strings_size() > 0 ? onnx::AttributeProto::STRINGS
                                          : onnx::AttributeProto::INTS);
    } else {
      const bool negative = take("-");
      const std::string value = (negative ? "-" : "") + word();
      const bool real = value.find('.') != value.npos;
      if (real)
        to.set_f(std::stof(value));
      else
        to.set_i(std::stoll(value));
      to.set_type(real ? onnx::AttributeProto::FLOAT : onnx::AttributeProto::INT);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  int made_ = 0;
  bool outputs_given_ = false;
};

}  // namespace

onnx::ModelProto parse_model(std::string_view text) {
  onnx::ModelProto model;
  model.set_ir_version(10);
  model.add_opset_import()->set_version(kNewestOpset);
  auto* contributed = model.add_opset_import();
  contributed->set_domain("com.microsoft");
  contributed->set_version(1);
  Parser(text).graph(*model.mutable_graph(), model);
  return model;
}

}  // namespace tn::test
