// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/graph_importer.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "import/onnx/attribute.h"
#include "import/onnx/tensor.h"

namespace tn::import {

int64_t ModelContext::version(std::string_view domain) const {
  const auto found = opsets.find(domain);
  return found == opsets.end() ? 1 : found->second;
}

ModelContext model_context(const onnx::ModelProto& model, std::filesystem::path folder,
                           const OnnxOperators& operators) {
  ModelContext context{operators, std::move(folder), {}};
  for (const auto& opset : model.opset_import())
    context.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  return context;
}

/// Subgraph attributes of one node.
class GraphImporter::Bodies final : public BodySource {
 public:
  Bodies(GraphImporter& importer, const onnx::NodeProto& node) : importer_(importer), node_(node) {}
  Body import_body(std::string_view name, std::span<const TensorType> input_types) override {
    return GraphImporter(importer_.model_, find(name), &importer_).run_body(input_types);
  }
  std::vector<TensorId> import_inline(std::string_view name) override {
    return GraphImporter(importer_.model_, find(name), &importer_).run_inline();
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
};

std::map<std::string, int64_t> GraphImporter::known_extents(const KnownInputs& known) const {
  std::map<std::string, int64_t> extents;
  for (const auto& input : proto_.input()) {
    const auto found = known.shapes.find(input.name());
    if (found == known.shapes.end()) continue;
    const TensorType type = input_type(input);
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

Graph GraphImporter::run(const KnownInputs& known) {
  add_initializers();
  const auto extents = known_extents(known);
  const auto fixed_type = [&](const onnx::ValueInfoProto& input) {
    TensorType type = input_type(input);
    for (Dim& dim : type.dims) {
      if (const auto found = extents.find(dim.to_string()); found != extents.end()) dim = found->second;
    }
    return type;
  };
  for (const auto& input : proto_.input()) {
    if (names_.contains(input.name())) continue;  // an initializer, listed as an input by old files
    const auto value = known.values.find(input.name());
    names_[input.name()] = value == known.values.end() ? graph_.add_input(input.name(), fixed_type(input))
                                                       : graph_.add_constant(input.name(), value->second);
    if (known.symbolic_values && value == known.values.end()) add_symbolic_value(names_[input.name()]);
  }
  graph_.name = proto_.name().empty() ? "main" : proto_.name();
  add_nodes();
  std::vector<TensorId> outputs = output_ids();
  // An output must be made by a node and carry its name.
  for (int i = 0; i < proto_.output_size(); ++i) {
    TensorId& id = outputs[static_cast<size_t>(i)];
    const std::string& name = proto_.output(i).name();
    const bool twice = std::find(outputs.begin(), outputs.begin() + i, id) != outputs.begin() + i;
    if (graph_.tensor(id).producer != kNone && graph_.tensor(id).name == name && !twice) continue;
    id = graph_.add_node("output " + name, model_.operators.identity, {id}, {}, {name})[0];
  }
  graph_.set_outputs(std::move(outputs));
  if (known.symbolic_values) drop_unused_values();
  graph_.compact();
  return std::move(graph_);
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

std::vector<TensorId> GraphImporter::run_inline() {
  model_check(proto_.input_size() == 0, "graph '{}' has inputs", proto_.name());
  target_ = &parent_->graph();
  add_initializers();
  add_nodes();
  return output_ids();
}

void GraphImporter::add_initializers() {
  for (const auto& tensor : proto_.initializer()) {
    names_[tensor.name()] = graph().add_constant(tensor.name(), constant_of(tensor, model_.folder));
  }
}

void GraphImporter::add_nodes() {
  for (int i = 0; i < proto_.node_size(); ++i) add_node(proto_.node(i), i);
}

std::vector<TensorId> GraphImporter::output_ids() {
  std::vector<TensorId> ids;
  for (const auto& output : proto_.output()) ids.push_back(lookup(output.name()));
  return ids;
}

TensorId GraphImporter::lookup(const std::string& name) {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  const TensorId id = parent_ ? capture(name) : kNone;
  model_check(id != kNone, "tensor '{}' is read but nothing makes it", name);
  return names_[name] = id;
}

// A name of a graph around this one becomes a further input; a constant is simply shared.
TensorId GraphImporter::capture(const std::string& name) {
  const TensorId outer = parent_->lookup(name);
  if (target_) return outer;
  const Tensor& tensor = parent_->graph().tensor(outer);
  if (tensor.constant) return graph_.add_constant(name, tensor.constant);
  const TensorId id = graph_.add_input(name, tensor.type);
  graph_.edit_tensor(id).value = tensor.value;
  captures_.push_back(outer);
  return id;
}

namespace {

// Symbols are written in dimension expressions, so only plain names can be symbols.
std::string symbol_name(std::string text, const std::string& input, int axis) {
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') c = '_';
  }
  if (text.empty()) return fmt::format("{}_dim{}", symbol_name(input, "input", 0), axis);
  return std::isdigit(static_cast<unsigned char>(text[0])) != 0 ? "d" + text : text;
}

}  // namespace

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

TensorType GraphImporter::input_type(const onnx::ValueInfoProto& info) const {
  if (!info.type().has_tensor_type()) {
    throw Error(ErrorCode::Unsupported,
                "input '{}' is not a tensor (sequences and optionals are not supported as inputs)", info.name());
  }
  const auto& tensor = info.type().tensor_type();
  TensorType type{data_type_of(tensor.elem_type(), info.name()), {}};
  model_check(tensor.has_shape(), "input '{}' has no rank", info.name());
  for (int i = 0; i < tensor.shape().dim_size(); ++i) {
    const auto& dim = tensor.shape().dim(i);
    model_check(!dim.has_dim_value() || dim.dim_value() >= -1, "input '{}' has extent {}", info.name(),
                dim.dim_value());
    if (dim.has_dim_value() && dim.dim_value() >= 0)
      type.dims.push_back(dim.dim_value());
    else
      type.dims.push_back(Dim::symbol(symbol_name(dim.dim_param(), info.name(), i)));
  }
  model_check(type.rank() <= kMaxRank, "input '{}' has rank {}, at most {} is supported", info.name(), type.rank(),
              kMaxRank);
  return type;
}

std::string GraphImporter::node_name(const onnx::NodeProto& node) {
  std::string wanted = node.name();
  if (wanted.empty() && node.output_size() > 0) wanted = node.output(0);
  if (wanted.empty()) wanted = node.op_type();
  std::string name = wanted;
  for (int i = 1; !node_names_.insert(name).second; ++i) name = fmt::format("{}#{}", wanted, i);
  return name;
}

void GraphImporter::add_node(const onnx::NodeProto& node, int index) {
  NodeView view(graph());
  view.name = node_name(node);
  try {
    view.op_type = node.op_type();
    view.domain = node.domain() == "ai.onnx" ? "" : node.domain();
    view.version = model_.version(view.domain);
    view.output_count = static_cast<size_t>(node.output_size());
    for (const auto& input : node.input()) view.inputs.push_back(input.empty() ? kNone : lookup(input));
    while (!view.inputs.empty() && view.inputs.back() == kNone) view.inputs.pop_back();
    for (const auto& attribute : node.attribute()) add_attribute(attribute, model_.folder, view);
    Bodies bodies(*this, node);
    view.bodies = &bodies;
    const OnnxImporter* importer = model_.operators.find(view.domain, view.op_type, view.version);
    if (!importer) throw Error(ErrorCode::Unsupported, "no such operator in opset {}", view.version);
    const auto before = static_cast<TensorId>(graph().tensor_count());
    const auto outputs = importer->import(view);
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty() || static_cast<size_t>(i) >= outputs.size() ||
          outputs[static_cast<size_t>(i)] == kNone)
        continue;
      const TensorId id = outputs[static_cast<size_t>(i)];
      if (id >= before) graph().rename(id, node.output(i));
      names_[node.output(i)] = id;
    }
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
