// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/engine_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <span>

#include "tenonexec/failure.h"
#include "tenonexec/files.h"
#include "tenonexec/layer_types.h"
#include "tenonexec/network_setup.h"
#include "tenonexec/ownership.h"
#include "tenonexec/progress.h"
#include "tenonexec/timing_cache_file.h"

namespace tenonexec {
namespace {

using tenon::BuilderFlag;

constexpr double kMiB = 1 << 20;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void parse_onnx(const Options& options, tenon::INetworkDefinition& network, Console& console) {
  const auto parser = own(tenon::createParser(network, console));
  for (const auto& [name, dims] : fixed_extents(options.build))
    if (!parser->setInputShape(name.c_str(), dims)) throw Reported();
  if (!parser->parseFromFile(options.model.onnx.c_str(), static_cast<int>(tenon::ILogger::Severity::kVERBOSE)))
    throw Reported();
}

void parse_caffe(const Options& options, tenon::INetworkDefinition& network, Console& console) {
  const ModelOptions& model = options.model;
  const auto parser = own(tenon::createCaffeParser(console));
  for (const auto& [name, dims] : fixed_extents(options.build))
    if (!parser->setInputShape(name.c_str(), dims)) throw Reported();
  if (model.batch > 0 && !parser->setBatchSize(model.batch)) throw Reported();
  const char* weights = model.caffe_model.empty() ? nullptr : model.caffe_model.c_str();
  const auto* blobs = parser->parse(model.deploy.c_str(), weights, network, tenon::DataType::kFLOAT);
  if (blobs == nullptr) throw Reported();
  std::vector<std::string> unread;
  for (int i = 0; const char* name = parser->getUnreadBlob(i); ++i) unread.emplace_back(name);
  for (const std::string& name : model.outputs.empty() ? unread : model.outputs) {
    tenon::ITensor* tensor = blobs->find(name.c_str());
    if (tensor == nullptr)
      throw Failure("--output: the network has no blob '{}'; those that no layer reads are {}", name,
                    fmt::join(unread, ", "));
    network.markOutput(*tensor);
  }
}

void parse_model(const Options& options, tenon::INetworkDefinition& network, Console& console) {
  const Stopwatch watch;
  console.info("Start parsing network model.");
  options.model.deploy.empty() ? parse_onnx(options, network, console) : parse_caffe(options, network, console);
  console.info("Finished parsing network model. Parse time: {:.4g}", watch.seconds());
}

void set_flags(tenon::IBuilderConfig& config, const BuildOptions& build) {
  const auto set = [&](BuilderFlag flag, bool on) { on ? config.setFlag(flag) : config.clearFlag(flag); };
  set(BuilderFlag::kFP16, build.fp16);
  set(BuilderFlag::kBF16, build.bf16);
  set(BuilderFlag::kINT8, build.int8);
  set(BuilderFlag::kQDQ_AS_RANGES, build.qdq_as_ranges);
  set(BuilderFlag::kTF32, build.tf32);
  set(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS, build.precision_constraints == PrecisionConstraints::kObey);
  set(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS, build.precision_constraints == PrecisionConstraints::kPrefer);
  set(BuilderFlag::kDISABLE_TIMING_CACHE, !build.builder_cache);
  set(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS, build.error_on_timing_cache_miss);
  set(BuilderFlag::kEXPLAIN, build.explain);
}

void configure(tenon::IBuilderConfig& config, const Options& options) {
  const BuildOptions& build = options.build;
  set_flags(config, build);
  config.setAvgTimingIterations(build.avg_timing);
  config.setBuilderOptimizationLevel(build.optimization_level);
  config.setMaxNbTactics(build.max_tactics);
  if (!config.setTacticSources(build.tactic_sources)) throw Reported();
  config.setProfilingVerbosity(build.verbosity);
  if (build.workspace)
    config.setMemoryPoolLimit(tenon::MemoryPoolType::kWORKSPACE, static_cast<size_t>(*build.workspace));
  config.setMaxPatches(build.max_patches);
  if (!build.export_graph.empty()) config.setGraphExportPath(build.export_graph.c_str());
  if (!config.setBackend(build.backend) || !config.setDevice(options.system.device) ||
      !config.setCpuThreads(threads_per_stream(options)))
    throw Reported();
  config.setTargetArchitecture(build.architecture.c_str());
  if (!build.timing_cache_file.empty()) config.setKernelCachePath((build.timing_cache_file + ".kernels").c_str());
  if (!build.preprocess.empty() && !config.setPreprocess(build.preprocess.c_str())) throw Reported();
  if (!config.setCalibrationData(build.calibration_data.c_str(), build.calibration_images,
                                 static_cast<uint64_t>(build.calibration_seed)) ||
      !config.setCalibrationBatchSize(build.calibration_batch) || !config.setCalibrator(build.calibrator.c_str()))
    throw Reported();
  config.setCalibrationUnsigned(build.calibration_unsigned);
  config.setCalibrationCache(build.calibration_cache.c_str());
  if (!config.setQuantizationLevel(build.quantization_level) ||
      !config.setAccuracyBudget(build.accuracy_budget.value_or(-1), build.metric.c_str(),
                                build.evaluation_data.c_str()))
    throw Reported();
  if (!config.setQdqExport(build.export_qdq.c_str(), build.qdq_profile)) throw Reported();
  for (const std::string& pass : build.disabled_passes)
    if (!config.disablePass(pass.c_str())) throw Reported();
}

/// Builds the plan and writes it to `target`, unless that is empty.
std::unique_ptr<tenon::IHostMemory> build_plan(const Options& options, const std::string& target, Console& console) {
  const BuildOptions& build = options.build;
  const auto builder = own(tenon::createInferBuilder(console));
  const uint32_t typed = 1U << static_cast<int>(tenon::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
  const auto network = own(builder->createNetworkV2(build.strongly_typed ? typed : 0));
  parse_model(options, *network, console);
  const auto config = own(builder->createBuilderConfig());
  configure(*config, options);
  set_io_formats(*network, build);
  if (build.precision_constraints != PrecisionConstraints::kNone) set_layer_types(*network, build);
  add_profiles(*builder, *config, *network, build, console);

  std::optional<TimingCacheFile> cache;
  if (!build.timing_cache_file.empty()) cache.emplace(*config, build.timing_cache_file, console);
  Progress progress(console);
  config->setProgressMonitor(&progress);
  const Stopwatch watch;
  std::unique_ptr<tenon::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  console.bar("");
  if (cache && (plan != nullptr || cache->grown())) cache->save();
  if (plan == nullptr) throw Reported();
  console.info("Engine built in {:.4g} sec.", watch.seconds());
  console.info("Created engine with size: {:.4g} MiB", static_cast<double>(plan->size()) / kMiB);
  if (!target.empty()) {
    write_file("--saveEngine", target, text_of(*plan));
    console.info("Saved engine to {}", target);
  }
  return plan;
}

/// What would fail after a long build is tried before it.
void check_targets(const Options& options, const std::string& engine) {
  std::error_code error;
  const std::string new_cache =
      std::filesystem::exists(options.build.calibration_cache, error) ? "" : options.build.calibration_cache;
  const std::pair<std::string_view, const std::string*> targets[] = {
      {"--saveEngine", &engine},
      {"--timingCacheFile", &options.build.timing_cache_file},
      {"--exportGraph", &options.build.export_graph},
      {"--exportQdq", &options.build.export_qdq},
      {"--calib", &new_cache},
      {"--exportTimes", &options.reporting.export_times},
      {"--exportOutput", &options.reporting.export_output},
      {"--exportProfile", &options.reporting.export_profile},
      {"--exportLayerInfo", &options.reporting.export_layer_info}};
  for (const auto& [flag, path] : targets)
    if (!path->empty()) check_writable(flag, *path);
}

void load_file(LoadedEngine& loaded, const std::string& path, Console& console) {
  const Stopwatch watch;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw Failure("--loadEngine: '{}' is a folder, not a file", path);
  loaded.engine = own(loaded.runtime->deserializeCudaEngineFromFile(path.c_str()));
  loaded.load_seconds = watch.seconds();
  console.info("Engine loaded in {:.4g} sec.", loaded.load_seconds);
  console.info("Loaded engine with size: {:.4g} MiB",
               static_cast<double>(std::filesystem::file_size(path, error)) / kMiB);
}

}  // namespace

LoadedEngine get_engine(const Options& options, Console& console) {
  LoadedEngine loaded;
  const std::string target = options.build.save_engine.empty() ? "" : engine_path(options);
  check_targets(options, target);
  loaded.runtime = own(tenon::createInferRuntime(console));
  if (!loaded.runtime->setDevice(options.system.device)) throw Reported();
  loaded.before = MemoryUse::now(options);
  if (!options.build.load_engine.empty()) {
    load_file(loaded, options.build.load_engine, console);
    return loaded;
  }
  const auto plan = build_plan(options, target, console);
  // What is built for another GPU than those here cannot be loaded.
  if (options.build.skip_inference && !options.build.architecture.empty()) return loaded;
  loaded.before = MemoryUse::now(options);
  if (target.empty()) {
    loaded.engine = own(loaded.runtime->deserializeCudaEngine(plan->data(), plan->size()));
    return loaded;
  }
  load_file(loaded, target, console);
  return loaded;
}

void time_deserialization(const Options& options, Console& console) {
  constexpr int kLoads = 20;
  const std::string& path = options.build.load_engine.empty() ? engine_path(options) : options.build.load_engine;
  const auto runtime = own(tenon::createInferRuntime(console));
  if (!runtime->setDevice(options.system.device)) throw Reported();
  own(runtime->deserializeCudaEngineFromFile(path.c_str()));
  const Stopwatch watch;
  for (int i = 0; i < kLoads; ++i) own(runtime->deserializeCudaEngineFromFile(path.c_str()));
  const double ms = 1000 * watch.seconds();
  console.info("Total deserialization time = {:g} milliseconds in {} iterations, average time = {:g} milliseconds.", ms,
               kLoads, ms / kLoads);
}

std::string plan_version(const std::string& path) {
  constexpr size_t kHead = 64;
  const std::vector<char> head = read_head("--getPlanVersionOnly", path, kHead);
  int32_t major = 0, minor = 0, patch = 0;
  if (!tenon::getPlanVersion(head.data(), head.size(), major, minor, patch))
    throw Failure("--getPlanVersionOnly: '{}' is no engine of Tenon", path);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

int threads_per_stream(const Options& options) {
  int threads = options.system.cpu_threads;
  tenon::DeviceInfo device;
  if (threads == 0 && tenon::getDeviceInfo(tenon::Backend::kCPU, 0, device)) threads = device.cores;
  return std::max(threads / options.inference.streams, 1);
}

}  // namespace tenonexec
