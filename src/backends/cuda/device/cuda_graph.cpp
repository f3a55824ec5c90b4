// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/cuda_graph.h"

#include <new>
#include <utility>

#include "backends/cuda/device/cuda_queue.h"

namespace tn::cuda {
namespace {

using driver::CopyEnd;
using driver::MemoryType;

CopyEnd copy_end(const Driver& driver, const void* place) {
  CopyEnd end{};
  int type = 0;
  const auto address = reinterpret_cast<driver::Pointer>(place);
  // Memory that the driver has not given is the host's.
  const bool known = driver.pointer_get_attribute(&type, driver::kPointerMemoryType, address) == driver::kSuccess;
  const bool device = known && type == static_cast<int>(MemoryType::Device);
  end.type = device ? MemoryType::Device : MemoryType::Host;
  if (device)
    end.device = address;
  else
    end.host = const_cast<void*>(place);
  return end;
}

}  // namespace

CudaGraph::~CudaGraph() {
  if (!context_.enter()) return;
  destroy();
  if (capturing_) context_.driver().stream_destroy(capturing_);
}

void CudaGraph::destroy() noexcept {
  if (exec_) context_.driver().graph_exec_destroy(exec_);
  if (graph_) context_.driver().graph_destroy(graph_);
  exec_ = nullptr;
  graph_ = nullptr;
  nodes_.clear();
  built_.clear();
}

Queue& CudaGraph::record() noexcept {
  recorded_.clear();
  return recorded_;
}

Status CudaGraph::finish() noexcept {
  if (Status status = context_.enter(); !status) return status;
  Status status = exec_ && recorded_.same_sequence(built_) ? update() : build();
  // Half a graph must not be taken for a whole one later.
  if (!status) destroy();
  return status;
}

Status CudaGraph::run(Queue& queue) noexcept {
  if (!exec_) return {};  // nothing was recorded
  if (Status status = context_.enter(); !status) return status;
  const driver::Stream stream = static_cast<CudaQueue&>(queue).stream();
  return context_.status(context_.driver().graph_launch(exec_, stream), "launching a graph");
}

Status CudaGraph::capture(const LibraryCall& call, std::span<const uint64_t> arguments, driver::Graph& graph) noexcept {
  const Driver& driver = context_.driver();
  if (!capturing_) {
    if (Status status =
            context_.status(driver.stream_create(&capturing_, driver::kStreamNonBlocking), "making a stream");
        !status)
      return status;
  }
  if (Status status =
          context_.status(driver.stream_begin_capture(capturing_, driver::kCaptureRelaxed), "recording a library");
      !status)
    return status;
  const Status enqueued = call.enqueue(capturing_, arguments);
  const Status ended = context_.status(driver.stream_end_capture(capturing_, &graph), "recording a library");
  if (enqueued && ended) return {};
  if (graph) driver.graph_destroy(graph);
  graph = nullptr;
  return enqueued ? ended : enqueued;
}

template <typename Set>
Status CudaGraph::with_parameters(const Recording& recording, size_t i, Set&& set) noexcept {
  const Recording::Call& call = recording.calls()[i];
  const auto arguments = recording.arguments(call);
  ArgumentAddresses addresses(arguments);
  driver::GraphNodeParameters node{};
  switch (call.kind) {
    case Recording::Kind::Copy:
      node.type = driver::GraphNodeType::Copy;
      node.copy.context = context_.context();
      node.copy.from = copy_end(context_.driver(), call.from);
      node.copy.to = copy_end(context_.driver(), call.to);
      node.copy.width_bytes = call.bytes;
      node.copy.height = node.copy.depth = 1;
      return set(node);
    case Recording::Kind::Launch:
      node.type = driver::GraphNodeType::Kernel;
      node.kernel.function = static_cast<driver::Function>(call.function);
      node.kernel.grid = call.grid;
      node.kernel.block = call.block;
      node.kernel.shared_bytes = context_.shared_bytes_for(call.grid, call.cluster, call.shared_bytes);
      node.kernel.arguments = addresses.data();
      return set(node);
    case Recording::Kind::Library:
      break;
  }
  node.type = driver::GraphNodeType::Child;
  Status status = capture(*call.library, arguments, node.child.graph);
  if (!status) return status;
  const driver::Graph captured = node.child.graph;
  status = set(node);
  context_.driver().graph_destroy(captured);
  return status;
}

Status CudaGraph::build() noexcept {
  destroy();
  std::swap(recorded_, built_);
  if (built_.calls().empty()) return {};
  if (Status status = context_.status(context_.driver().graph_create(&graph_, 0), "making a graph"); !status)
    return status;
  try {
    nodes_.assign(built_.calls().size(), nullptr);
  } catch (const std::bad_alloc&) {
    return Status::failure(ErrorCode::OutOfMemory, "no memory to record a graph");
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (Status status = add_node(i); !status) return status;
  }
  return context_.status(context_.driver().graph_instantiate(&exec_, graph_, 0), "instantiating a graph");
}

// A kernel may start before the end of the one ahead of it if both are ours.
Status CudaGraph::add_node(size_t i) noexcept {
  const Recording::Call& call = built_.calls()[i];
  const bool overlaps =
      i > 0 && call.overlaps && context_.overlaps() && built_.calls()[i - 1].kind == Recording::Kind::Launch;
  const driver::GraphEdge& edge = overlaps ? driver::kProgrammaticEdge : driver::kFullEdge;
  const driver::GraphNode* after = i > 0 ? &nodes_[i - 1] : nullptr;
  Status status = with_parameters(built_, i, [&](driver::GraphNodeParameters& node) {
    return context_.status(
        context_.driver().graph_add_node(&nodes_[i], graph_, after, after ? &edge : nullptr, after ? 1 : 0, &node),
        "adding to a graph");
  });
  if (!status || call.cluster <= 1) return status;
  driver::LaunchAttributeValue value{};
  value.cluster = {call.cluster, 1, 1};
  return context_.status(
      context_.driver().graph_kernel_node_set_attribute(nodes_[i], driver::LaunchAttributeId::ClusterDimension, &value),
      "setting the cluster of a kernel in a graph");
}

Status CudaGraph::update() noexcept {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (recorded_.same_call(built_, i)) continue;
    const Status status = with_parameters(recorded_, i, [&](driver::GraphNodeParameters& node) {
      return context_.status(context_.driver().graph_exec_node_set_parameters(exec_, nodes_[i], &node),
                             "changing a graph");
    });
    // A library may enqueue other kernels for other addresses; then the graph is made anew.
    if (!status) return recorded_.calls()[i].kind == Recording::Kind::Library ? build() : status;
  }
  std::swap(recorded_, built_);
  return {};
}

}  // namespace tn::cuda
