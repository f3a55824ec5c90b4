// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/tensor_format.h"
#include "engine/plan.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// Inputs and outputs of the network in the memory of the caller. Most formats are strides, which kernels read and
/// write as they are; those that split the channels into groups have steps that copy, and so has padding, which is
/// written with zeros.
class Borders {
 public:
  /// `outline` has the bindings: inputs, then outputs.
  Borders(const Graph& graph, const plan::PlanT& outline, const Target& target, ProfileBuilder& builder);
  /// Adds the steps before the network's and those after them.
  void read_inputs();
  void write_outputs();
  /// Placed tensors as the network sees them.
  const std::vector<int>& inputs() const { return inputs_; }
  const std::vector<int>& outputs() const { return outputs_; }

 private:
  /// Windows on a tensor in the caller's memory and on what stands for it in the network; the latter kNone: padding.
  struct Part {
    int outside, inside;
  };
  struct Border {
    std::string name;
    std::vector<Part> parts;
  };
  int place(const Tensor& tensor, const plan::BindingT& binding, int index);
  void add_groups(const Tensor& tensor, const FormatLayout<Dim>& layout, int whole, int inside, Border& border);
  void add_padding(const Tensor& tensor, const FormatLayout<Dim>& layout, int whole, Border& border);
  int zeros(const TensorType& type);

  const Target& target_;
  ProfileBuilder& builder_;
  std::vector<int> inputs_, outputs_;
  std::vector<Border> read_, written_;
};

}  // namespace tn
