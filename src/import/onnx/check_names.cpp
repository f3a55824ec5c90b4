// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/check_names.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/error.h"

namespace tn::import {
namespace {

void check_printable(const std::string& name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::ranges::none_of(name, is_control)) return;
  std::string shown = name.substr(0, 100);
  std::ranges::replace_if(shown, is_control, '?');
  throw Error(ErrorCode::InvalidModel, "the name '{}' has control characters in it", shown);
}

/// Names that one graph makes.
class Names {
 public:
  void add(const std::string& name, std::string_view what) {
    check_printable(name);
    model_check(name.empty() || made_.insert(name).second, "{} '{}' is made twice", what, name);
  }

 private:
  std::unordered_set<std::string> made_;
};

}  // namespace

void check_names(const onnx::GraphProto& graph) {
  Names inputs, made;
  for (const auto& tensor : graph.initializer()) made.add(tensor.name(), "initializer");
  std::unordered_set<std::string> initializers;
  for (const auto& tensor : graph.initializer()) initializers.insert(tensor.name());
  for (const auto& input : graph.input()) {
    inputs.add(input.name(), "input");
    // Old files list initializers as inputs.
    if (!initializers.contains(input.name())) made.add(input.name(), "input");
  }
  for (const auto& node : graph.node()) {
    check_printable(node.name());
    check_printable(node.op_type());
    check_printable(node.domain());
    for (const std::string& output : node.output()) made.add(output, "tensor");
    for (const auto& attribute : node.attribute())
      if (attribute.has_g()) check_names(attribute.g());
  }
}

}  // namespace tn::import
