// SPDX-License-Identifier: Apache-2.0
#include "builder/build_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cpu/kernel_sources.h"
#include "backends/cpu/tactics/table.h"
#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/architecture.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/kernel_sources.h"
#include "backends/cuda/tactics/compiler.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/several_compiler.h"
#include "backends/cuda/tactics/table.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"

namespace tn {

int threads_of(const BuilderConfig& config) {
  return config.threads > 0 ? config.threads : cpu_info().usable_cores;
}

BuildTarget::BuildTarget(const BuilderConfig& config, TimingCache* cache)
    : config_(config), threads_(threads_of(config)) {
  if (config.backend == BuildBackend::Cpu) {
    backend_ = &cpu::backend();
    kernel_sources_ = cpu::kKernelSources;
    return;
  }
  backend_ = &cuda::backend();
  kernel_sources_ = cuda::kKernelSources;
  device_ = std::make_unique<DeviceTarget>();
  device_->cache = cache;
  if (!config.architecture.empty()) architectures_ = cuda::architectures_in(config.architecture);
  if (architectures_.empty() || cuda::device_count() > config.device) {
    Device& device = config.accelerator ? *config.accelerator : cuda::open_device(config.device);
    if (architectures_.empty()) architectures_ = {device.architecture()};
    if (architectures_ == std::vector{device.architecture()}) device_->device = &device;
  }
  // What the lowest can do, the others can.
  device_->architecture = architectures_[0];
  if (!config.compiler) {
    const cuda::NvrtcCompiler::Options options{.threads = 0, .folder = config.kernel_folder};
    if (architectures_.size() > 1)
      compiler_ = std::make_unique<cuda::SeveralCompiler>(architectures_, options);
    else
      compiler_ = std::make_unique<cuda::NvrtcCompiler>(device_->architecture, options);
    device_->machine = fmt::format("NVRTC {}", cuda::Nvrtc::get().version());
  }
  device_->compiler = config.compiler ? config.compiler : compiler_.get();
  if (const Device* device = device_->device)
    device_->machine += fmt::format("|{}|{}|{} multiprocessors|driver {}", device->name(), device->architecture(),
                                    device->multiprocessors(), device->version());
  device_->allow_tf32 = config.tf32;
  for (const std::string& architecture : architectures_)
    device_->most_shared = std::min(device_->most_shared, cuda::most_shared_bytes(architecture));
  // Where nothing is measured, what needs no library is taken anyway.
  const bool libraries = config.timing || !config.preferred_tactic.empty();
  device_->cublaslt = libraries && config.cublaslt;
  device_->cudnn = libraries && config.cudnn;
  device_->copy = cuda::copy_step;
  device_->host_kernels = cpu::find_kernel;
}

Target BuildTarget::target(SymbolRanges ranges) const {
  Target target;
  target.features = cpu_info().features;
  target.threads = threads_;
  target.allow_fp16 = config_.fp16;
  target.allow_bf16 = config_.bf16;
  target.workspace = config_.workspace;
  target.ranges = std::move(ranges);
  target.device = device_.get();
  return target;
}

void BuildTarget::describe(plan::PlanT& plan) const {
  plan.backend = backend_->name;
  plan.threads = static_cast<uint32_t>(threads_);
  const std::string architectures = fmt::format("{}", fmt::join(architectures_, ","));
  plan.device = !device_ ? cpu_info().model : device_->device ? device_->device->name() : architectures;
  plan.architecture = architectures;
}

}  // namespace tn
