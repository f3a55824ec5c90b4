// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/log.h"
#include "tuning/tactic.h"

namespace tn {

/// The tactic and variant chosen for a region.
struct Choice {
  const Tactic* tactic = nullptr;
  std::string config;
};

/// Says which tactic runs a region (timing, a cache, or the table's order). Called in graph order.
class Selector {
 public:
  virtual ~Selector() = default;
  virtual Choice select(const Region& region) = 0;
  /// Says that a region will be selected for, so that what takes others' time can begin.
  virtual void expect(const Region&) {}
  /// Ways that are to stand beside the selected one, to be compared with it in the network.
  virtual std::vector<Choice> rivals(const Region&) { return {}; }
  /// The same for graphs that a thread runs by itself, and their target.
  struct Alone {
    Selector& selector;
    const Target& target;
  };
  virtual Alone alone() = 0;
};

/// Turns a graph into steps: settles every tensor's memory order, places concatenated tensors inside their result, then
/// lowers each region with the tactic that the selector gives.
class GraphLowering {
 public:
  GraphLowering(const Graph& graph, const Target& target, Selector& selector, ProfileBuilder& builder)
      : graph_(graph), target_(target), selector_(selector), builder_(builder) {}

  /// Lowers into a step list. `inputs` are the placed tensors of the graph's inputs. Results are written to those
  /// `outputs` that are given and not kNone (copied where they are not produced in place); returns the placed tensors
  /// of all outputs.
  std::vector<int> run(uint32_t list, const std::vector<int>& inputs, const std::vector<int>& outputs = {});

  /// What each node became, in graph order: steps [first, last) of each of its ways, the selected one first. All ways
  /// of a node write to the same place; a copy that only one of them needs is among its steps. The steps after the last
  /// node's copy results to where they are wanted.
  struct Steps {
    size_t first, last;
  };
  const std::vector<std::vector<Steps>>& ways() const { return ways_; }

 private:
  friend class NodeLowering;
  /// What a BatchLoop runs: its body for threads that take images by themselves, and where some may be left over, once
  /// more for the whole lane.
  struct Images {
    int copies;
    std::unique_ptr<GraphLowering> body;
  };
  /// Everything that is settled before the first step is added.
  void prepare();
  struct Slot {
    TensorId parent;  ///< tensor that it is a part of
    int axis;
    Dim begin;
  };
  void choose();
  void lower(NodeId id);
  std::vector<Images> images_of(const Region& region);
  void settle_orders();
  void place_concatenations();
  void place_reshaped(TensorId part);
  int place_output(TensorId id);
  /// In the place of what a reshape makes of it, if that has one and strides allow it.
  std::optional<int> place_under_view(TensorId id);
  int constant(TensorId id, Order order, Space space);
  int copy_to(int from, int to, const std::string& name);
  /// The tensor's placed form that satisfies a need in a space (nothing: where it is), copied at most once per both.
  int satisfying(TensorId id, Need need, std::optional<Space> space);
  /// Where a node that runs in `space` writes the tensor: there, unless it has a place already.
  int place_output(TensorId id, Space space);
  /// Whether device and host have memory of their own.
  bool apart() const { return target_.device != nullptr; }

  const Graph& graph_;
  const Target& target_;
  Selector& selector_;
  ProfileBuilder& builder_;
  uint32_t list_ = 0;
  std::map<NodeId, Region> regions_;
  std::map<NodeId, Choice> choices_;
  std::map<NodeId, std::vector<Images>> images_;
  std::vector<std::vector<Steps>> ways_;
  std::map<TensorId, Order> orders_;
  std::map<TensorId, Slot> slots_;
  std::map<TensorId, TensorId> seen_as_;  ///< what is reshaped to a part of a concatenation
  std::map<TensorId, int> placed_;
  std::map<TensorId, int> wanted_;  ///< graph outputs that have a place already
  struct Form {
    TensorId tensor;
    Need need;
    Space space;
    auto operator<=>(const Form&) const = default;
  };
  std::map<Form, int> copies_;
};

/// Adds the steps that copy one placed tensor to another, wherever both are.
void add_copy(ProfileBuilder& builder, const Target& target, uint32_t list, int from, int to, const std::string& name);

}  // namespace tn
