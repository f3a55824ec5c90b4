// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/cuda_queue.h"

#include <algorithm>

#include "base/os/cpu.h"

namespace tn::cuda {
namespace {

driver::Pointer address(const void* place) {
  return reinterpret_cast<driver::Pointer>(place);
}

}  // namespace

CudaQueue::CudaQueue(DeviceContext& context) : context_(context) {
  context_.enter_or_throw();
  context_.check(context_.driver().stream_create(&stream_, driver::kStreamNonBlocking), "making a stream");
}

CudaQueue::CudaQueue(DeviceContext& context, driver::Stream stream)
    : context_(context), stream_(stream), owns_(false) {}

CudaQueue::~CudaQueue() {
  if (!context_.enter()) return;
  if (end_) context_.driver().event_destroy(end_);
  if (owns_) context_.driver().stream_destroy(stream_);
}

Status CudaQueue::launch(const Launch& launch) noexcept {
  if (std::find(launch.grid.begin(), launch.grid.end(), 0u) != launch.grid.end()) return {};
  if (launch.arguments.size() > ArgumentAddresses::kMost)
    return Status::failure(ErrorCode::Internal, "internal error: a launch with {} arguments", launch.arguments.size());
  if (Status status = context_.enter(); !status) return status;
  std::array<driver::LaunchAttribute, 2> attributes{};
  unsigned count = 0;
  if (launch.cluster > 1) {
    attributes[count].id = driver::LaunchAttributeId::ClusterDimension;
    attributes[count++].value.cluster = {launch.cluster, 1, 1};
  }
  if (launch.overlaps && context_.overlaps() && !after_library_) {
    attributes[count].id = driver::LaunchAttributeId::ProgrammaticStreamSerialization;
    attributes[count++].value.programmatic = 1;
  }
  after_library_ = false;
  const uint32_t shared_bytes = context_.shared_bytes_for(launch.grid, launch.cluster, launch.shared_bytes);
  const driver::LaunchConfig config{launch.grid, launch.block, shared_bytes, stream_, attributes.data(), count};
  ArgumentAddresses addresses(launch.arguments);
  const auto function = static_cast<driver::Function>(launch.function);
  return context_.status(context_.driver().launch_kernel_ex(&config, function, addresses.data(), nullptr),
                         "launching a kernel");
}

Status CudaQueue::call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept {
  if (Status status = context_.enter(); !status) return status;
  after_library_ = true;
  return call.enqueue(stream_, arguments);
}

Status CudaQueue::copy(void* to, const void* from, size_t bytes) noexcept {
  if (bytes == 0) return {};
  if (Status status = context_.enter(); !status) return status;
  return context_.status(context_.driver().memory_copy(address(to), address(from), bytes, stream_), "copying");
}

Status CudaQueue::wait(const Event& event) noexcept {
  if (Status status = context_.enter(); !status) return status;
  const driver::Event point = static_cast<const CudaEvent&>(event).event();
  return context_.status(context_.driver().stream_wait_event(stream_, point, 0), "waiting for an event");
}

Status CudaQueue::call_host(void (*function)(void*), void* argument) noexcept {
  if (Status status = context_.enter(); !status) return status;
  return context_.status(context_.driver().launch_host_function(stream_, function, argument), "calling a function");
}

Status CudaQueue::synchronize() noexcept {
  if (Status status = context_.enter(); !status) return status;
  const Driver& driver = context_.driver();
  if (waiting_ == Waiting::Spinning) {
    while (driver.stream_query(stream_) == driver::kNotReady) spin_hint();
  } else if (waiting_ == Waiting::Sleeping) {
    driver::Result result = driver.event_record(end_, stream_);
    if (result == driver::kSuccess) result = driver.event_synchronize(end_);
    if (result != driver::kSuccess) return context_.status(result, "running kernels");
  }
  return context_.status(driver.stream_synchronize(stream_), "running kernels");
}

void CudaQueue::set_spin(bool spin) noexcept {
  if (!spin && !end_) {
    const unsigned flags = driver::kEventBlocking | driver::kEventWithoutTime;
    if (!context_.enter() || context_.driver().event_create(&end_, flags) != driver::kSuccess) return;
  }
  waiting_ = spin ? Waiting::Spinning : Waiting::Sleeping;
}

bool CudaQueue::idle() noexcept {
  // A broken queue has nothing left to do: synchronize() tells why.
  return !context_.enter() || context_.driver().stream_query(stream_) != driver::kNotReady;
}

CudaEvent::CudaEvent(DeviceContext& context, bool spins) : context_(context) {
  context_.enter_or_throw();
  context_.check(context_.driver().event_create(&event_, spins ? 0 : driver::kEventBlocking), "making an event");
}

CudaEvent::~CudaEvent() {
  if (context_.enter()) context_.driver().event_destroy(event_);
}

Status CudaEvent::record(Queue& queue) noexcept {
  if (Status status = context_.enter(); !status) return status;
  const driver::Stream stream = static_cast<CudaQueue&>(queue).stream();
  return context_.status(context_.driver().event_record(event_, stream), "recording an event");
}

Status CudaEvent::wait() noexcept {
  if (Status status = context_.enter(); !status) return status;
  return context_.status(context_.driver().event_synchronize(event_), "running kernels");
}

Status CudaEvent::since(const Event& start, double& milliseconds) noexcept {
  if (Status status = context_.enter(); !status) return status;
  float elapsed = 0;
  const driver::Event begin = static_cast<const CudaEvent&>(start).event_;
  const Status status = context_.status(context_.driver().event_elapsed_time(&elapsed, begin, event_), "taking a time");
  milliseconds = static_cast<double>(elapsed);
  return status;
}

}  // namespace tn::cuda
