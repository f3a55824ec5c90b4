// SPDX-License-Identifier: Apache-2.0
#include "runtime/inspector.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "engine/plan_generated.h"

namespace tn {
namespace {

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

std::string tensors_json(const plan::ProfileT& profile, const std::vector<int>& tensors) {
  std::string text;
  for (const int index : tensors) {
    if (index < 0) continue;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(index)];
    text += fmt::format(
        "{}{{\"Name\": {}, \"Location\": {}, \"Dimensions\": [{}], \"Format/Datatype\": {}}}", text.empty() ? "" : ", ",
        json_text(tensor.name), tensor.storage == plan::Storage::ShapeValue ? "\"Host\"" : "\"Device\"",
        fmt::join(extents(profile, tensor), ", "), json_text(format_description(static_cast<DataType>(tensor.type))));
  }
  return "[" + text + "]";
}

std::string tensors_line(const plan::ProfileT& profile, const std::vector<int>& tensors) {
  std::string text;
  for (const int index : tensors) {
    if (index < 0) continue;
    const plan::TensorT& tensor = *profile.tensors[static_cast<size_t>(index)];
    text += fmt::format("{}{}[{}]", text.empty() ? "" : ", ", name_of(static_cast<DataType>(tensor.type)),
                        fmt::join(extents(profile, tensor), ","));
  }
  return text;
}

Verbosity verbosity(const Engine& engine) {
  return static_cast<Verbosity>(engine.plan().verbosity);
}

/// What a machine must have to run an engine on a GPU.
std::vector<std::string> needs(const Engine& engine) {
  std::vector<std::string> names = {"NVIDIA driver"};
  for (const std::string& library : engine.plan().libraries) names.push_back(library);
  if (names.size() == 1) names[0] += " alone";
  return names;
}

}  // namespace

std::string format_description(DataType type) {
  static constexpr std::array<const char*, kDataTypeCount> kNames = {
      "FP64", "FP32", "FP16", "BF16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8", "BOOL"};
  return fmt::format("Row major linear {}", kNames[static_cast<size_t>(type)]);
}

std::string layer_line(const Engine& engine, int profile, size_t layer) {
  if (verbosity(engine) == Verbosity::None) return fmt::format("layer {}", layer);
  const Layer& info = engine.layers(profile)[layer];
  if (verbosity(engine) == Verbosity::LayerNames) return info.name;
  const plan::ProfileT& plan = *engine.plan().profiles[static_cast<size_t>(profile)];
  return fmt::format("{}: ({}) -> {}, kernel {}, tactic {}", info.name, tensors_line(plan, info.step->inputs),
                     tensors_line(plan, info.step->outputs), info.step->kernel, info.step->tactic);
}

std::string layer_json(const Engine& engine, int profile, size_t layer) {
  const Layer& info = engine.layers(profile)[layer];
  if (verbosity(engine) == Verbosity::None) return fmt::format("\"layer {}\"", layer);
  if (verbosity(engine) == Verbosity::LayerNames) return json_text(info.name);
  const plan::ProfileT& plan = *engine.plan().profiles[static_cast<size_t>(profile)];
  const plan::StepT& step = *info.step;
  std::string text = fmt::format(
      "{{\"Name\": {}, \"LayerType\": {}, \"Inputs\": {}, \"Outputs\": {}, \"TacticName\": {}, \"WorkspaceBytes\": {}",
      json_text(info.name), json_text(step.kernel), tensors_json(plan, step.inputs), tensors_json(plan, step.outputs),
      json_text(step.tactic), step.workspace_bytes);
  if (!step.detail.empty()) text += ", \"Detail\": " + json_text(step.detail);
  return text + "}";
}

std::string engine_lines(const Engine& engine, int profile) {
  std::string text;
  if (engine.plan().backend == "cuda") text = fmt::format("Needs: {}\n\n", fmt::join(needs(engine), ", "));
  text += "Layers:\n";
  for (size_t i = 0; i < engine.layers(profile).size(); ++i) text += layer_line(engine, profile, i) + "\n";
  text += "\nBindings:\n";
  for (const auto& binding : engine.plan().bindings) text += binding->name + "\n";
  return text;
}

std::string engine_json(const Engine& engine, int profile) {
  std::string text = "{\"Layers\": [\n";
  const size_t count = engine.layers(profile).size();
  for (size_t i = 0; i < count; ++i) text += layer_json(engine, profile, i) + (i + 1 < count ? ",\n" : "\n");
  text += "],\n\"Bindings\": [";
  const auto& bindings = engine.plan().bindings;
  for (size_t i = 0; i < bindings.size(); ++i) text += (i > 0 ? ", " : "") + json_text(bindings[i]->name);
  text += "]";
  if (engine.plan().backend == "cuda") {
    text += ",\n\"Needs\": [";
    for (const std::string& need : needs(engine)) text += (text.back() == '[' ? "" : ", ") + json_text(need);
    text += "]";
  }
  return text + "}\n";
}

}  // namespace tn
