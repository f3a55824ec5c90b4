// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/device/architecture.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/libraries/library_needs.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

void check_machine(const plan::PlanT& plan, Logger& logger) {
  if (plan.backend != "cpu" && plan.backend != "cuda") {
    throw Error(ErrorCode::InvalidEngine, "the engine is for the backend '{}', which this Tenon does not have",
                plan.backend);
  }
  const uint32_t missing = plan.features & ~cpu_info().features;
  if (missing != 0) {
    throw Error(ErrorCode::InvalidEngine, "the engine needs a processor with {}, this one ({}) has {}; build it again",
                cpu_feature_names(missing), cpu_info().model, cpu_feature_names(cpu_info().features));
  }
  if (plan.threads < 1 || plan.threads > 4096)
    throw Error(ErrorCode::InvalidEngine, "the engine asks for {} threads", plan.threads);
  if (plan.profiles.empty()) throw Error(ErrorCode::InvalidEngine, "the engine has no profile");
  if (plan.backend != "cpu") return;
  const bool fewer_cores = static_cast<int>(plan.threads) > cpu_info().usable_cores;
  if (plan.device != cpu_info().model || fewer_cores) {
    logger.warning(
        "the engine was tuned on '{}' for {} threads; it runs here ({}, {} cores), but building it again may make it "
        "faster",
        plan.device, plan.threads, cpu_info().model, cpu_info().usable_cores);
  }
}

Device& open_device(const plan::PlanT& plan, int index, Logger& logger) {
  Device& device = cuda::open_device(index);
  const auto architectures = cuda::architectures_in(plan.architecture);
  if (std::ranges::none_of(architectures,
                           [&](const auto& each) { return cuda::runs_on(each, device.architecture()); })) {
    throw Error(ErrorCode::InvalidEngine,
                "the engine is for CUDA devices of architecture {}; device {} ({}) is {}: build it again, here or with "
                "--targetArch={}",
                fmt::join(architectures, ", "), index, device.name(), device.architecture(), device.architecture());
  }
  if (device.name() != plan.device)
    logger.warning("the engine was tuned on '{}'; it runs here ({}), but building it again may make it faster",
                   plan.device, device.name());
  return device;
}

void collect(const plan::ProfileT& profile, size_t list, size_t depth, int owner, std::vector<Layer>& layers) {
  if (list >= profile.lists.size() || depth > profile.lists.size()) return;
  for (const auto& step : profile.lists[list]->steps) {
    layers.push_back({step->name, step.get(), owner});
    const int self = static_cast<int>(layers.size()) - 1;
    for (const uint32_t inner : step->lists) collect(profile, inner, depth + 1, self, layers);
  }
}

std::vector<Layer> layers_of(const plan::ProfileT& profile) {
  std::vector<Layer> layers;
  collect(profile, 0, 0, -1, layers);
  std::map<std::string, int> seen;
  for (const Layer& layer : layers) seen.emplace(layer.name, 0);
  std::map<std::string, int> used;
  for (Layer& layer : layers) {
    if (++used[layer.name] == 1) continue;
    std::string name;
    do {
      name = fmt::format("{} [{}]", layer.step->name, ++seen[layer.step->name] + 1);
    } while (seen.contains(name));
    seen.emplace(name, 0);
    layer.name = std::move(name);
  }
  return layers;
}

// The narrowest float type among what a step reads and writes; F64 if there is none.
DataType precision_of(const plan::ProfileT& profile, const plan::StepT& step) {
  DataType narrowest = DataType::F64;
  for (const auto* list : {&step.inputs, &step.outputs}) {
    for (const int tensor : *list) {
      if (tensor < 0) continue;
      const auto type = static_cast<DataType>(profile.tensors[static_cast<size_t>(tensor)]->type);
      if (is_float(type) && size_of(type) < size_of(narrowest)) narrowest = type;
    }
  }
  return narrowest;
}

// Whether the step reads or writes activations of 8 bits.
bool is_int8(const plan::ProfileT& profile, const plan::StepT& step) {
  const auto is_narrow = [&](int id) {
    if (id < 0) return false;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(id)];
    const auto type = static_cast<DataType>(tensor.type);
    return tensor.storage != plan::Storage::Weights && (type == DataType::I8 || type == DataType::U8);
  };
  return std::ranges::any_of(step.inputs, is_narrow) || std::ranges::any_of(step.outputs, is_narrow);
}

}  // namespace

Engine::Engine(std::shared_ptr<const EngineFile> file, Logger& logger, int device) : file_(std::move(file)) {
  check_machine(plan(), logger);
  if (plan().backend == "cuda") {
    Device& opened = open_device(plan(), device, logger);
    for (const std::string& library : plan().libraries) cuda::require_library(library);
    on_device_ = std::make_shared<const DeviceEngine>(*file_, opened, cuda::find_kernel);
  }
  for (const auto& profile : plan().profiles) layers_.push_back(layers_of(*profile));
}

int Engine::threads() const {
  return static_cast<int>(plan().threads);
}

int Engine::find_binding(std::string_view name) const {
  const auto& bindings = plan().bindings;
  const auto found =
      std::find_if(bindings.begin(), bindings.end(), [&](const auto& binding) { return binding->name == name; });
  return found == bindings.end() ? -1 : static_cast<int>(found - bindings.begin());
}

std::unique_ptr<Context> Engine::create_context(ArenaOwner arena) const {
  return std::make_unique<Context>(file_, cpu::find_kernel, threads(), on_device_, arena);
}

std::string Engine::precision_summary() const {
  const plan::ProfileT& profile = *plan().profiles[0];
  std::map<DataType, int> counts;
  for (const Layer& layer : layers(0)) ++counts[precision_of(profile, *layer.step)];
  const size_t all = layers(0).size();
  const std::string& allowed = plan().precision;
  std::string text;
  const auto int8 = std::ranges::count_if(layers(0), [&](const Layer& layer) { return is_int8(profile, *layer.step); });
  if (int8 > 0) text += fmt::format("INT8 in {} of {} layers, ", int8, all);
  for (const auto& [type, name] : {std::pair(DataType::F16, "FP16"), std::pair(DataType::BF16, "BF16")}) {
    if (counts[type] > 0) text += fmt::format("{} in {} of {} layers, ", name, counts[type], all);
  }
  const bool narrow = !text.empty();
  text += fmt::format("FP32 in {} of {} layers", counts[DataType::F32], all);
  if (const size_t ranges = allowed.find(": "); ranges != allowed.npos)
    text += fmt::format("; ranges of int8: {}{}", allowed.substr(ranges + 2),
                        int8 > 0 ? "" : "; INT8 won nothing: no layer was measured to be faster in it");
  if (narrow || allowed.starts_with("int8") || allowed == "fp32" || allowed.empty()) return text;
  const bool fp16 = allowed.find("fp16") != std::string::npos, bf16 = allowed.find("bf16") != std::string::npos;
  const std::string_view asked = fp16 && bf16 ? "FP16 or BF16" : fp16 ? "FP16" : "BF16";
  text += fmt::format("; {} was allowed and won nothing: no layer was measured to be faster in it", asked);
  if (device()) return text;
  const bool has_fp16 = cpu_info().has(CpuFeature::Avx512Fp16);
  if (fp16 && !has_fp16) text += " (products in FP16 need AVX512-FP16, which this processor lacks)";
  if (bf16 && !fp16) text += " (products are FP32)";
  return text;
}

}  // namespace tn
