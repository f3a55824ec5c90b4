// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tenonexec/edit_distance.h"

namespace tenonexec {
namespace {

using View = std::string_view;

constexpr std::array kNotYet = std::to_array<View>({"adjustForDLA",
                                                    "allocationStrategy",
                                                    "allowGPUFallback",
                                                    "allowWeightStreaming",
                                                    "asyncFileReader",
                                                    "buildDLAStandalone",
                                                    "calibProfile",
                                                    "consistency",
                                                    "continue",
                                                    "cpuOnly",
                                                    "decomposableAttentions",
                                                    "directIO",
                                                    "distributiveIndependence",
                                                    "dryRun",
                                                    "dumpKernelText",
                                                    "dumpRefit",
                                                    "dynamicPlugins",
                                                    "enablePluginOverride",
                                                    "excludeLeanRuntime",
                                                    "explicitPrecision",
                                                    "fp8",
                                                    "hardwareCompatibilityLevel",
                                                    "helpBuildRoute",
                                                    "heuristic",
                                                    "ignoreParsedPluginLibs",
                                                    "includeDataTransfers",
                                                    "int4",
                                                    "l2LimitForTiling",
                                                    "layerDeviceTypes",
                                                    "leanDLLPath",
                                                    "markDebug",
                                                    "markUnfusedTensorsAsDebugTensors",
                                                    "maxAuxStreams",
                                                    "maxShapesCalib",
                                                    "minShapesCalib",
                                                    "minTiming",
                                                    "monitorMemory",
                                                    "noCompilationCache",
                                                    "noCudaGraph",
                                                    "noSpinWait",
                                                    "nvtxMode",
                                                    "optShapesCalib",
                                                    "persistentCacheRatio",
                                                    "pi",
                                                    "pluginInstanceNorm",
                                                    "plugins",
                                                    "preview",
                                                    "refPair",
                                                    "refit",
                                                    "refitFromOnnx",
                                                    "remoteAutoTuningConfig",
                                                    "reportCapabilityDLA",
                                                    "restricted",
                                                    "runtimePlatform",
                                                    "safe",
                                                    "safetyPlugins",
                                                    "saveAllDebugTensors",
                                                    "saveAllEngines",
                                                    "saveDebugTensors",
                                                    "serialized",
                                                    "setBuildRoute",
                                                    "setPluginsToSerialize",
                                                    "sparsity",
                                                    "staticPlugins",
                                                    "stripAllWeights",
                                                    "stripWeights",
                                                    "tempdir",
                                                    "tempfileControls",
                                                    "tilingOptimizationLevel",
                                                    "timeRefit",
                                                    "tuneBuildRouteFile",
                                                    "tuneBuildRoutes",
                                                    "tuningCacheFile",
                                                    "tuningResultFile",
                                                    "tuningSearch",
                                                    "tuningTimeOut",
                                                    "uff",
                                                    "uffInput",
                                                    "uffNHWC",
                                                    "uint8AsymmetricQuantizationDLA",
                                                    "useDLACore",
                                                    "useRuntime",
                                                    "vc",
                                                    "versionCompatible",
                                                    "weightStreamingBudget",
                                                    "weightless"});

std::vector<Flag> whole_table() {
  std::vector<Flag> all = build_flags();
  std::ranges::copy(run_flags(), std::back_inserter(all));
  for (View name : kNotYet) all.push_back({name, "", Group::NotYet, "", nullptr, true});
  return all;
}

std::string lower_case(View text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

void print_group(std::string& text, Group group, View title) {
  text += fmt::format("\n{}:\n", title);
  for (const Flag& flag : flags()) {
    if (flag.group != group) continue;
    const std::string form = fmt::format("--{}{}{}", flag.name, flag.value.empty() ? "" : "=", flag.value);
    text += fmt::format("  {:<28} {}\n", form, flag.help);
  }
}

}  // namespace

std::span<const Flag> flags() {
  static const std::vector<Flag> all = whole_table();
  return all;
}

const Flag* find_flag(View name) {
  for (const Flag& flag : flags())
    if (flag.name == name) return &flag;
  return nullptr;
}

const Flag* nearest_flag(View name) {
  const std::string wanted = lower_case(name);
  const Flag* best = nullptr;
  size_t best_distance = std::max<size_t>(2, wanted.size() / 2);
  for (const Flag& flag : flags()) {
    const size_t distance = edit_distance(wanted, lower_case(flag.name));
    if (distance < best_distance || (best == nullptr && distance == best_distance && distance < wanted.size())) {
      best = &flag;
      best_distance = distance;
    }
  }
  return best;
}

std::string help_text() {
  std::string text =
      "Builds an engine from a model of ONNX or Caffe, or loads one, and measures it.\n"
      "\n"
      "  tenonexec --onnx=model.onnx --fp16 --saveEngine=model.engine\n"
      "  tenonexec --loadEngine=model.engine --classify=images/\n"
      "\n"
      "A flag's value follows '=' without blanks. Shapes are written name:1x3x224x224, a scalar as name:scalar; a name "
      "may\n"
      "stand in single quotes and hold one '*'.\n";
  print_group(text, Group::Model, "Model");
  print_group(text, Group::Build, "Build");
  print_group(text, Group::Inference, "Inference");
  print_group(text, Group::Reporting, "Reporting");
  print_group(text, Group::System, "System");
  text += "\nKnown from trtexec but not yet supported:\n";
  constexpr size_t kWidth = 96;
  size_t width = kWidth;
  for (View name : kNotYet) {
    const bool fits = width + name.size() < kWidth;
    text += fmt::format("{} --{}", fits ? "" : text.ends_with(":\n") ? " " : "\n ", name);
    width = (fits ? width : 0) + name.size() + 3;
  }
  return text + "\n";
}

}  // namespace tenonexec
