// SPDX-License-Identifier: Apache-2.0
// Everything that the command line says. The defaults are trtexec 10.16's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenon/builder.h"
#include "tenon/types.h"
#include "tenonexec/specs.h"

namespace tenonexec {

/// Bounds of the dynamic inputs of one optimization profile, as given.
struct ProfileShapes {
  std::optional<Shapes> min, opt, max;
};

struct ModelOptions {
  std::string onnx;
  std::string deploy, caffe_model;   ///< of Caffe: structure and weights; without the latter these are random
  std::vector<std::string> outputs;  ///< of Caffe: blobs that become outputs
  int batch = 0;                     ///< of Caffe: instead of the file's; 0: that
  /// The file that says the structure.
  const std::string& file() const { return deploy.empty() ? onnx : deploy; }
};

enum class PrecisionConstraints { kNone, kPrefer, kObey };

/// Layers by name or pattern, and the type of each, or of each of its outputs.
struct LayerTypes {
  std::string name;
  std::vector<tenon::DataType> types;
};

struct BuildOptions {
  bool fp16 = false, bf16 = false, int8 = false, best = false, tf32 = true, strongly_typed = false;
  std::string calibration_data, calibration_cache, calibrator;
  int calibration_images = 512, calibration_batch = 1;
  int64_t calibration_seed = 0;
  bool calibration_unsigned = false, qdq_as_ranges = false;
  int quantization_level = 0;
  std::optional<double> accuracy_budget;
  std::string metric = "agreement", evaluation_data;
  std::string export_qdq;
  tenon::QdqProfile qdq_profile = tenon::QdqProfile::kNATIVE;
  PrecisionConstraints precision_constraints = PrecisionConstraints::kNone;
  std::vector<LayerTypes> layer_precisions, layer_output_types;
  std::map<int, ProfileShapes> profiles;
  int open_profile = 0;  ///< the one that shapes on the command line belong to, from --profile=N on
  std::vector<IoFormat> input_formats, output_formats;
  std::optional<int64_t> workspace;  ///< bytes
  std::string timing_cache_file;
  bool builder_cache = true, error_on_timing_cache_miss = false;
  int optimization_level = 3, avg_timing = 8, max_tactics = -1;
  tenon::ProfilingVerbosity verbosity = tenon::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  std::string save_engine, load_engine;
  bool skip_inference = false, get_plan_version_only = false, validate = false;
  tenon::Backend backend = tenon::Backend::kAUTO;
  uint32_t tactic_sources = 0x1f;  ///< bits of tenon::TacticSources
  std::string architecture;        ///< of the GPU that is built for; empty: of the one here
  bool explain = false;
  std::string export_graph, preprocess;
  std::vector<std::string> disabled_passes;
  int64_t max_patches = -1;
};

struct SystemOptions {
  int device = 0;
  int cpu_threads = 0;  ///< 0: one per physical core
};

struct InferenceOptions {
  Shapes shapes;
  Names inputs, reference_outputs;
  std::string accuracy_algorithm;  ///< l0, l1, l2, lInf or cos; empty: not asked for
  std::optional<double> atol, rtol, accuracy_threshold;
  int iterations = 10, warm_up_ms = 200;
  int duration_s = 3;  ///< −1: until killed
  int sleep_ms = 0, idle_ms = 0, streams = 1, profile = 0;
  bool transfers = true;  ///< of inputs and outputs with each run, on a GPU
  bool expose_dma = false, managed_memory = false, debug_sync = false;
  bool threads = false, spin_wait = false, separate_profile_run = false, time_deserialize = false;
  std::string classify;
};

struct ReportingOptions {
  bool verbose = false, dump_output = false, dump_raw_bindings = false, dump_profile = false, dump_layer_info = false,
       dump_optimization_profile = false;
  int avg_runs = 10;
  std::vector<float> percentiles = {90, 95, 99};
  std::string export_times, export_output, export_profile, export_layer_info;
};

struct Options {
  bool help = false;
  ModelOptions model;
  BuildOptions build;
  SystemOptions system;
  InferenceOptions inference;
  ReportingOptions reporting;
  /// Lines to log once logging has begun.
  std::vector<std::string> notes, warnings;
  /// The same for a flag that means nothing on the CPU, where the engine is for that.
  std::vector<std::string> cpu_notes;
};

/// Reads the arguments behind the program's name and checks them against each other. No arguments mean help. Throws
/// Failure.
Options parse_options(const std::vector<std::string>& arguments);

/// min, opt and max completed from those given, tensor by tensor; `index` is for messages.
struct CompleteProfile {
  Shapes min, opt, max;
};
CompleteProfile complete(const ProfileShapes& shapes, int index);

/// The sections "=== Model Options ===" to "=== Reporting Options ===", one string a line.
std::vector<std::string> describe(const Options& options);

/// "fp32", or those allowed beside it, such as "fp16+int8", as used in engine file names; upper case with FP32+ in the
/// log.
std::string precision_name(const BuildOptions& build);

/// Where the engine goes: --saveEngine, or for a folder module.precision[.<io>].engine in it.
std::string engine_path(const Options& options);

}  // namespace tenonexec
