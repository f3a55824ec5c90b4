// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/graph_importer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "import/onnx/attribute.h"
#include "import/onnx/tensor.h"
#include "import/onnx/variable.h"

namespace tn::import {

int64_t ModelContext::version(std::string_view domain) const {
  const auto found = opsets.find(domain);
  return found == opsets.end() ? 1 : found->second;
}

namespace {

constexpr int64_t kMostRepeated = 1 << 15;

int64_t count_parts(const onnx::GraphProto& graph) {
  int64_t count = 1 + graph.node_size();
  for (const auto& node : graph.node())
    for (const auto& attribute : node.attribute())
      if (attribute.has_g()) count += count_parts(attribute.g());
  return count;
}

}  // namespace

void ModelContext::count_read() {
  if (--reads_left >= 0) return;
  throw Error(ErrorCode::Unsupported, "the loops of this model have bodies that become more than {} nodes",
              kMostRepeated);
}

ModelContext model_context(const onnx::ModelProto& model, std::filesystem::path file, const OnnxOperators& operators) {
  ModelContext context{operators, std::move(file), {}, count_parts(model.graph()) + kMostRepeated};
  for (const auto& opset : model.opset_import())
    context.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  return context;
}

/// Subgraph attributes of one node.
class GraphImporter::Bodies final : public BodySource {
 public:
  Bodies(GraphImporter& importer, const onnx::NodeProto& node, const std::string& name)
      : importer_(importer), node_(node), name_(name) {}
  Body import_body(std::string_view name, std::span<const TensorType> input_types) override {
    return GraphImporter(importer_.model_, find(name), &importer_).run_body(input_types);
  }
  std::vector<Value> import_inline(std::string_view name, std::span<const Value> inputs) override {
    // A body with inputs may be read many times.
    std::string scope = inputs.empty() ? importer_.scope_ : fmt::format("{}/{}/", name_, count_++);
    return GraphImporter(importer_.model_, find(name), &importer_).run_inline(inputs, std::move(scope));
  }

 private:
  const onnx::GraphProto& find(std::string_view name) const {
    for (const auto& attribute : node_.attribute()) {
      if (attribute.name() == name && attribute.has_g()) return attribute.g();
    }
    throw Error(ErrorCode::InvalidModel, "the graph attribute '{}' is missing", name);
  }
  GraphImporter& importer_;
  const onnx::NodeProto& node_;
  const std::string& name_;
  int count_ = 0;
};

std::map<std::string, int64_t> GraphImporter::known_extents(const KnownInputs& known) const {
  std::map<std::string, int64_t> extents;
  for (const auto& input : proto_.input()) {
    const auto found = known.shapes.find(input.name());
    if (found == known.shapes.end()) continue;
    const TensorType type = tensor_type_of(input);
    bool fits = type.rank() == found->second.rank();
    for (int i = 0; fits && i < type.rank(); ++i) {
      const Dim& dim = type.dims[static_cast<size_t>(i)];
      const int64_t extent = found->second[i];
      if (extent < 0) continue;
      fits = dim.is_constant() ? dim == Dim(extent) : extents.emplace(dim.to_string(), extent).first->second == extent;
    }
    model_check(fits, "input '{}' is {}, shape {} does not fit", input.name(), to_string(type),
                to_string(found->second));
  }
  return extents;
}

Value GraphImporter::add_input(const onnx::ValueInfoProto& info, const KnownInputs& known,
                               const std::map<std::string, int64_t>& extents) {
  const OnnxVariable variable = variable_of(info);
  const std::string& name = variable.name;
  if (variable.is_optional && known.absent.contains(name)) return kNone;
  if (variable.is_sequence) {
    const auto found = known.sequences.find(name);
    if (found == known.sequences.end())
      throw Error(ErrorCode::Unsupported, "input '{}' is a sequence: the shapes of its elements must be given", name);
    Sequence sequence;
    for (const Shape& shape : found->second) {
      sequence.push_back(graph_.add_input(fmt::format("{}/{}", name, sequence.size()),
                                          {element_type_of(info), Dims(shape.begin(), shape.end())}));
    }
    return sequence;
  }
  if (const auto value = known.values.find(name); value != known.values.end()) {
    const TensorId id = graph_.add_constant(name, value->second);
    if (variable.is_strings) return Strings{id};
    return id;
  }
  TensorType type = tensor_type_of(info);
  for (Dim& dim : type.dims) {
    if (const auto found = extents.find(dim.to_string()); found != extents.end()) dim = found->second;
  }
  const TensorId id = graph_.add_input(name, std::move(type));
  if (variable.is_strings) return Strings{id};
  if (known.symbolic_values) add_symbolic_value(id);
  return id;
}

Graph GraphImporter::run(const KnownInputs& known) {
  add_initializers();
  const auto extents = known_extents(known);
  for (const auto& input : proto_.input()) {
    // An initializer may be listed as an input by old files.
    if (!names_.contains(input.name())) names_[input.name()] = add_input(input, known, extents);
  }
  graph_.name = proto_.name().empty() ? "main" : proto_.name();
  add_nodes();
  graph_.set_outputs(model_outputs());
  if (known.symbolic_values) drop_unused_values();
  graph_.compact();
  return std::move(graph_);
}

std::vector<TensorId> GraphImporter::model_outputs() {
  std::vector<TensorId> outputs;
  const auto add = [&](TensorId id, const std::string& name) {
    const bool twice = std::ranges::find(outputs, id) != outputs.end();
    const bool is_own = graph_.tensor(id).producer != kNone && graph_.tensor(id).name == name && !twice;
    outputs.push_back(is_own ? id : graph_.add_node("output " + name, model_.operators.identity, {id}, {}, {name})[0]);
  };
  for (const auto& output : proto_.output()) {
    const Value value = lookup(output.name());
    if (const auto* sequence = std::get_if<Sequence>(&value)) {
      for (size_t i = 0; i < sequence->size(); ++i) add((*sequence)[i], fmt::format("{}/{}", output.name(), i));
    } else if (const auto* strings = std::get_if<Strings>(&value)) {
      add(strings->bytes, output.name());
    } else if (std::get<TensorId>(value) != kNone) {
      add(std::get<TensorId>(value), output.name());
    }
  }
  return outputs;
}

Body GraphImporter::run_body(std::span<const TensorType> input_types) {
  model_check(static_cast<size_t>(proto_.input_size()) == input_types.size(), "graph '{}' has {} inputs, {} are given",
              proto_.name(), proto_.input_size(), input_types.size());
  graph_.name = proto_.name().empty() ? "body" : proto_.name();
  for (int i = 0; i < proto_.input_size(); ++i) {
    names_[proto_.input(i).name()] = graph_.add_input(proto_.input(i).name(), input_types[static_cast<size_t>(i)]);
  }
  add_initializers();
  add_nodes();
  graph_.set_outputs(output_ids());
  return {std::move(graph_), std::move(captures_)};
}

std::vector<Value> GraphImporter::run_inline(std::span<const Value> inputs, std::string scope) {
  model_check(static_cast<size_t>(proto_.input_size()) == inputs.size(), "graph '{}' has {} inputs, {} are given",
              proto_.name(), proto_.input_size(), inputs.size());
  target_ = &parent_->graph();
  scope_ = std::move(scope);
  for (int i = 0; i < proto_.input_size(); ++i) names_[proto_.input(i).name()] = inputs[static_cast<size_t>(i)];
  add_initializers();
  add_nodes();
  std::vector<Value> outputs;
  for (const auto& output : proto_.output()) outputs.push_back(lookup(output.name()));
  return outputs;
}

void GraphImporter::add_initializers() {
  for (const auto& tensor : proto_.initializer()) {
    if (tensor.data_type() == onnx::TensorProto::STRING)
      names_[tensor.name()] = Strings{graph().add_constant(tensor.name(), padded_strings(tensor))};
    else
      names_[tensor.name()] = graph().add_constant(tensor.name(), constant_of(tensor, model_.file));
  }
}

void GraphImporter::add_nodes() {
  model_.count_read();
  for (int i = 0; i < proto_.node_size(); ++i) add_node(proto_.node(i), i);
}

std::vector<TensorId> GraphImporter::output_ids() {
  std::vector<TensorId> ids;
  for (const auto& output : proto_.output()) {
    const Value value = lookup(output.name());
    const auto* tensor = std::get_if<TensorId>(&value);
    if (!tensor || *tensor == kNone) {
      throw Error(
          ErrorCode::Unsupported,
          "output '{}' of graph '{}' is a sequence or an optional, and whether or how often the graph runs is not "
          "known while importing",
          output.name(), proto_.name());
    }
    ids.push_back(*tensor);
  }
  return ids;
}

Value GraphImporter::lookup(const std::string& name) {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  model_check(parent_ != nullptr, "tensor '{}' is read but nothing makes it", name);
  return names_[name] = capture(name);
}

Value GraphImporter::capture(const std::string& name) {
  const Value outer = parent_->lookup(name);
  if (target_) return outer;
  if (const auto* tensor = std::get_if<TensorId>(&outer)) return *tensor == kNone ? outer : capture(*tensor, name);
  if (const auto* strings = std::get_if<Strings>(&outer)) return Strings{capture(strings->bytes, name)};
  Sequence inner;
  for (const TensorId id : std::get<Sequence>(outer))
    inner.push_back(capture(id, fmt::format("{}/{}", name, inner.size())));
  return inner;
}

// A tensor of a graph around this one becomes a further input; a constant is simply shared.
TensorId GraphImporter::capture(TensorId outer, const std::string& name) {
  outer = parent_->folder_.folded(parent_->graph(), outer);
  const Tensor& tensor = parent_->graph().tensor(outer);
  if (tensor.constant) return graph_.add_constant(name, tensor.constant);
  const TensorId id = graph_.add_input(name, tensor.type);
  graph_.edit_tensor(id).value = tensor.value;
  captures_.push_back(outer);
  return id;
}

void GraphImporter::add_symbolic_value(TensorId input) {
  constexpr int64_t kMostElements = 16;
  Tensor& tensor = graph_.edit_tensor(input);
  const auto shape = tensor.type.static_shape();
  const bool integer = tensor.type.type == DataType::I64 || tensor.type.type == DataType::I32;
  if (!integer || !shape || shape->rank() > 1 || shape->elements() > kMostElements) return;
  Dims value;
  for (int64_t i = 0; i < shape->elements(); ++i)
    value.push_back(Dim::symbol(fmt::format("{}_value{}", symbol_name(tensor.name, "input", 0), i)));
  tensor.value = std::move(value);
}

namespace {

void collect_symbols(const Graph& graph, std::set<std::string>& symbols) {
  const auto add = [&](const Dim& dim) {
    for (auto& symbol : dim.symbols()) symbols.insert(std::move(symbol));
  };
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    for (const Dim& dim : graph.tensor(static_cast<TensorId>(i)).type.dims) add(dim);
  }
  for (const auto& [name, upper] : graph.unknowns()) add(upper);
  for (const NodeId id : graph.order()) {
    for (const Graph& body : graph.node(id).bodies) collect_symbols(body, symbols);
  }
}

}  // namespace

void GraphImporter::drop_unused_values() {
  std::set<std::string> used;
  collect_symbols(graph_, used);
  bool dropped = false;
  for (const TensorId id : graph_.inputs()) {
    auto& value = graph_.edit_tensor(id).value;
    if (!value || std::ranges::any_of(*value, [&](const Dim& dim) { return used.contains(dim.to_string()); })) continue;
    value.reset();
    dropped = true;
  }
  if (dropped) graph_.infer_all();
}

std::string GraphImporter::node_name(const onnx::NodeProto& node) {
  std::string wanted = node.name();
  if (wanted.empty() && node.output_size() > 0) wanted = node.output(0);
  if (wanted.empty()) wanted = node.op_type();
  return node_names_.take(scope_ + wanted);
}

void GraphImporter::read_inputs(const onnx::NodeProto& node, NodeView& view) {
  int count = node.input_size();
  while (count > 0 && node.input(count - 1).empty()) --count;
  for (int i = 0; i < count; ++i) {
    Value value = node.input(i).empty() ? Value(kNone) : lookup(node.input(i));
    if (auto* tensor = std::get_if<TensorId>(&value)) {
      if (*tensor != kNone) *tensor = folder_.folded(graph(), *tensor);
      view.inputs.push_back(*tensor);
    } else {
      view.inputs.push_back(kNone);
      view.other_inputs[static_cast<size_t>(i)] = std::move(value);
    }
  }
}

void GraphImporter::name_outputs(const onnx::NodeProto& node, NodeView& view, const std::vector<TensorId>& outputs,
                                 TensorId before) {
  for (int i = 0; i < node.output_size(); ++i) {
    const auto index = static_cast<size_t>(i);
    if (node.output(i).empty()) continue;
    if (const auto given = view.given.find(index); given != view.given.end()) {
      if (const auto* strings = std::get_if<Strings>(&given->second); strings && strings->bytes >= before)
        graph().rename(strings->bytes, scope_ + node.output(i));
      names_[node.output(i)] = std::move(given->second);
    } else if (index < outputs.size() && outputs[index] != kNone) {
      if (outputs[index] >= before) graph().rename(outputs[index], scope_ + node.output(i));
      names_[node.output(i)] = outputs[index];
    }
  }
}

void GraphImporter::add_node(const onnx::NodeProto& node, int index) {
  NodeView view(graph());
  view.name = node_name(node);
  try {
    model_.count_read();
    view.op_type = node.op_type();
    view.domain = node.domain() == "ai.onnx" ? "" : node.domain();
    view.version = model_.version(view.domain);
    view.output_count = static_cast<size_t>(node.output_size());
    read_inputs(node, view);
    for (const auto& attribute : node.attribute()) add_attribute(attribute, model_.file, view);
    Bodies bodies(*this, node, view.name);
    view.bodies = &bodies;
    const OnnxImporter* importer = model_.operators.find(view.domain, view.op_type, view.version);
    if (!importer) throw Error(ErrorCode::Unsupported, "no such operator in opset {}", view.version);
    const auto before = static_cast<TensorId>(graph().tensor_count());
    name_outputs(node, view, importer->import(view), before);
  } catch (const Error& error) {
    const auto* inner = dynamic_cast<const NodeError*>(&error);
    const NodeOrigin origin = inner ? inner->origin() : NodeOrigin{index, view.name, node.op_type()};
    if (std::string_view(error.what()).starts_with("node '" + view.name)) throw NodeError(error, origin);
    throw NodeError(error.within(fmt::format("node '{}' ({})", view.name, node.op_type())), origin);
  }
}

namespace {

struct Unknown {
  NodeOrigin node;
  std::string text;
};

void collect_unknown(const ModelContext& model, const onnx::GraphProto& graph, std::vector<Unknown>& unknown) {
  for (int i = 0; i < graph.node_size(); ++i) {
    const auto& node = graph.node(i);
    const std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
    const int64_t version = model.version(domain);
    if (!model.operators.find(domain, node.op_type(), version)) {
      unknown.push_back({{i, node.name(), node.op_type()},
                         fmt::format("node '{}': {}{} (opset {})", node.name(), domain.empty() ? "" : domain + ".",
                                     node.op_type(), version)});
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) collect_unknown(model, attribute.g(), unknown);
    }
  }
}

}  // namespace

void check_operators(const ModelContext& model, const onnx::GraphProto& graph) {
  std::vector<Unknown> unknown;
  collect_unknown(model, graph, unknown);
  if (unknown.empty()) return;
  constexpr size_t kShown = 20;
  std::vector<std::string_view> shown;
  for (size_t i = 0; i < std::min(kShown, unknown.size()); ++i) shown.push_back(unknown[i].text);
  throw NodeError(Error(ErrorCode::Unsupported, "{} node(s) with operators that are not supported: {}{}",
                        unknown.size(), fmt::join(shown, "; "), unknown.size() > kShown ? "; …" : ""),
                  unknown[0].node);
}

}  // namespace tn::import
