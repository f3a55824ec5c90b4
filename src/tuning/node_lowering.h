// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tuning/graph_lowering.h"

namespace tn {

/// RegionLowering of one node of a graph.
class NodeLowering final : public RegionLowering {
 public:
  NodeLowering(GraphLowering& graph, const Region& region, const Choice& choice)
      : graph_(graph), region_(region), choice_(choice) {}

  const Target& target() const override { return graph_.target_; }
  int input(int index, Need need) override;
  int output(int index, Need need) override;
  void alias_output(int index, int tensor, Dims strides, Dim offset) override;
  const PlacedTensor& tensor(int id) const override { return graph_.builder_.tensor(id); }
  TensorView largest_view(int id) const override { return graph_.builder_.largest(id); }
  int temporary(std::string_view suffix, TensorType type) override;
  int packed_weights(std::string_view suffix, std::span<const std::byte> bytes, WeightStore::Recipe recipe) override;
  int host_bytes(std::string_view suffix, std::span<const std::byte> bytes, WeightStore::Recipe recipe) override;
  int constant(const Constant& data, std::string_view source) override;
  int shape_value(const Dims& values, bool scalar) override;
  void add_step(std::string kernel, std::vector<std::byte> parameters, std::vector<int> inputs,
                std::vector<int> outputs, uint64_t workspace, std::vector<std::string> defines) override;

  void join(int index, size_t axis) override;
  void add_branch() override;
  void add_loop(const LoopForm& form) override;
  void add_batch_loop(int sliced) override;

  /// Copies results that were written elsewhere to their places.
  void finish();

 private:
  /// Where the tactic's steps run.
  Space space() const { return choice_.tactic->space().value_or(Space::Device); }
  /// input() in a space, or where it is.
  int input_in(int index, Need need, std::optional<Space> space);
  int output_in(int index, Need need, Space space);
  std::string step_name() const;
  void add_body_results(uint32_t list, const Graph& body, const std::vector<int>& results,
                        const std::vector<int>& outputs);
  int first_condition(const LoopForm& form);
  /// Of a loop, which runs on the host, for its body.
  int device_temporary(std::string_view suffix, TensorType type);
  void run_body(uint32_t list, const LoopForm& form, const std::vector<int>& states, const std::vector<int>& counters,
                const std::vector<int>& operands);
  StepDraft draft(std::string kernel, std::vector<int> inputs, std::vector<int> outputs) const;
  GraphLowering& graph_;
  const Region& region_;
  const Choice& choice_;
  int steps_ = 0;
  std::vector<std::pair<int, int>> pending_;  ///< copies from a temporary to an output's place
};

}  // namespace tn
