// SPDX-License-Identifier: Apache-2.0
#include <iterator>

#include "base/hash.h"
#include "ir/text.h"
#include "ir/text_scanner.h"

namespace tn {
namespace {

constexpr int64_t kWrittenOut = 16;

std::string print_name(const std::string& name) {
  return is_plain_name(name) ? name : to_string(FieldValue(name));
}

std::string print_element(const Constant& constant, int64_t index) {
  switch (constant.type()) {
    case DataType::F64:
      return fmt::format("{}", constant.number(index));
    case DataType::F32:
    case DataType::F16:
    case DataType::BF16:
      return fmt::format("{}", static_cast<float>(constant.number(index)));
    case DataType::U64:
      return fmt::format("{}", static_cast<uint64_t>(constant.integer(index)));
    default:
      return fmt::format("{}", constant.integer(index));
  }
}

class Printer {
 public:
  std::string text;

  void graph(const Graph& graph, int depth) {
    line(depth, "graph {}(", print_name(graph.name));
    for (size_t i = 0; i < graph.inputs().size(); ++i) {
      const Tensor& input = graph.tensor(graph.inputs()[i]);
      write("{}{}: {}", i ? ", " : "", print_name(input.name), to_string(input.type));
      if (input.value) known_value(*input.value);
    }
    write(") {{\n");
    constants(graph, depth + 1);
    for (const NodeId id : graph.order()) node(graph, graph.node(id), depth + 1);
    line(depth + 1, "return");
    list(graph, graph.outputs(), " ");
    write("\n");
    line(depth, "}}\n");
  }

 private:
  template <typename... Args>
  void write(fmt::format_string<Args...> format, Args&&... args) {
    text += fmt::vformat(format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void line(int depth, fmt::format_string<Args...> format, Args&&... args) {
    text.append(static_cast<size_t>(depth) * 2, ' ');
    write(format, std::forward<Args>(args)...);
  }

  void list(const Graph& graph, const std::vector<TensorId>& ids, std::string_view before_first = "") {
    for (size_t i = 0; i < ids.size(); ++i) {
      write("{}{}", i ? ", " : before_first, ids[i] == kNone ? "absent" : print_name(graph.tensor(ids[i]).name));
    }
  }

  void known_value(const Dims& value) {
    write(" = {{");
    for (size_t i = 0; i < value.size(); ++i) write("{}{}", i ? "," : "", value[i].to_string());
    write("}}");
  }

  void constants(const Graph& graph, int depth) {
    std::vector<bool> printed(graph.tensor_count(), false);
    const auto visit = [&](TensorId id) {
      if (id == kNone || !graph.tensor(id).constant || printed[static_cast<size_t>(id)]) return;
      printed[static_cast<size_t>(id)] = true;
      constant(graph.tensor(id), depth);
    };
    for (const NodeId id : graph.order()) {
      for (const TensorId input : graph.node(id).inputs) visit(input);
    }
    for (const TensorId output : graph.outputs()) visit(output);
  }

  void constant(const Tensor& tensor, int depth) {
    line(depth, "constant {}: {} = ", print_name(tensor.name), to_string(tensor.type));
    if (tensor.constant->elements() > kWrittenOut) {
      write("#{}\n", hash_bytes(tensor.constant->bytes()).hex());
      return;
    }
    write("{{");
    for (int64_t i = 0; i < tensor.constant->elements(); ++i)
      write("{}{}", i ? "," : "", print_element(*tensor.constant, i));
    write("}}\n");
  }

  void node(const Graph& graph, const Node& node, int depth) {
    line(depth, "");
    list(graph, node.outputs);
    write(" = {}", node.op->name());
    if (node.outputs.empty() || node.name != graph.tensor(node.outputs[0]).name)
      write(" {}", to_string(FieldValue(node.name)));
    write("(");
    list(graph, node.inputs);
    write(")");
    const FieldMap attributes = node.op->attributes();
    bool first = true;
    for (const auto& [name, value] : attributes) {
      write("{}{}={}", first ? " {" : ", ", name, to_string(value));
      first = false;
    }
    if (!attributes.empty()) write("}}");
    for (size_t i = 0; i < node.outputs.size(); ++i)
      write("{}{}", i ? ", " : " : ", to_string(graph.tensor(node.outputs[i]).type));
    if (!node.bodies.empty()) {
      write(" {{\n");
      for (const Graph& body : node.bodies) this->graph(body, depth + 1);
      line(depth, "}}");
    }
    write("\n");
  }
};

}  // namespace

std::string to_text(const Graph& graph) {
  Printer printer;
  printer.graph(graph, 0);
  return std::move(printer.text);
}

}  // namespace tn
