// SPDX-License-Identifier: Apache-2.0
// A libcuda.so.1 without a GPU, for tests: memory is the host's, copies are made at once, kernels do nothing. The
// environment says what it is like, read at each call:
//   FAKE_CUDA_VERSION  of CUDA, 13000          FAKE_CUDA_DEVICES  how many there are, 1
//   FAKE_CUDA_ARCH     capability, 90          FAKE_CUDA_MEMORY   bytes of each, 2^34
//   FAKE_CUDA_FAIL     FUNCTION=RESULT: every call fails so; FUNCTION=RESULT@N: from the N-th on (from 0);
//                      FUNCTION=RESULT@N-M: the N-th to the M-th
#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cuda/device/driver_types.h"

namespace {

using namespace tn::cuda::driver;
using Clock = std::chrono::steady_clock;

std::mutex mutex;
std::map<Pointer, size_t> device_memory, host_memory;
std::map<std::string, int, std::less<>> calls;

long long setting(const char* name, long long otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

size_t memory_bytes() {
  return static_cast<size_t>(setting("FAKE_CUDA_MEMORY", 1LL << 34));
}

size_t memory_taken() {
  size_t taken = 0;
  for (const auto& [place, bytes] : device_memory) taken += bytes;
  return taken;
}

/// What a call of this function gives.
Result outcome(const char* function) {
  const char* text = std::getenv("FAKE_CUDA_FAIL");
  const std::string_view fail = text ? text : "";
  const std::lock_guard lock(mutex);
  const int call = calls[function]++;
  const size_t equals = fail.find('=');
  if (equals == fail.npos || fail.substr(0, equals) != function) return kSuccess;
  const size_t at = fail.find('@');
  const size_t to = at == fail.npos ? fail.npos : fail.find('-', at);
  const int first = at == fail.npos ? 0 : std::atoi(fail.data() + at + 1);
  const int last = to == fail.npos ? INT_MAX : std::atoi(fail.data() + to + 1);
  return first <= call && call <= last ? std::atoi(fail.data() + equals + 1) : kSuccess;
}

Result take(std::map<Pointer, size_t>& memory, void** place, size_t bytes) {
  const std::lock_guard lock(mutex);
  if (&memory == &device_memory && bytes > memory_bytes() - std::min(memory_bytes(), memory_taken()))
    return kOutOfMemory;
  constexpr size_t kAlignment = 256;
  *place = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (!*place) return kOutOfMemory;
  memory[reinterpret_cast<Pointer>(*place)] = bytes;
  return kSuccess;
}

Result give_back(std::map<Pointer, size_t>& memory, void* place) {
  const std::lock_guard lock(mutex);
  if (memory.erase(reinterpret_cast<Pointer>(place)) == 0) return 1;
  std::free(place);
  return kSuccess;
}

struct FakeEvent {
  Clock::time_point time;
};
struct FakeGraph {
  std::vector<GraphNodeParameters> nodes;
};

void* end_of(const CopyEnd& end) {
  return end.type == MemoryType::Device ? reinterpret_cast<void*>(end.device) : end.host;
}

// A node is its number in its graph, from 1.
size_t index_of(GraphNode node) {
  return reinterpret_cast<size_t>(node) - 1;
}

Result get_error_name(Result result, const char** name) {
  static const std::map<Result, const char*> kNames = {
      {1, "CUDA_ERROR_INVALID_VALUE"},       {2, "CUDA_ERROR_OUT_OF_MEMORY"},
      {100, "CUDA_ERROR_NO_DEVICE"},         {200, "CUDA_ERROR_INVALID_IMAGE"},
      {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"}, {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
      {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},   {719, "CUDA_ERROR_LAUNCH_FAILED"}};
  const auto found = kNames.find(result);
  *name = found == kNames.end() ? nullptr : found->second;
  return *name ? kSuccess : 1;
}
Result get_error_string(Result, const char** text) {
  *text = "a test";
  return kSuccess;
}
Result driver_get_version(int* version) {
  *version = static_cast<int>(setting("FAKE_CUDA_VERSION", 13000));
  return kSuccess;
}
Result init(unsigned) {
  return setting("FAKE_CUDA_DEVICES", 1) > 0 ? outcome("cuInit") : 100;
}
Result device_get_count(int* count) {
  *count = static_cast<int>(setting("FAKE_CUDA_DEVICES", 1));
  return kSuccess;
}
Result device_get(DeviceIndex* device, int ordinal) {
  *device = ordinal;
  return kSuccess;
}
Result device_get_name(char* name, int length, DeviceIndex) {
  std::strncpy(name, "Fake GPU", static_cast<size_t>(length));
  return kSuccess;
}
Result device_get_attribute(int* value, DeviceAttribute attribute, DeviceIndex) {
  const int capability = static_cast<int>(setting("FAKE_CUDA_ARCH", 90));
  *value = attribute == DeviceAttribute::ComputeCapabilityMajor   ? capability / 10
           : attribute == DeviceAttribute::ComputeCapabilityMinor ? capability % 10
                                                                  : 100;
  return kSuccess;
}
Result device_total_memory(size_t* bytes, DeviceIndex) {
  *bytes = memory_bytes();
  return kSuccess;
}
Result primary_context_retain(Context* context, DeviceIndex) {
  static int made;
  *context = reinterpret_cast<Context>(&made);
  return outcome("cuDevicePrimaryCtxRetain");
}
Result context_set_current(Context) {
  return outcome("cuCtxSetCurrent");
}
Result module_load_data(Module* module, const void*) {
  static int loaded;
  *module = reinterpret_cast<Module>(&loaded);
  return outcome("cuModuleLoadData");
}
Result module_unload(Module) {
  return outcome("cuModuleUnload");
}
Result module_get_function(Function* function, Module, const char*) {
  static int found;
  *function = reinterpret_cast<Function>(&found);
  return outcome("cuModuleGetFunction");
}
Result function_set_attribute(Function, int, int) {
  return outcome("cuFuncSetAttribute");
}
Result launch_kernel(const LaunchConfig*, Function, void**, void**) {
  return outcome("cuLaunchKernelEx");
}
Result memory_allocate(Pointer* place, size_t bytes) {
  if (const Result result = outcome("cuMemAlloc"); result != kSuccess) return result;
  return take(device_memory, reinterpret_cast<void**>(place), bytes);
}
Result memory_allocate_managed(Pointer* place, size_t bytes, unsigned) {
  if (const Result result = outcome("cuMemAllocManaged"); result != kSuccess) return result;
  return take(device_memory, reinterpret_cast<void**>(place), bytes);
}
Result memory_allocate_host(void** place, size_t bytes) {
  if (const Result result = outcome("cuMemAllocHost"); result != kSuccess) return result;
  return take(host_memory, place, bytes);
}
Result memory_free(Pointer place) {
  return give_back(device_memory, reinterpret_cast<void*>(place));
}
Result memory_free_host(void* place) {
  return give_back(host_memory, place);
}
Result memory_get_info(size_t* free, size_t* total) {
  const std::lock_guard lock(mutex);
  *total = memory_bytes();
  *free = *total - std::min(*total, memory_taken());
  return kSuccess;
}
Result memory_copy(Pointer to, Pointer from, size_t bytes, Stream) {
  if (const Result result = outcome("cuMemcpyAsync"); result != kSuccess) return result;
  std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  return kSuccess;
}
Result pointer_get_attribute(void* value, int attribute, Pointer place) {
  const std::lock_guard lock(mutex);
  const auto holds = [&](const std::map<Pointer, size_t>& memory) {
    const auto after = memory.upper_bound(place);
    return after != memory.begin() && place - std::prev(after)->first < std::prev(after)->second;
  };
  if (attribute != kPointerMemoryType || (!holds(device_memory) && !holds(host_memory))) return 1;
  *static_cast<int*>(value) = static_cast<int>(holds(device_memory) ? MemoryType::Device : MemoryType::Host);
  return kSuccess;
}
Result stream_create(Stream* stream, unsigned) {
  *stream = reinterpret_cast<Stream>(new int(0));
  return outcome("cuStreamCreate");
}
Result stream_destroy(Stream stream) {
  delete reinterpret_cast<int*>(stream);
  return kSuccess;
}
Result stream_synchronize(Stream) {
  return outcome("cuStreamSynchronize");
}
Result stream_query(Stream) {
  return outcome("cuStreamQuery");
}
Result stream_wait_event(Stream, Event, unsigned) {
  return outcome("cuStreamWaitEvent");
}
Result stream_begin_capture(Stream, int) {
  return outcome("cuStreamBeginCapture");
}
// What was captured is nothing.
Result stream_end_capture(Stream, Graph* graph) {
  *graph = reinterpret_cast<Graph>(new FakeGraph);
  return outcome("cuStreamEndCapture");
}
Result launch_host_function(Stream, void (*function)(void*), void* argument) {
  if (const Result result = outcome("cuLaunchHostFunc"); result != kSuccess) return result;
  function(argument);
  return kSuccess;
}
Result event_create(Event* event, unsigned) {
  *event = reinterpret_cast<Event>(new FakeEvent{Clock::now()});
  return outcome("cuEventCreate");
}
Result event_destroy(Event event) {
  delete reinterpret_cast<FakeEvent*>(event);
  return kSuccess;
}
Result event_record(Event event, Stream) {
  reinterpret_cast<FakeEvent*>(event)->time = Clock::now();
  return outcome("cuEventRecord");
}
Result event_synchronize(Event) {
  return outcome("cuEventSynchronize");
}
Result event_elapsed_time(float* milliseconds, Event begin, Event end) {
  const auto elapsed = reinterpret_cast<FakeEvent*>(end)->time - reinterpret_cast<FakeEvent*>(begin)->time;
  *milliseconds = std::chrono::duration<float, std::milli>(elapsed).count();
  return outcome("cuEventElapsedTime");
}
Result graph_create(Graph* graph, unsigned) {
  *graph = reinterpret_cast<Graph>(new FakeGraph);
  return outcome("cuGraphCreate");
}
Result graph_destroy(Graph graph) {
  delete reinterpret_cast<FakeGraph*>(graph);
  return kSuccess;
}
Result graph_add_node(GraphNode* node, Graph graph, const GraphNode*, const GraphEdge*, size_t,
                      GraphNodeParameters* parameters) {
  auto& nodes = reinterpret_cast<FakeGraph*>(graph)->nodes;
  nodes.push_back(*parameters);
  *node = reinterpret_cast<GraphNode>(nodes.size());
  return outcome("cuGraphAddNode");
}
Result graph_kernel_node_set_attribute(GraphNode, LaunchAttributeId, const LaunchAttributeValue*) {
  return outcome("cuGraphKernelNodeSetAttribute");
}
Result graph_instantiate(GraphExec* exec, Graph graph, unsigned long long) {
  *exec = reinterpret_cast<GraphExec>(new FakeGraph(*reinterpret_cast<FakeGraph*>(graph)));
  return outcome("cuGraphInstantiateWithFlags");
}
Result graph_exec_destroy(GraphExec exec) {
  delete reinterpret_cast<FakeGraph*>(exec);
  return kSuccess;
}
Result graph_exec_node_set_parameters(GraphExec exec, GraphNode node, GraphNodeParameters* parameters) {
  reinterpret_cast<FakeGraph*>(exec)->nodes[index_of(node)] = *parameters;
  return outcome("cuGraphExecNodeSetParams");
}
Result graph_launch(GraphExec exec, Stream) {
  if (const Result result = outcome("cuGraphLaunch"); result != kSuccess) return result;
  for (const GraphNodeParameters& node : reinterpret_cast<FakeGraph*>(exec)->nodes) {
    if (node.type == GraphNodeType::Copy)
      std::memmove(end_of(node.copy.to), end_of(node.copy.from), node.copy.width_bytes);
  }
  return kSuccess;
}

struct Entry {
  const char* name;
  void* function;
};
template <typename F>
Entry entry(const char* name, F* function) {
  return {name, reinterpret_cast<void*>(function)};
}

void* find(std::string_view name) {
  static const Entry kEntries[] = {
      entry("cuDeviceGet", device_get),
      entry("cuDeviceGetName", device_get_name),
      entry("cuDeviceGetAttribute", device_get_attribute),
      entry("cuDeviceTotalMem", device_total_memory),
      entry("cuDevicePrimaryCtxRetain", primary_context_retain),
      entry("cuCtxSetCurrent", context_set_current),
      entry("cuModuleLoadData", module_load_data),
      entry("cuModuleUnload", module_unload),
      entry("cuModuleGetFunction", module_get_function),
      entry("cuFuncSetAttribute", function_set_attribute),
      entry("cuLaunchKernelEx", launch_kernel),
      entry("cuMemAlloc", memory_allocate),
      entry("cuMemAllocManaged", memory_allocate_managed),
      entry("cuMemAllocHost", memory_allocate_host),
      entry("cuMemFree", memory_free),
      entry("cuMemFreeHost", memory_free_host),
      entry("cuMemGetInfo", memory_get_info),
      entry("cuMemcpyAsync", memory_copy),
      entry("cuPointerGetAttribute", pointer_get_attribute),
      entry("cuStreamCreate", stream_create),
      entry("cuStreamDestroy", stream_destroy),
      entry("cuStreamSynchronize", stream_synchronize),
      entry("cuStreamQuery", stream_query),
      entry("cuStreamWaitEvent", stream_wait_event),
      entry("cuStreamBeginCapture", stream_begin_capture),
      entry("cuStreamEndCapture", stream_end_capture),
      entry("cuLaunchHostFunc", launch_host_function),
      entry("cuEventCreate", event_create),
      entry("cuEventDestroy", event_destroy),
      entry("cuEventRecord", event_record),
      entry("cuEventSynchronize", event_synchronize),
      entry("cuEventElapsedTime", event_elapsed_time),
      entry("cuGraphCreate", graph_create),
      entry("cuGraphDestroy", graph_destroy),
      entry("cuGraphAddNode", graph_add_node),
      entry("cuGraphKernelNodeSetAttribute", graph_kernel_node_set_attribute),
      entry("cuGraphInstantiate", graph_instantiate),
      entry("cuGraphInstantiateWithFlags", graph_instantiate),
      entry("cuGraphExecDestroy", graph_exec_destroy),
      entry("cuGraphExecNodeSetParams", graph_exec_node_set_parameters),
      entry("cuGraphLaunch", graph_launch),
  };
  const auto found =
      std::find_if(std::begin(kEntries), std::end(kEntries), [&](const Entry& e) { return e.name == name; });
  return found == std::end(kEntries) ? nullptr : found->function;
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] Result cuGetErrorName(Result result, const char** name) {
  return get_error_name(result, name);
}
[[gnu::visibility("default")]] Result cuGetErrorString(Result result, const char** text) {
  return get_error_string(result, text);
}
[[gnu::visibility("default")]] Result cuDriverGetVersion(int* version) {
  return driver_get_version(version);
}
[[gnu::visibility("default")]] Result cuInit(unsigned flags) {
  return init(flags);
}
[[gnu::visibility("default")]] Result cuDeviceGetCount(int* count) {
  return device_get_count(count);
}
// NVRTC asks the driver for tables of its own, and takes no for an answer.
[[gnu::visibility("default")]] Result cuGetExportTable(const void**, const void*) {
  constexpr Result kNotSupported = 801;
  return kNotSupported;
}
[[gnu::visibility("default")]] Result cuGetProcAddress_v2(const char* name, void** function, int, unsigned long long,
                                                          int* status) {
  *function = find(name);
  *status = *function ? 0 : 1;
  return *function ? kSuccess : 500;
}

}  // extern "C"
