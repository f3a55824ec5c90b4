// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/survey.h"

#include <algorithm>
#include <set>

#include "base/os/file.h"
#include "import/onnx/check_names.h"
#include "import/onnx/graph_importer.h"
#include "import/onnx/parse_model.h"
#include "import/onnx/unique_names.h"

namespace tn::import {
namespace {

class Surveyor {
 public:
  Surveyor(onnx::ModelProto model, std::filesystem::path file, const OnnxOperators& operators, const KnownInputs& known)
      : model_(std::move(model)), context_(model_context(model_, std::move(file), operators)), known_(known) {}

  OnnxSurvey run() {
    check_names(model_.graph());
    count(model_.graph());
    name_nodes();
    std::set<int> broken;
    for (int i = 0; i < model_.graph().node_size(); ++i)
      if (find_unknown(model_.graph().node(i))) broken.insert(i);
    remove(broken);
    while (const auto failed = try_import()) remove({*failed});
    return std::move(survey_);
  }

 private:
  static std::string domain_of(const onnx::NodeProto& node) { return node.domain() == "ai.onnx" ? "" : node.domain(); }

  void count(const onnx::GraphProto& graph) {
    for (const auto& node : graph.node()) {
      const std::string domain = domain_of(node);
      ++survey_.nodes[domain.empty() ? node.op_type() : domain + "." + node.op_type()];
      for (const auto& attribute : node.attribute())
        if (attribute.has_g()) count(attribute.g());
    }
  }

  // Errors tell nodes by name.
  void name_nodes() {
    UniqueNames names;
    for (auto& node : *model_.mutable_graph()->mutable_node()) {
      if (node.name().empty()) node.set_name(node.output_size() > 0 ? node.output(0) : node.op_type());
      node.set_name(names.take(node.name()));
    }
  }

  void add_failure(const onnx::NodeProto& node, std::string reason) {
    survey_.failures.push_back({node.name(), node.op_type(), context_.version(domain_of(node)), std::move(reason)});
  }

  // Of the node and all inside it.
  bool find_unknown(const onnx::NodeProto& node) {
    const std::string domain = domain_of(node);
    const bool known = context_.operators.find(domain, node.op_type(), context_.version(domain)) != nullptr;
    if (!known) add_failure(node, domain.empty() ? "there is no such operator" : "no such operator in " + domain);
    bool found = !known;
    for (const auto& attribute : node.attribute())
      for (const auto& inner : attribute.g().node()) found = find_unknown(inner) || found;
    return found;
  }

  static bool reads(const onnx::NodeProto& node, const std::set<std::string>& lost) {
    const auto is_lost = [&](const std::string& name) { return lost.contains(name); };
    if (std::ranges::any_of(node.input(), is_lost)) return true;
    return std::ranges::any_of(node.attribute(), [&](const auto& attribute) {
      return std::ranges::any_of(attribute.g().node(), [&](const auto& inner) { return reads(inner, lost); }) ||
             std::ranges::any_of(attribute.g().output(), [&](const auto& output) { return is_lost(output.name()); });
    });
  }

  // Takes nodes away, and all that needs them.
  void remove(const std::set<int>& nodes) {
    std::set<std::string> lost;
    onnx::GraphProto& graph = *model_.mutable_graph();
    google::protobuf::RepeatedPtrField<onnx::NodeProto> kept;
    for (int i = 0; i < graph.node_size(); ++i) {
      onnx::NodeProto& node = *graph.mutable_node(i);
      if (nodes.contains(i) || reads(node, lost))
        lost.insert(node.output().begin(), node.output().end());
      else
        kept.Add()->Swap(&node);
    }
    graph.mutable_node()->Swap(&kept);
    google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> outputs;
    for (const auto& output : graph.output())
      if (!lost.contains(output.name())) *outputs.Add() = output;
    graph.mutable_output()->Swap(&outputs);
  }

  // The node that cannot be imported; nothing if all can.
  std::optional<int> try_import() {
    try {
      ModelContext context = context_;
      survey_.graph = GraphImporter(context, model_.graph(), nullptr).run(known_);
      return std::nullopt;
    } catch (const NodeError& error) {
      const std::string_view text = error.what();
      for (int i = 0; i < model_.graph().node_size(); ++i) {
        const auto& node = model_.graph().node(i);
        const std::string start = fmt::format("node '{}' ({}): ", node.name(), node.op_type());
        if (!text.starts_with(start)) continue;
        add_failure(node, std::string(text.substr(start.size())));
        return i;
      }
      throw;
    }
  }

  onnx::ModelProto model_;
  ModelContext context_;
  const KnownInputs& known_;
  OnnxSurvey survey_;
};

}  // namespace

OnnxSurvey survey_onnx(const std::filesystem::path& path, const OnnxOperators& operators, const KnownInputs& known) {
  const MappedFile file(path);
  try {
    return Surveyor(parse_model(file.bytes()), path, operators, known).run();
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

}  // namespace tn::import
