// SPDX-License-Identifier: Apache-2.0
// The option sections at the head of the log. Tools read these "Key: value" lines, so the keys are trtexec's.
#include <fmt/ranges.h>

#include <algorithm>

#include "tenonexec/failure.h"
#include "tenonexec/options.h"

namespace tenonexec {
namespace {

using Lines = std::vector<std::string>;

template <typename... Args>
void add(Lines& lines, fmt::format_string<Args...> format, Args&&... args) {
  lines.push_back(fmt::format(format, std::forward<Args>(args)...));
}

const char* enabled(bool on) {
  return on ? "Enabled" : "Disabled";
}

std::string calibration(const BuildOptions& build) {
  if (!build.int8) return "";
  if (build.calibration_data.empty()) return build.calibration_cache.empty() ? "Dynamic" : build.calibration_cache;
  return fmt::format("{} of {}", build.calibrator.empty() ? "mse" : build.calibrator, build.calibration_data);
}

std::string precision(const BuildOptions& build) {
  if (build.strongly_typed) return "Strongly typed";
  return fmt::format("FP32{}{}{}", build.fp16 ? "+FP16" : "", build.bf16 ? "+BF16" : "", build.int8 ? "+INT8" : "");
}

const char* verbosity(tenon::ProfilingVerbosity verbosity) {
  switch (verbosity) {
    case tenon::ProfilingVerbosity::kDETAILED:
      return "detailed";
    case tenon::ProfilingVerbosity::kNONE:
      return "none";
    case tenon::ProfilingVerbosity::kLAYER_NAMES_ONLY:
      break;
  }
  return "layer_names_only";
}

const char* constraints(PrecisionConstraints constraints) {
  if (constraints == PrecisionConstraints::kNone) return "none";
  return constraints == PrecisionConstraints::kObey ? "obey" : "prefer";
}

std::string layer_types(const std::vector<LayerTypes>& list) {
  std::string text;
  for (const LayerTypes& entry : list) {
    text += fmt::format("{}{}:", text.empty() ? "" : ", ", entry.name);
    for (size_t i = 0; i < entry.types.size(); ++i)
      text += fmt::format("{}{}", i > 0 ? "+" : "", to_text(entry.types[i]));
  }
  return text;
}

std::string tactic_sources(uint32_t sources) {
  if (sources == BuildOptions().tactic_sources) return "Using default tactic sources";
  std::string text;
  int bit = 0;
  for (const char* name : {"cublas", "cublas_lt", "cudnn", "edge_mask_convolutions", "jit_convolutions"})
    text += fmt::format("{}{} [{}]", text.empty() ? "" : ", ", name, (sources >> bit++ & 1u) != 0 ? "ON" : "OFF");
  return text;
}

const char* backend(tenon::Backend backend) {
  switch (backend) {
    case tenon::Backend::kCPU:
      return "cpu";
    case tenon::Backend::kCUDA:
      return "cuda";
    case tenon::Backend::kAUTO:
      break;
  }
  return "auto";
}

void model(Lines& lines, const Options& options) {
  add(lines, "=== Model Options ===");
  const ModelOptions& model = options.model;
  const bool caffe = !model.deploy.empty();
  add(lines, "Format: {}", caffe ? "Caffe" : model.onnx.empty() ? "*" : "ONNX");
  add(lines, "Model: {}", caffe ? model.caffe_model : model.onnx);
  if (caffe) add(lines, "Prototxt: {}", model.deploy);
  add(lines, "Output:{}{}", model.outputs.empty() ? "" : " ", fmt::join(model.outputs, " "));
}

void build(Lines& lines, const BuildOptions& build) {
  add(lines, "=== Build Options ===");
  add(lines, "Memory Pools: workspace: {}",
      build.workspace ? fmt::format("{:g} MiB", static_cast<double>(*build.workspace) / (1 << 20)) : "default");
  add(lines, "avgTiming: {}", build.avg_timing);
  add(lines, "Precision: {}", precision(build));
  add(lines, "Calibration: {}", calibration(build));
  add(lines, "Strongly Typed: {}", enabled(build.strongly_typed));
  add(lines, "Precision constraints: {}", constraints(build.precision_constraints));
  add(lines, "Layer precisions: {}", layer_types(build.layer_precisions));
  add(lines, "Layer output types: {}", layer_types(build.layer_output_types));
  add(lines, "Build only: {}", enabled(build.skip_inference));
  add(lines, "Save engine: {}", build.save_engine);
  add(lines, "Load engine: {}", build.load_engine);
  add(lines, "Profiling verbosity: {}", verbosity(build.verbosity));
  add(lines, "timingCacheMode: {}",
      !build.builder_cache              ? "disable"
      : build.timing_cache_file.empty() ? "local"
                                        : "global");
  add(lines, "timingCacheFile: {}", build.timing_cache_file);
  add(lines, "errorOnTimingCacheMiss: {}", enabled(build.error_on_timing_cache_miss));
  add(lines, "Builder optimization level: {}", build.optimization_level);
  add(lines, "Max Tactics: {}", build.max_tactics);
  add(lines, "tacticSources: {}", tactic_sources(build.tactic_sources));
  add(lines, "Backend: {}", backend(build.backend));
  if (!build.architecture.empty()) add(lines, "Target architecture: {}", build.architecture);
  add(lines, "Preprocess: {}", build.preprocess);
  add(lines, "Input(s)s format: {}", to_text(build.input_formats));
  add(lines, "Output(s)s format: {}", to_text(build.output_formats));
  if (build.profiles.empty()) add(lines, "Input build shapes: model");
  for (const auto& [index, shapes] : build.profiles) {
    const CompleteProfile all = complete(shapes, index);
    for (const auto& [name, opt] : all.opt)
      add(lines, "Input build shape (profile {}): {}={}+{}+{}", index, name, to_text(*find_shape(all.min, name)),
          to_text(opt), to_text(*find_shape(all.max, name)));
  }
}

void system(Lines& lines, const Options& options) {
  add(lines, "=== System Options ===");
  add(lines, "Device: {}", options.system.device);
  add(lines, "CPU threads: {}",
      options.system.cpu_threads == 0 ? "one per core" : std::to_string(options.system.cpu_threads));
}

std::string pairs(const Names& names) {
  std::string text;
  for (const auto& [name, value] : names) text += fmt::format("{}{}<-{}", text.empty() ? "" : ", ", name, value);
  return text;
}

void inference(Lines& lines, const InferenceOptions& inference) {
  add(lines, "=== Inference Options ===");
  add(lines, "Batch: Explicit");
  if (inference.shapes.empty()) add(lines, "Input inference shapes: model");
  for (const auto& [name, dims] : inference.shapes) add(lines, "Input inference shape : {}={}", name, to_text(dims));
  add(lines, "Iterations: {}", inference.iterations);
  if (inference.duration_s < 0)
    add(lines, "Duration: until stopped (+ {}ms warm up)", inference.warm_up_ms);
  else
    add(lines, "Duration: {}s (+ {}ms warm up)", inference.duration_s, inference.warm_up_ms);
  add(lines, "Sleep time: {}ms", inference.sleep_ms);
  add(lines, "Idle time: {}ms", inference.idle_ms);
  add(lines, "Inference Streams: {}", inference.streams);
  add(lines, "ExposeDMA: {}", enabled(inference.expose_dma));
  add(lines, "Data transfers: {}", enabled(inference.transfers));
  add(lines, "Managed Memory: {}", enabled(inference.managed_memory));
  add(lines, "Spin-wait: {}", enabled(inference.spin_wait));
  add(lines, "Multithreading: {}", enabled(inference.threads));
  add(lines, "Separate profiling: {}", enabled(inference.separate_profile_run));
  add(lines, "Time Deserialize: {}", enabled(inference.time_deserialize));
  add(lines, "Optimization Profile Index: {}", inference.profile);
  add(lines, "Inputs: {}", pairs(inference.inputs));
  if (!inference.classify.empty()) add(lines, "Classify: {}", inference.classify);
}

void reporting(Lines& lines, const ReportingOptions& reporting) {
  add(lines, "=== Reporting Options ===");
  add(lines, "Verbose: {}", enabled(reporting.verbose));
  add(lines, "Averages: {} inferences", reporting.avg_runs);
  add(lines, "Percentiles: {}", fmt::join(reporting.percentiles, ","));
  add(lines, "Dump output: {}", enabled(reporting.dump_output));
  add(lines, "Dump raw bindings: {}", enabled(reporting.dump_raw_bindings));
  add(lines, "Profile: {}", enabled(reporting.dump_profile));
  add(lines, "Layer info: {}", enabled(reporting.dump_layer_info));
  add(lines, "Export timing to JSON file: {}", reporting.export_times);
  add(lines, "Export output to JSON file: {}", reporting.export_output);
  add(lines, "Export profile to JSON file: {}", reporting.export_profile);
  add(lines, "Export layer information to JSON file: {}", reporting.export_layer_info);
}

}  // namespace

std::vector<std::string> describe(const Options& options) {
  Lines lines;
  model(lines, options);
  build(lines, options.build);
  system(lines, options);
  inference(lines, options.inference);
  reporting(lines, options.reporting);
  return lines;
}

}  // namespace tenonexec
