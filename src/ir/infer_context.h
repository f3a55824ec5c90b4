// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ir/graph.h"

namespace tn {

/// InferContext over a node that stands in (or is about to enter) a graph.
class GraphInferContext final : public InferContext {
 public:
  /// Unknown extents are named after `label` and recorded in `unknowns` if that is not null.
  GraphInferContext(const Graph& graph, const Node& node, std::string label, std::map<std::string, Dim>* unknowns)
      : graph_(graph), node_(node), label_(std::move(label)), unknowns_(unknowns) {}

  int inputs() const override { return static_cast<int>(node_.inputs.size()); }
  bool has(int index) const override {
    return index >= 0 && index < inputs() && node_.inputs[static_cast<size_t>(index)] != kNone;
  }
  const TensorType& type(int index) const override { return at(index).type; }
  const Dims* value(int index) const override {
    if (!has(index)) return nullptr;
    const auto& value = at(index).value;
    return value ? &*value : nullptr;
  }
  const Constant* constant(int index) const override { return has(index) ? at(index).constant.get() : nullptr; }
  std::span<const Graph> bodies() const override { return node_.bodies; }
  Dim unknown(int output, int axis, const Dim& upper) const override {
    std::string name = fmt::format("?{}.{}.{}", label_, output, axis);
    std::replace_if(  // what Dim::parse and graph text give a meaning
        name.begin(), name.end(),
        [](char c) { return std::string_view(" +-*(),[]{}\"\n").find(c) != std::string_view::npos; }, '_');
    if (unknowns_) unknowns_->insert_or_assign(name, upper);
    return Dim::symbol(name);
  }

 private:
  const Tensor& at(int index) const {
    model_check(has(index), "input {} is missing", index);
    return graph_.tensor(node_.inputs[static_cast<size_t>(index)]);
  }
  const Graph& graph_;
  const Node& node_;
  std::string label_;
  std::map<std::string, Dim>* unknowns_;
};

}  // namespace tn
