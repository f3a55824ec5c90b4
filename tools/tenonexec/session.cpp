// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/session.h"

#include <algorithm>
#include <memory>

#include "tenonexec/classify.h"
#include "tenonexec/engine_source.h"
#include "tenonexec/failure.h"
#include "tenonexec/files.h"
#include "tenonexec/inference.h"
#include "tenonexec/layer_profile.h"
#include "tenonexec/timing.h"
#include "tenonexec/validate.h"
#include "tenonexec/values.h"

namespace tenonexec {
namespace {

using tenon::ICudaEngine;
using Severity = tenon::ILogger::Severity;

/// The GPU if there is one, where the choice is ours.
tenon::Backend choose_backend(const Options& options) {
  using enum tenon::Backend;
  if (options.build.backend != kAUTO) return options.build.backend;
  return tenon::getNbDevices(kCUDA) > 0 || !options.build.architecture.empty() ? kCUDA : kCPU;
}

void report_processor(const Options& options, Console& console) {
  tenon::DeviceInfo device;
  if (!tenon::getDeviceInfo(tenon::Backend::kCPU, 0, device)) throw Failure("the CPU could not be examined");
  const int threads = options.system.cpu_threads > 0 ? options.system.cpu_threads : device.cores;
  console.info("Available Devices: {}", tenon::getNbDevices(tenon::Backend::kCPU));
  console.info("Selected Device: {}", device.name);
  console.info("Selected Device ID: 0");
  console.info("Instruction Sets: {}", device.features);
  console.info("Cores: {} ({} hardware threads)", device.cores, device.threads);
  console.info("Threads in Use: {}", threads);
  console.info("Cache: {} KiB L2 per core, {} KiB L3", device.l2Bytes / 1024, device.l3Bytes / 1024);
  console.info("Memory: {} MiB", device.memoryBytes / (1 << 20));
}

void report_gpu(const Options& options, Console& console) {
  tenon::DeviceInfo device;
  const int index = options.system.device;
  if (!tenon::getDeviceInfo(tenon::Backend::kCUDA, index, device))
    throw Failure("{}", tenon::getDeviceProblem(tenon::Backend::kCUDA, index));
  console.info("Available Devices: {}", tenon::getNbDevices(tenon::Backend::kCUDA));
  console.info("Selected Device: {}", device.name);
  console.info("Selected Device ID: {}", index);
  console.info("Architecture: {}", device.features);
  console.info("SMs: {}", device.cores);
  console.info("Device Global Memory: {} MiB", device.memoryBytes / (1 << 20));
}

void report_device(const Options& options, Console& console) {
  console.info("=== Device Information ===");
  const bool gpu = options.build.backend == tenon::Backend::kCUDA;
  const bool elsewhere = gpu && !options.build.architecture.empty() && options.build.skip_inference;
  if (elsewhere)
    console.info("Target Architecture: {}", options.build.architecture);
  else if (gpu)
    report_gpu(options, console);
  else
    report_processor(options, console);
  console.info("");
  const int version = tenon::getInferLibVersion();
  console.info("Tenon version: {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

void tell_choice(const Options& options, Console& console) {
  if (options.build.backend == tenon::Backend::kCUDA)
    console.info("Backend: cuda, since there is a GPU; --backend=cpu takes the processor");
  else
    console.info("Backend: cpu; {}", tenon::getDeviceProblem(tenon::Backend::kCUDA, options.system.device));
}

/// A long text, a log line for each of its lines.
void log_text(std::string_view text, Console& console) {
  for (const std::string& line : split(text, '\n'))
    if (!line.empty()) console.write(Severity::kINFO, line);
}

void report_layers(const ICudaEngine& engine, const ReportingOptions& reporting, Console& console) {
  if (!reporting.dump_layer_info && reporting.export_layer_info.empty()) return;
  const std::unique_ptr<tenon::IEngineInspector> inspector(engine.createEngineInspector());
  if (inspector == nullptr) throw Reported();
  if (reporting.dump_layer_info) {
    console.info("Layer Information:");
    log_text(inspector->getEngineInformation(tenon::LayerInformationFormat::kONELINE), console);
  }
  if (!reporting.export_layer_info.empty())
    write_file("--exportLayerInfo", reporting.export_layer_info,
               inspector->getEngineInformation(tenon::LayerInformationFormat::kJSON));
}

void report_profiles(const ICudaEngine& engine, Console& console) {
  using enum tenon::OptProfileSelector;
  for (int profile = 0; profile < engine.getNbOptimizationProfiles(); ++profile) {
    console.info("Optimization Profile {}:", profile);
    for (int i = 0; i < engine.getNbIOTensors(); ++i) {
      const char* name = engine.getIOTensorName(i);
      if (engine.getTensorIOMode(name) != tenon::TensorIOMode::kINPUT) continue;
      console.info("  {}: Minimum shape: {}, Optimum shape: {}, Maximum shape: {}", name,
                   to_text(engine.getProfileShape(name, profile, kMIN)),
                   to_text(engine.getProfileShape(name, profile, kOPT)),
                   to_text(engine.getProfileShape(name, profile, kMAX)));
    }
  }
}

void report_engine(const ICudaEngine& engine, const Options& options, Console& console) {
  if (options.reporting.dump_optimization_profile) report_profiles(engine, console);
  report_layers(engine, options.reporting, console);
  if (!options.build.explain) return;
  const std::string_view explanation = engine.getExplanation();
  if (explanation.empty()) {
    console.warning("--explain: this engine was built without --explain and holds no selection report");
    return;
  }
  console.info("=== Selection Report ===");
  log_text(explanation, console);
}

void report_precision(const ICudaEngine& engine, Console& console) {
  const std::string_view summary = engine.getPrecisionSummary();
  if (!summary.empty()) console.info("Precision: {}", summary);
}

void report_trace(const Trace& trace, const Options& options, Console& console) {
  const ReportingOptions& reporting = options.reporting;
  console.info_lines(format_prologue(trace));
  console.info_lines(format_trace(trace, reporting.avg_runs));
  console.info_lines(format_summary(trace, reporting.percentiles));
  for (const std::string& warning : find_warnings(trace)) console.warning("{}", warning);
  if (!reporting.export_times.empty()) write_file("--exportTimes", reporting.export_times, times_to_json(trace));
}

void report_layer_times(const LayerProfile& profile, const ReportingOptions& reporting, Console& console) {
  if (reporting.dump_profile) console.info_lines(profile.format());
  if (!reporting.export_profile.empty()) write_file("--exportProfile", reporting.export_profile, profile.to_json());
}

void report_outputs(const Bindings& bindings, const ReportingOptions& reporting, Console& console) {
  if (reporting.dump_output) {
    console.info("Output Tensors:");
    for (const NamedValues& output : bindings.outputs()) console.info_lines(format_values(output));
  }
  if (!reporting.export_output.empty())
    write_file("--exportOutput", reporting.export_output, values_to_json(bindings.outputs()));
  if (!reporting.dump_raw_bindings) return;
  for (const NamedValues& tensor : bindings.tensors()) {
    const std::string file = raw_file_name(tensor.name, bindings.is_input(tensor.name), tensor.dims, tensor.type);
    write_file("--dumpRawBindingsToFile", file,
               {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
    console.info("Wrote {}", file);
  }
}

void compare_outputs(const Bindings& bindings, const InferenceOptions& inference, Console& console) {
  const std::string algorithm = inference.accuracy_algorithm.empty() ? "l0" : inference.accuracy_algorithm;
  const double threshold = inference.accuracy_threshold.value_or(0);
  constexpr double kTolerance = 1e-5;
  bool passed = true;
  for (const auto& [name, path] : inference.reference_outputs) {
    const std::vector<NamedValues> outputs = bindings.outputs();
    const auto output = std::find_if(outputs.begin(), outputs.end(),
                                     [&, &wanted = name](const NamedValues& o) { return o.name == wanted; });
    if (output == outputs.end()) throw Failure("--loadRefOutputs: the engine has no output '{}'", name);
    const std::vector<char> file = read_file("--loadRefOutputs", path);
    if (file.size() != output->bytes.size())
      throw Failure("--loadRefOutputs: '{}' has {} bytes, but output '{}' ({}, {}) has {}", path, file.size(), name,
                    to_text(output->dims), to_text(output->type), output->bytes.size());
    const double measure = difference(algorithm, values_of(output->bytes, output->type),
                                      values_of(std::as_bytes(std::span(file)), output->type),
                                      inference.atol.value_or(kTolerance), inference.rtol.value_or(kTolerance));
    const bool good = measure <= threshold;
    passed = passed && good;
    console.write(good ? Severity::kINFO : Severity::kERROR,
                  fmt::format("Accuracy of {} ({}): {:g}, {} the threshold {:g}", name, algorithm, measure,
                              good ? "within" : "above", threshold));
  }
  if (!passed) throw Reported();
}

void report_start_up(const LoadedEngine& loaded, const Benchmark& benchmark, const Options& options, Console& console) {
  console.info("{}",
               format_start_up({loaded.load_seconds, benchmark.context_seconds(), benchmark.first_run_seconds()}));
  console.info("{}", format_memory(loaded.before, MemoryUse::now(options), *loaded.engine, options.inference.streams,
                                   benchmark.device_bytes()));
}

void measure(const LoadedEngine& loaded, const Options& options, Console& console) {
  const InferenceOptions& inference = options.inference;
  const ReportingOptions& reporting = options.reporting;
  ICudaEngine& engine = *loaded.engine;
  Benchmark benchmark(engine, options, console);
  console.info("Starting inference");
  const bool profiling = reporting.dump_profile || !reporting.export_profile.empty();
  const bool at_once = profiling && !inference.separate_profile_run;
  LayerProfile profile;
  const Trace trace = benchmark.run(at_once ? &profile : nullptr);
  report_trace(trace, options, console);
  if (at_once)
    console.warning("Timing each layer slows the runs down; --separateProfileRun keeps the summary free of it");
  report_precision(engine, console);
  report_start_up(loaded, benchmark, options, console);
  if (profiling && !at_once) benchmark.run(&profile);
  if (profiling) report_layer_times(profile, reporting, console);
  report_outputs(benchmark.bindings(), reporting, console);
  compare_outputs(benchmark.bindings(), inference, console);
}

}  // namespace

void run_session(const Options& given, Console& console) {
  console.set_verbose(given.reporting.verbose);
  console.info_lines(describe(given));
  Options options = given;
  if (options.build.get_plan_version_only) {
    console.info("Tenon version of the engine: {}", plan_version(options.build.load_engine));
    return;
  }
  if (options.build.validate) return validate_model(options, console);
  options.build.backend = choose_backend(options);
  if (given.build.backend == tenon::Backend::kAUTO && options.build.load_engine.empty()) tell_choice(options, console);
  report_device(options, console);
  if (options.build.backend == tenon::Backend::kCPU)
    for (const std::string& note : options.cpu_notes) console.write(Severity::kINFO, note);
  for (const std::string& note : options.notes) console.write(Severity::kINFO, note);
  for (const std::string& warning : options.warnings) console.write(Severity::kWARNING, warning);
  const LoadedEngine loaded = get_engine(options, console);
  if (!loaded.engine) return console.info("Skipped inference phase since --skipInference is added.");
  report_engine(*loaded.engine, options, console);
  if (options.inference.time_deserialize) return time_deserialization(options, console);
  if (options.build.skip_inference) {
    report_precision(*loaded.engine, console);
    console.info("Skipped inference phase since --skipInference is added.");
    return;
  }
  if (!options.inference.classify.empty()) return classify(*loaded.engine, options, console);
  measure(loaded, options, console);
}

}  // namespace tenonexec
