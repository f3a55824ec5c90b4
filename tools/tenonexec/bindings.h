// SPDX-License-Identifier: Apache-2.0
// Memory for the inputs and outputs of one execution context.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenon/runtime.h"
#include "tenonexec/console.h"
#include "tenonexec/options.h"
#include "tenonexec/values.h"

namespace tenonexec {

class Bindings {
 public:
  /// Sets the context's input shapes from --shapes, else from the profile's opt shapes, and its addresses; fills the
  /// inputs from --loadInputs, else with random values. Throws Failure or Reported.
  Bindings(const tenon::ICudaEngine& engine, tenon::IExecutionContext& context, const Options& options,
           Console& console);

  /// Enqueues the copies of all inputs to a GPU, or of all outputs from it; nothing where there is none.
  void upload(tenon::Stream stream) const;
  void download(tenon::Stream stream) const;
  /// Makes `data` the value of an input: they must stay until the next run is done.
  void set_input(const std::string& name, const void* data, tenon::Stream stream) const;

  /// After a run: the outputs, dense and row-major, or all tensors as they lie in memory, with the shapes that the run
  /// gave them.
  std::vector<NamedValues> outputs() const { return collect(true, true); }
  std::vector<NamedValues> tensors() const { return collect(false, false); }
  bool is_input(const std::string& name) const;
  /// Bytes in the memory of a GPU.
  size_t device_bytes() const;

 private:
  struct Tensor {
    std::string name;
    bool is_input = false;
    tenon::DataType type = tenon::DataType::kFLOAT;
    bool managed = false;                                ///< `host` is for the GPU, too
    size_t size = 0;                                     ///< bytes
    std::unique_ptr<tenon::IDeviceMemory> host, device;  ///< `device` only on a GPU, and where memory is not managed

    std::span<std::byte> bytes() const { return {static_cast<std::byte*>(host->data()), size}; }
  };
  Tensor make_tensor(const char* name, const tenon::ICudaEngine& engine, const Options& options, Console& console);
  std::vector<NamedValues> collect(bool outputs_only, bool linear) const;
  void fill_input(Tensor& tensor, const tenon::ICudaEngine& engine, const InferenceOptions& options, Console& console);

  const tenon::ICudaEngine& engine_;
  tenon::IExecutionContext& context_;
  std::vector<Tensor> tensors_;
};

}  // namespace tenonexec
