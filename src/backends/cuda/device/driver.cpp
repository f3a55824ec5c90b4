// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/driver.h"

#include <array>
#include <type_traits>

#include "base/error.h"

namespace tn::cuda {
namespace {

using driver::Result;

constexpr int kOldestVersion = 12030;  // graph edges with data

SharedLibrary open() {
  constexpr std::array kNames = {"libcuda.so.1", "libcuda.so"};
  try {
    return SharedLibrary(kNames);
  } catch (const Error& error) {
    throw Error(ErrorCode::NotFound, "there is no CUDA device to be used: no NVIDIA driver ({})", error.what());
  }
}

std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

}  // namespace

const Driver& Driver::get() {
  static const Driver driver;
  return driver;
}

Driver::Driver() : library_(open()) {
  start();
  find_functions();
}

void Driver::start() {
  get_error_name = library_.function<decltype(get_error_name)>("cuGetErrorName");
  get_error_string = library_.function<decltype(get_error_string)>("cuGetErrorString");
  if (library_.function<Result (*)(int*)>("cuDriverGetVersion")(&version_) == driver::kSuccess &&
      version_ < kOldestVersion) {
    throw Error(ErrorCode::Unsupported, "the NVIDIA driver is too old: it is for CUDA {}, Tenon needs {} or later",
                version_text(version_), version_text(kOldestVersion));
  }
  if (const Result result = library_.function<Result (*)(unsigned)>("cuInit")(0); result != driver::kSuccess)
    throw Error(ErrorCode::NotFound, "there is no CUDA device to be used: {}", describe(result));
  check(library_.function<Result (*)(int*)>("cuDeviceGetCount")(&device_count_), "counting devices");
}

// Each function in the form that it got with a version of CUDA.
void Driver::find_functions() {
  using GetAddress = Result (*)(const char*, void**, int version, unsigned long long flags, int* status);
  const auto get_address = library_.function<GetAddress>("cuGetProcAddress_v2");
  const auto find = [&](auto& function, const char* name, int version) {
    void* found = nullptr;
    int status = 0;
    const Result result = get_address(name, &found, version, 0, &status);
    if (result != driver::kSuccess || !found)
      throw Error(ErrorCode::Unsupported, "the NVIDIA driver has no function {} of CUDA {}", name,
                  version_text(version));
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
  };
  find(device_get, "cuDeviceGet", 2000);
  find(device_get_name, "cuDeviceGetName", 2000);
  find(device_get_attribute, "cuDeviceGetAttribute", 2000);
  find(device_total_memory, "cuDeviceTotalMem", 3020);
  find(primary_context_retain, "cuDevicePrimaryCtxRetain", 7000);
  find(context_set_current, "cuCtxSetCurrent", 4000);
  find(module_load_data, "cuModuleLoadData", 2000);
  find(module_unload, "cuModuleUnload", 2000);
  find(module_get_function, "cuModuleGetFunction", 2000);
  find(function_set_attribute, "cuFuncSetAttribute", 9000);
  find(launch_kernel_ex, "cuLaunchKernelEx", 11060);
  find(memory_allocate, "cuMemAlloc", 3020);
  find(memory_allocate_host, "cuMemAllocHost", 3020);
  find(memory_allocate_managed, "cuMemAllocManaged", 6000);
  find(memory_free, "cuMemFree", 3020);
  find(memory_free_host, "cuMemFreeHost", 2000);
  find(memory_get_info, "cuMemGetInfo", 3020);
  find(memory_copy, "cuMemcpyAsync", 4000);
  find(pointer_get_attribute, "cuPointerGetAttribute", 4000);
  find(stream_create, "cuStreamCreate", 2000);
  find(stream_destroy, "cuStreamDestroy", 4000);
  find(stream_synchronize, "cuStreamSynchronize", 2000);
  find(stream_query, "cuStreamQuery", 2000);
  find(stream_wait_event, "cuStreamWaitEvent", 3020);
  find(launch_host_function, "cuLaunchHostFunc", 10000);
  find(stream_begin_capture, "cuStreamBeginCapture", 10010);
  find(stream_end_capture, "cuStreamEndCapture", 10000);
  find(event_create, "cuEventCreate", 2000);
  find(event_destroy, "cuEventDestroy", 4000);
  find(event_record, "cuEventRecord", 2000);
  find(event_synchronize, "cuEventSynchronize", 2000);
  find(event_elapsed_time, "cuEventElapsedTime", 2000);
  find(graph_create, "cuGraphCreate", 10000);
  find(graph_destroy, "cuGraphDestroy", 10000);
  find(graph_add_node, "cuGraphAddNode", 12030);
  find(graph_kernel_node_set_attribute, "cuGraphKernelNodeSetAttribute", 11000);
  find(graph_instantiate, "cuGraphInstantiateWithFlags", 11040);
  find(graph_exec_destroy, "cuGraphExecDestroy", 10000);
  find(graph_exec_node_set_parameters, "cuGraphExecNodeSetParams", 12020);
  find(graph_launch, "cuGraphLaunch", 10000);
}

std::string Driver::describe(Result result) const {
  const char *name = nullptr, *text = nullptr;
  get_error_name(result, &name);
  get_error_string(result, &text);
  if (!name) return fmt::format("the driver's error {}", result);
  return text ? fmt::format("{} ({})", name, text) : std::string(name);
}

void Driver::check(Result result, const char* doing) const {
  if (result == driver::kSuccess) return;
  const ErrorCode code = result == driver::kOutOfMemory ? ErrorCode::OutOfMemory : ErrorCode::Internal;
  throw Error(code, "{}: {}", doing, describe(result));
}

}  // namespace tn::cuda
