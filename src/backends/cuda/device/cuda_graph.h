// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cuda/device/device_context.h"
#include "backends/cuda/device/recording.h"

namespace tn::cuda {

/// A chain of nodes in the order of recording; what a library enqueues is a node with a graph of its own. A recording
/// with the same sequence of calls changes those nodes of the instantiated graph that differ; another sequence makes a
/// new one.
class CudaGraph final : public LaunchGraph {
 public:
  explicit CudaGraph(DeviceContext& context) : context_(context) {}
  ~CudaGraph() override;
  Queue& record() noexcept override;
  Status finish() noexcept override;
  Status run(Queue& queue) noexcept override;

 private:
  Status build() noexcept;
  Status add_node(size_t call) noexcept;
  Status update() noexcept;
  /// Gives `set` the parameters of call `i` of a recording, while what they point at lives.
  template <typename Set>
  Status with_parameters(const Recording& recording, size_t i, Set&& set) noexcept;
  /// What a library enqueues, as a graph that the caller destroys.
  Status capture(const LibraryCall& call, std::span<const uint64_t> arguments, driver::Graph& graph) noexcept;
  void destroy() noexcept;

  DeviceContext& context_;
  Recording recorded_, built_;
  driver::Graph graph_ = nullptr;
  driver::GraphExec exec_ = nullptr;
  driver::Stream capturing_ = nullptr;    ///< made when a library is first recorded
  std::vector<driver::GraphNode> nodes_;  ///< of the calls in built_
};

}  // namespace tn::cuda
