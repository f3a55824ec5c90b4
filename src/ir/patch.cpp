// SPDX-License-Identifier: Apache-2.0
#include "ir/patch.h"

#include "base/error.h"

namespace tn {

Patch::Patch(Patch&& other) noexcept
    : graph_(std::exchange(other.graph_, nullptr)),
      first_tensor_(other.first_tensor_),
      first_node_(other.first_node_),
      replacements_(std::move(other.replacements_)) {}

Patch::~Patch() {
  roll_back();
}

void Patch::roll_back() {
  if (!graph_) return;
  for (size_t i = first_tensor_; i < graph_->tensors_.size(); ++i) graph_->names_.erase(graph_->tensors_[i].name);
  graph_->tensors_.resize(first_tensor_);
  graph_->nodes_.resize(first_node_);
  graph_ = nullptr;
}

bool Patch::apply() {
  Graph& graph = *graph_;
  for (const auto& [old, by] : replacements_) {
    const Tensor &before = graph.tensor(old), &after = graph.tensor(by);
    internal_check(before.type == after.type, "a patch replaces '{}' {} by '{}' {}", before.name,
                   to_string(before.type), after.name, to_string(after.type));
    if (graph.is_output(old) && (after.producer == kNone || graph.is_output(by))) {
      roll_back();
      return false;
    }
  }
  for (const auto& [old, by] : replacements_) {
    // Unknown extents are named after tensors: these keep their names.
    const bool is_new = static_cast<size_t>(by) >= first_tensor_ && graph.unknowns_.empty();
    if (graph.is_output(old) || is_new) std::swap(graph.edit_tensor(old).name, graph.edit_tensor(by).name);
    graph.redirect(old, by, first_node_);  // the new nodes themselves may go on reading the old tensor
  }
  graph_ = nullptr;
  return true;
}

}  // namespace tn
