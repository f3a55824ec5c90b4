// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "ir/op.h"
#include "tuning/extent_table.h"
#include "tuning/memory_planner.h"
#include "tuning/weight_store.h"

namespace tn {

/// Where a step runs and its operands lie: in the memory of the device that is built for, or in that of its host. For a
/// processor both are the same.
enum class Space : uint8_t { Device, Host };

/// A tensor of the plan under construction: a typed, strided window on a storage.
struct PlacedTensor {
  std::string name;
  TensorType type;
  Dims strides;  ///< in elements
  Dim offset;    ///< in elements
  int storage = 0;
  /// In a loop over the batch: how many images there are, and the distance from one to the next. The rest describes
  /// the first of them.
  struct Images {
    Dim count, stride;
  };
  std::optional<Images> images = {};
  Space space = Space::Device;
};

/// A step before its tensors have memory.
struct StepDraft {
  std::string name;
  std::string kernel;
  std::vector<std::byte> parameters;
  std::vector<int> inputs, outputs;  ///< placed tensors; -1 where absent
  uint64_t workspace = 0;
  std::vector<uint32_t> lists;
  std::vector<std::string> defines;  ///< symbols
  std::string tactic;
  std::string detail;
  Space space = Space::Device;  ///< where it runs
};

/// Collects the tensors and steps of one profile and lays out its memory. Steps run in the order they were added, lists
/// of control flow included, so time is one line.
class ProfileBuilder {
 public:
  ProfileBuilder(std::vector<std::string> symbols, SymbolRanges ranges, WeightStore& weights);
  ~ProfileBuilder();

  WeightStore& weights() { return weights_; }
  const SymbolRanges& ranges() const { return ranges_; }

  /// A new piece of the arena that holds the tensor without gaps in the order of its strides.
  int add_arena(std::string name, TensorType type, Dims strides, Space space = Space::Device);
  /// A whole input or output of the network.
  int add_binding(std::string name, TensorType type, Dims strides, int binding, Space space = Space::Device);
  int add_weights(std::string name, TensorType type, Dims strides, uint64_t position, Space space = Space::Device);
  /// Elements that the shape program computes, as an int64 tensor of rank 0 or 1.
  int add_shape_value(std::string name, const Dims& values, bool scalar);
  /// Another window on the storage of `of`; `offset` is relative to the storage.
  int add_view(int of, std::string name, TensorType type, Dims strides, Dim offset);
  /// The images of a tensor, as an iteration of a loop over its first axis sees them: with a first extent of 1.
  int add_images(int of);
  const PlacedTensor& tensor(int id) const { return tensors_[static_cast<size_t>(id)]; }
  /// A tensor at the profile's largest shapes, without data.
  TensorView largest(int id) const;

  /// Adds a step list; list 0 exists from the start.
  uint32_t add_list();
  /// The same for a list that up to `copies` threads run at a time. Each has memory of its own, a part of the workspace
  /// of the step that runs the list, for the workspaces of the list's steps and for tensors that are added to the arena
  /// between open_list() and close_list().
  uint32_t add_private_list(int copies);
  void open_list(uint32_t list) { open_ = list; }
  void close_list() { open_ = 0; }
  void add_step(uint32_t list, StepDraft step);
  int now() const { return time_; }
  /// Keeps the storage of a tensor from step `first` to step `last`.
  void keep(int id, int first, int last);

  /// `inputs` are the profile's input ranges by binding. Throws Error(InvalidArgument) if memory overflows.
  std::unique_ptr<plan::ProfileT> finish(std::vector<std::unique_ptr<plan::ShapeRangeT>> inputs);

 private:
  struct Storage {
    plan::Storage kind;
    uint64_t position = 0;
    uint64_t bytes = 0;
    Lifetime lifetime{0, -1, -1};
    uint32_t list = 0;  ///< the private list that it belongs to; 0: none
    Space space = Space::Device;
  };
  struct List {
    int copies = 0;
    MemoryPlan memory = {};
  };
  /// Lays out storages and workspaces of one space that belong to a private list, or to none (0).
  MemoryPlan plan_list(uint32_t list, Space space = Space::Device);
  void plan_all();
  int add_storage(Storage storage, std::string name, TensorType type, Dims strides);
  int add_tensor(std::string name, TensorType type, Dims strides, Dim offset, int storage);
  uint64_t bytes_of(const std::string& name, const TensorType& type) const;
  void touch(int storage, int time);

  SymbolRanges ranges_;
  WeightStore& weights_;
  std::vector<std::string> symbols_;
  ExtentTable extents_;
  std::vector<Storage> storages_;
  std::deque<PlacedTensor> tensors_;  ///< a deque: who holds one may add others
  struct Entry {
    uint32_t list;
    StepDraft step;
    uint64_t workspace_position = 0;
  };
  std::vector<Entry> steps_;
  std::vector<List> lists_ = {{}};
  uint32_t open_ = 0;  ///< private list that takes tensors; 0: none
  int time_ = 0;
};

}  // namespace tn
