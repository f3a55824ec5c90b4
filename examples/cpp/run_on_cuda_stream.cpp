// SPDX-License-Identifier: Apache-2.0
// Runs an engine among the work of a CUDA stream of the program's own:
//   run_on_cuda_stream model.engine
// The engine has been built for a GPU (tenonexec --backend=cuda --saveEngine=…). Needs Tenon's runtime library and
// CUDA's; all inputs are zeros, and each output's first value is printed.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tenon/runtime.h"

namespace {

class Logger final : public tenon::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

struct DestroyStream {
  void operator()(void* stream) const { tenon::destroyStream(stream); }
};

/// A tensor on the GPU, and on the host where it is an output.
struct Binding {
  std::string name;
  bool is_output = false;
  size_t bytes = 0;
  void* device = nullptr;
  std::vector<std::byte> host;
};

bool good(cudaError_t result) {
  if (result != cudaSuccess) std::fprintf(stderr, "run_on_cuda_stream: %s\n", cudaGetErrorString(result));
  return result == cudaSuccess;
}

/// The largest shapes of the engine's first profile.
bool set_shapes(const tenon::ICudaEngine& engine, tenon::IExecutionContext& context) {
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) != tenon::TensorIOMode::kINPUT) continue;
    if (!context.setInputShape(name, engine.getProfileShape(name, 0, tenon::OptProfileSelector::kMAX))) return false;
  }
  return true;
}

/// Zeros on the GPU for every input and output.
bool bind(const tenon::ICudaEngine& engine, tenon::IExecutionContext& context, std::vector<Binding>& bindings) {
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    Binding binding{engine.getIOTensorName(i)};
    binding.is_output = engine.getTensorIOMode(binding.name.c_str()) == tenon::TensorIOMode::kOUTPUT;
    binding.bytes = static_cast<size_t>(context.getMaxOutputSize(binding.name.c_str()));
    binding.host.resize(binding.bytes);
    // Memory from cudaMalloc is aligned well beyond the 16 bytes that kernels need.
    if (!good(cudaMalloc(&binding.device, binding.bytes)) || !good(cudaMemset(binding.device, 0, binding.bytes)) ||
        !context.setTensorAddress(binding.name.c_str(), binding.device))
      return false;
    bindings.push_back(std::move(binding));
  }
  return true;
}

bool run(const char* path) {
  Logger logger;
  const std::unique_ptr<tenon::IRuntime> runtime(tenon::createInferRuntime(logger));
  const std::unique_ptr<tenon::ICudaEngine> engine(runtime ? runtime->deserializeCudaEngineFromFile(path) : nullptr);
  if (!engine) return false;
  if (engine->getBackend() != tenon::Backend::kCUDA) {
    std::fprintf(stderr, "run_on_cuda_stream: the engine is for the CPU\n");
    return false;
  }
  const std::unique_ptr<tenon::IExecutionContext> context(engine->createExecutionContext());
  std::vector<Binding> bindings;
  if (!context || !set_shapes(*engine, *context) || !bind(*engine, *context, bindings)) return false;

  cudaStream_t native = nullptr;
  if (!good(cudaStreamCreate(&native))) return false;
  const std::unique_ptr<void, DestroyStream> stream(tenon::wrapDeviceStream(tenon::Backend::kCUDA, 0, native));
  if (!stream) return false;
  // Work of the program's own may stand before and behind the run; nothing waits until the end.
  if (!context->enqueueV3(stream.get())) return false;
  for (Binding& binding : bindings) {
    if (binding.is_output &&
        !good(cudaMemcpyAsync(binding.host.data(), binding.device, binding.bytes, cudaMemcpyDeviceToHost, native)))
      return false;
  }
  if (!good(cudaStreamSynchronize(native))) return false;
  for (const Binding& binding : bindings) {
    if (!binding.is_output || engine->getTensorDataType(binding.name.c_str()) != tenon::DataType::kFLOAT) continue;
    std::printf("%s: %g …\n", binding.name.c_str(), *reinterpret_cast<const float*>(binding.host.data()));
  }
  for (const Binding& binding : bindings) cudaFree(binding.device);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: run_on_cuda_stream model.engine\n");
    return 2;
  }
  return run(argv[1]) ? 0 : 1;
}
