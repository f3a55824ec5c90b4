// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cuda/device/device_context.h"
#include "backends/cuda/device/recording.h"

namespace tn::cuda {

/// A chain of nodes in the order of recording. A recording with the same sequence of calls changes those nodes of the
/// instantiated graph that differ; another sequence makes a new one.
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
  driver::GraphNodeParameters parameters(const Recording::Call& call, void** arguments) const noexcept;
  void destroy() noexcept;

  DeviceContext& context_;
  Recording recorded_, built_;
  driver::Graph graph_ = nullptr;
  driver::GraphExec exec_ = nullptr;
  std::vector<driver::GraphNode> nodes_;  ///< of the calls in built_
};

}  // namespace tn::cuda
