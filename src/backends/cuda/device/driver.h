// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "backends/cuda/device/driver_types.h"
#include "base/os/library.h"

namespace tn::cuda {

/// NVIDIA's driver, opened while running. Thread-safe.
class Driver {
 public:
  /// Opened on first use. Throws Error(NotFound) where there is no driver or no device, Error(Unsupported) where it is
  /// too old: one line each.
  static const Driver& get();

  int version() const { return version_; }  ///< of CUDA: 13000 is 13.0
  int device_count() const { return device_count_; }

  /// "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)"
  std::string describe(driver::Result result) const;
  /// Throws Error(Internal) telling `doing` and what the driver says; Error(OutOfMemory) where it is that.
  void check(driver::Result result, const char* doing) const;

  driver::Result (*get_error_name)(driver::Result, const char**);
  driver::Result (*get_error_string)(driver::Result, const char**);
  driver::Result (*device_get)(driver::DeviceIndex*, int ordinal);
  driver::Result (*device_get_name)(char*, int length, driver::DeviceIndex);
  driver::Result (*device_get_attribute)(int*, driver::DeviceAttribute, driver::DeviceIndex);
  driver::Result (*device_total_memory)(size_t*, driver::DeviceIndex);
  driver::Result (*primary_context_retain)(driver::Context*, driver::DeviceIndex);
  driver::Result (*context_set_current)(driver::Context);
  driver::Result (*module_load_data)(driver::Module*, const void*);
  driver::Result (*module_unload)(driver::Module);
  driver::Result (*module_get_function)(driver::Function*, driver::Module, const char*);
  driver::Result (*function_set_attribute)(driver::Function, int attribute, int value);
  driver::Result (*launch_kernel_ex)(const driver::LaunchConfig*, driver::Function, void** arguments, void** extra);
  driver::Result (*memory_allocate)(driver::Pointer*, size_t);
  driver::Result (*memory_allocate_host)(void**, size_t);
  driver::Result (*memory_allocate_managed)(driver::Pointer*, size_t, unsigned flags);
  driver::Result (*memory_free)(driver::Pointer);
  driver::Result (*memory_free_host)(void*);
  driver::Result (*memory_get_info)(size_t* free, size_t* total);
  driver::Result (*memory_copy)(driver::Pointer to, driver::Pointer from, size_t, driver::Stream);
  driver::Result (*pointer_get_attribute)(void*, int attribute, driver::Pointer);
  driver::Result (*stream_create)(driver::Stream*, unsigned flags);
  driver::Result (*stream_destroy)(driver::Stream);
  driver::Result (*stream_synchronize)(driver::Stream);
  driver::Result (*stream_query)(driver::Stream);
  driver::Result (*stream_wait_event)(driver::Stream, driver::Event, unsigned flags);
  driver::Result (*launch_host_function)(driver::Stream, void (*)(void*), void* argument);
  driver::Result (*stream_begin_capture)(driver::Stream, int mode);
  driver::Result (*stream_end_capture)(driver::Stream, driver::Graph*);
  driver::Result (*event_create)(driver::Event*, unsigned flags);
  driver::Result (*event_destroy)(driver::Event);
  driver::Result (*event_record)(driver::Event, driver::Stream);
  driver::Result (*event_synchronize)(driver::Event);
  driver::Result (*event_elapsed_time)(float*, driver::Event, driver::Event);
  driver::Result (*graph_create)(driver::Graph*, unsigned flags);
  driver::Result (*graph_destroy)(driver::Graph);
  driver::Result (*graph_add_node)(driver::GraphNode*, driver::Graph, const driver::GraphNode* after,
                                   const driver::GraphEdge*, size_t count, driver::GraphNodeParameters*);
  driver::Result (*graph_kernel_node_set_attribute)(driver::GraphNode, driver::LaunchAttributeId,
                                                    const driver::LaunchAttributeValue*);
  driver::Result (*graph_instantiate)(driver::GraphExec*, driver::Graph, unsigned long long flags);
  driver::Result (*graph_exec_destroy)(driver::GraphExec);
  driver::Result (*graph_exec_node_set_parameters)(driver::GraphExec, driver::GraphNode, driver::GraphNodeParameters*);
  driver::Result (*graph_launch)(driver::GraphExec, driver::Stream);

 private:
  Driver();
  void start();
  void find_functions();

  SharedLibrary library_;
  int version_ = 0, device_count_ = 0;
};

}  // namespace tn::cuda
