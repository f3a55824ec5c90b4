// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/start_up.h"

#include <fmt/format.h>

#include "tenonexec/os/memory.h"

namespace tenonexec {

MemoryUse MemoryUse::now(const Options& options) {
  MemoryUse use;
  size_t free = 0, total = 0;
  if (options.build.backend == tenon::Backend::kCUDA &&
      tenon::getDeviceMemoryInfo(tenon::Backend::kCUDA, options.system.device, free, total))
    use.gpu = total - free;
  use.host = resident_bytes();
  return use;
}

std::string format_start_up(const StartUp& start_up) {
  return fmt::format("Start-up: engine loaded in {:.4g} s, contexts made in {:.4g} s, first run done in {:.4g} s",
                     start_up.load, start_up.contexts, start_up.first_run);
}

std::string format_memory(const MemoryUse& before, const MemoryUse& now, const tenon::ICudaEngine& engine, int contexts,
                          size_t bindings) {
  const auto mib = [](double bytes) { return bytes / (1 << 20); };
  const double host = static_cast<double>(now.host) - static_cast<double>(before.host);
  const auto weights = static_cast<double>(engine.getEngineStat(tenon::EngineStat::kTOTAL_WEIGHTS_SIZE));
  const double arenas = static_cast<double>(engine.getDeviceMemorySizeV2()) * contexts;
  const auto io = static_cast<double>(bindings);
  const std::string parts = fmt::format("weights {:.1f}, activations and workspace {:.1f}, inputs and outputs {:.1f}",
                                        mib(weights), mib(arenas), mib(io));
  if (engine.getBackend() != tenon::Backend::kCUDA)
    return fmt::format("Memory since before loading: host {:.1f} MiB ({})", mib(host), parts);
  const double gpu = static_cast<double>(now.gpu) - static_cast<double>(before.gpu);
  return fmt::format("Memory since before loading: GPU {:.1f} MiB ({}, else {:.1f}), host {:.1f} MiB", mib(gpu), parts,
                     mib(gpu - weights - arenas - io), mib(host));
}

}  // namespace tenonexec
