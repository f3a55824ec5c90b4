// SPDX-License-Identifier: Apache-2.0
#include "runtime/inspector.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "backends/cuda/device/launch_step.h"
#include "base/fields.h"
#include "base/os/cpu.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

/// What a step of a CUDA plan launches. The grid depends on shapes.
struct LaunchInfo {
  cuda::LaunchStep step;
  std::array<int64_t, 3> least{}, most{};  ///< blocks
};

/// Nothing for a step of another kernel, or one that a context would refuse.
std::optional<LaunchInfo> launch_info(const plan::ProfileT& profile, const plan::StepT& step) {
  if (step.kernel != cuda::kLaunchKernel || step.inputs.size() < cuda::kFirstOperand ||
      step.inputs[cuda::kValuesOperand] < 0)
    return std::nullopt;
  LaunchInfo info{decode_fields<cuda::LaunchStep>(std::as_bytes(std::span(step.parameters)))};
  const plan::TensorT& values = *profile.tensors[static_cast<size_t>(step.inputs[cuda::kValuesOperand])];
  if (values.storage != plan::Storage::ShapeValue || values.position + info.least.size() > profile.result_min.size())
    return std::nullopt;
  for (size_t i = 0; i < info.least.size(); ++i) {
    info.least[i] = profile.result_min[values.position + i];
    info.most[i] = profile.result_max[values.position + i];
  }
  return info;
}

std::string range_text(int64_t least, int64_t most) {
  return least == most ? std::to_string(least) : fmt::format("{}..{}", least, most);
}

std::string launch_line(const LaunchInfo& info) {
  std::array<std::string, 3> grid;
  for (size_t i = 0; i < grid.size(); ++i) grid[i] = range_text(info.least[i], info.most[i]);
  const cuda::LaunchStep& step = info.step;
  std::string text = fmt::format(", function {}, grid {}, block {}x{}x{}", step.entry, fmt::join(grid, "x"),
                                 step.block_x, step.block_y, step.block_z);
  if (step.shared_bytes > 0) text += fmt::format(", {} bytes of shared memory", step.shared_bytes);
  if (step.cluster > 1) text += fmt::format(", clusters of {}", step.cluster);
  return text;
}

std::string launch_json(const LaunchInfo& info) {
  const cuda::LaunchStep& step = info.step;
  return fmt::format(
      ", \"Function\": \"{}\", \"MinGrid\": [{}], \"MaxGrid\": [{}], \"Block\": [{}, {}, {}], \"SharedBytes\": {}, "
      "\"Cluster\": {}",
      step.entry, fmt::join(info.least, ", "), fmt::join(info.most, ", "), step.block_x, step.block_y, step.block_z,
      step.shared_bytes, step.cluster);
}

/// The tensors that a step reads, without what only says how it is launched.
std::span<const int32_t> operands(const plan::StepT& step) {
  const std::span<const int32_t> inputs = step.inputs;
  const size_t first = step.kernel == cuda::kLaunchKernel ? cuda::kFirstOperand : 0;
  return inputs.subspan(std::min(first, inputs.size()));
}

/// Whether a step runs on the host although the engine is for another device.
bool is_apart(const Engine& engine) {
  return engine.plan().backend != "cpu";
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (code < 0x20)
      out += fmt::format("\\u{:04x}", code);
    else
      out += c;
  }
  return out + '"';
}

// Extents are -1 where the profile leaves them open.
std::vector<int64_t> extents(const plan::ProfileT& profile, const plan::TensorT& tensor) {
  std::vector<int64_t> dims;
  for (size_t axis = tensor.sliced ? 1 : 0; axis < tensor.dims.size(); ++axis) {
    const uint32_t index = tensor.dims[axis];
    const int64_t low = profile.result_min[index], high = profile.result_max[index];
    dims.push_back(low == high ? low : -1);
  }
  return dims;
}

std::string tensors_json(const plan::ProfileT& profile, std::span<const int32_t> tensors) {
  std::string text;
  for (const int index : tensors) {
    if (index < 0) continue;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(index)];
    text += fmt::format(
        "{}{{\"Name\": {}, \"Location\": {}, \"Dimensions\": [{}], \"Format/Datatype\": {}}}", text.empty() ? "" : ", ",
        json_text(tensor.name), tensor.host || tensor.storage == plan::Storage::ShapeValue ? "\"Host\"" : "\"Device\"",
        fmt::join(extents(profile, tensor), ", "), json_text(format_description(static_cast<DataType>(tensor.type))));
  }
  return "[" + text + "]";
}

std::string tensors_line(const plan::ProfileT& profile, std::span<const int32_t> tensors) {
  std::string text;
  for (const int index : tensors) {
    if (index < 0) continue;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(index)];
    text += fmt::format("{}{}[{}]", text.empty() ? "" : ", ", name_of(static_cast<DataType>(tensor.type)),
                        fmt::join(extents(profile, tensor), ","));
  }
  return text;
}

// Of an input or output that is not linear.
std::string format_note(const plan::BindingT& binding) {
  const auto format = static_cast<TensorFormat>(binding.format);
  const std::string scale = binding.scale > 0 ? fmt::format(", scale {}", binding.scale) : "";
  if (format == TensorFormat::Linear && scale.empty()) return "";
  return fmt::format(": {}:{}, {}{}", name_of(static_cast<DataType>(binding.type)), name_of(format),
                     format_description(static_cast<DataType>(binding.type), format), scale);
}

Verbosity verbosity(const Engine& engine) {
  return static_cast<Verbosity>(engine.plan().verbosity);
}

}  // namespace

std::string format_description(DataType type, TensorFormat format) {
  static constexpr std::array<const char*, kDataTypeCount> kNames = {
      "FP64",     "FP32",     "FP16",  "BF16", "INT64", "INT32",        "INT16",    "INT8",         "UINT64",
      "UINT32",   "UINT16",   "UINT8", "BOOL", "FP8",   "FP8 E4M3FNUZ", "FP8 E5M2", "FP8 E5M2FNUZ", "E8M0",
      "FP6 E2M3", "FP6 E3M2", "FP4",   "INT4", "UINT4", "INT2",         "UINT2"};
  return fmt::format("{} {}", describe(format), kNames[static_cast<size_t>(type)]);
}

std::string layer_line(const Engine& engine, int profile, size_t layer) {
  if (verbosity(engine) == Verbosity::None) return fmt::format("layer {}", layer);
  const Layer& info = engine.layers(profile)[layer];
  if (verbosity(engine) == Verbosity::LayerNames) return info.name;
  const plan::ProfileT& plan = *engine.plan().profiles[static_cast<size_t>(profile)];
  std::string text =
      fmt::format("{}: ({}) -> {}, kernel {}, tactic {}", info.name, tensors_line(plan, operands(*info.step)),
                  tensors_line(plan, info.step->outputs), info.step->kernel, info.step->tactic);
  if (const auto launch = launch_info(plan, *info.step)) text += launch_line(*launch);
  if (is_apart(engine)) text += info.step->host ? ", on the host" : ", on the device";
  return text;
}

std::string layer_json(const Engine& engine, int profile, size_t layer) {
  const Layer& info = engine.layers(profile)[layer];
  if (verbosity(engine) == Verbosity::None) return fmt::format("\"layer {}\"", layer);
  if (verbosity(engine) == Verbosity::LayerNames) return json_text(info.name);
  const plan::ProfileT& plan = *engine.plan().profiles[static_cast<size_t>(profile)];
  const plan::StepT& step = *info.step;
  std::string text = fmt::format(
      "{{\"Name\": {}, \"LayerType\": {}, \"Inputs\": {}, \"Outputs\": {}, \"TacticName\": {}, \"WorkspaceBytes\": {}",
      json_text(info.name), json_text(step.kernel), tensors_json(plan, operands(step)),
      tensors_json(plan, step.outputs), json_text(step.tactic), step.workspace_bytes);
  if (const auto launch = launch_info(plan, step)) text += launch_json(*launch);
  if (is_apart(engine)) text += fmt::format(", \"RunsOn\": \"{}\"", step.host ? "Host" : "Device");
  if (!step.detail.empty()) text += ", \"Detail\": " + json_text(step.detail);
  return text + "}";
}

std::string requirements(const Engine& engine) {
  const plan::PlanT& plan = engine.plan();
  if (plan.backend == "cpu")
    return plan.features == 0 ? "any x86-64 processor"
                              : fmt::format("a processor with {}", cpu_feature_names(plan.features));
  std::string text = fmt::format("a GPU of architecture {} and the NVIDIA driver", plan.architecture);
  for (const std::string& library : plan.libraries) text += ", " + library;
  return plan.libraries.empty() ? text + " alone" : text;
}

std::string engine_lines(const Engine& engine, int profile) {
  std::string text = "Layers:\n";
  for (size_t i = 0; i < engine.layers(profile).size(); ++i) text += layer_line(engine, profile, i) + "\n";
  text += "\nBindings:\n";
  for (const auto& binding : engine.plan().bindings) text += binding->name + format_note(*binding) + "\n";
  return text + "\nNeeds to run: " + requirements(engine) + "\n";
}

std::string engine_json(const Engine& engine, int profile) {
  std::string text = "{\"Layers\": [\n";
  const size_t count = engine.layers(profile).size();
  for (size_t i = 0; i < count; ++i) text += layer_json(engine, profile, i) + (i + 1 < count ? ",\n" : "\n");
  text += "],\n\"Bindings\": [";
  const auto& bindings = engine.plan().bindings;
  for (size_t i = 0; i < bindings.size(); ++i) text += (i > 0 ? ", " : "") + json_text(bindings[i]->name);
  return text + "],\n\"Needs\": " + json_text(requirements(engine)) + "}\n";
}

}  // namespace tn
