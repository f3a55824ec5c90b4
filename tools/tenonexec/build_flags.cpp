// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "tenon/builder.h"
#include "tenonexec/flag_setters.h"
#include "tenonexec/flags.h"
#include "tenonexec/layer_types.h"

namespace tenonexec {
namespace {

void set_shapes(Options& options, View flag, View value, std::optional<Shapes> ProfileShapes::*member) {
  std::optional<Shapes>& shapes = options.build.profiles[options.build.open_profile].*member;
  if (shapes)
    throw Failure("{} is given twice for profile {}; start another profile with --profile={}", flag,
                  options.build.open_profile, options.build.open_profile + 1);
  shapes = parse_shapes(flag, value);
}

void open_profile(Options& options, View flag, View value) {
  const int index = integer(flag, value, 0, 4095);
  if (!options.build.profiles.try_emplace(index).second) throw Failure("{}: profile {} is given twice", flag, index);
  options.build.open_profile = index;
}

void set_memory_pools(Options& options, View flag, View value) {
  for (const auto& [pool, size] : parse_names(flag, value)) {
    const bool workspace = choice<bool>(flag, pool,
                                        {{"workspace", true},
                                         {"tacticSharedMem", false},
                                         {"dlaSRAM", false},
                                         {"dlaLocalDRAM", false},
                                         {"dlaGlobalDRAM", false}});
    const int64_t bytes = parse_size(flag, size);
    if (workspace)
      options.build.workspace = bytes;
    else
      options.notes.push_back(fmt::format("{}: the pool {} has no meaning on the CPU and is ignored", flag, pool));
  }
}

void set_verbosity(Options& options, View flag, View value) {
  using enum tenon::ProfilingVerbosity;
  options.build.verbosity = choice<tenon::ProfilingVerbosity>(flag, value,
                                                              {{"layer_names_only", kLAYER_NAMES_ONLY},
                                                               {"detailed", kDETAILED},
                                                               {"none", kNONE},
                                                               {"default", kLAYER_NAMES_ONLY},
                                                               {"verbose", kDETAILED}});
}

void set_tactic_sources(Options& options, View flag, View value) {
  using enum tenon::TacticSource;
  for (View rest = value; !rest.empty();) {
    const View item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    if (item.empty() || (item[0] != '+' && item[0] != '-'))
      throw Failure("{}: '{}' must begin with + or -", flag, item);
    const auto source = choice<tenon::TacticSource>(flag, item.substr(1),
                                                    {{"CUBLAS", kCUBLAS},
                                                     {"CUBLAS_LT", kCUBLAS_LT},
                                                     {"CUDNN", kCUDNN},
                                                     {"EDGE_MASK_CONVOLUTIONS", kEDGE_MASK_CONVOLUTIONS},
                                                     {"JIT_CONVOLUTIONS", kJIT_CONVOLUTIONS}});
    const uint32_t bit = 1u << static_cast<int>(source);
    options.build.tactic_sources =
        item[0] == '+' ? options.build.tactic_sources | bit : options.build.tactic_sources & ~bit;
  }
  gpu_only(options, flag, value);
}

void add_outputs(Options& options, View flag, View value) {
  for (View rest = value;;) {
    const View name = rest.substr(0, rest.find(','));
    options.model.outputs.push_back(not_empty(flag, name, "names of blobs"));
    if (name.size() == rest.size()) return;
    rest.remove_prefix(name.size() + 1);
  }
}

/// Scripts for old engines give both the largest batch and the one to run: the latter is the network's.
void set_batch(Options& options, View flag, View value) {
  const int batch = integer(flag, value, 1);
  if (flag == "--batch" || options.model.batch == 0) options.model.batch = batch;
}

void add_types(std::vector<LayerTypes>& list, View flag, View value, bool several) {
  const auto more = parse_layer_types(flag, value, several);
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

std::vector<Flag> build_flags() {
  using O = Options&;
  return {
      {"help", "", Group::Model, "print this text", [](O o, View, View) { o.help = true; }},
      {"onnx", "FILE", Group::Model, "ONNX model to build an engine from",
       [](O o, View f, View v) { o.model.onnx = home_file(f, v); }},
      {"deploy", "FILE", Group::Model, "Caffe network (prototxt) to build an engine from",
       [](O o, View f, View v) { o.model.deploy = home_file(f, v); }},
      {"model", "FILE", Group::Model, "its weights (caffemodel); without it they are random",
       [](O o, View f, View v) { o.model.caffe_model = home_file(f, v); }},
      {"output", "N,…", Group::Model, "its outputs (default: the blobs that no layer reads)", add_outputs, true},
      {"batch", "N", Group::Model, "its batch instead of the file's", set_batch},
      {"maxBatch", "N", Group::Model, "old form of --batch", set_batch},

      {"minShapes", "SPEC", Group::Build, "smallest input shapes of a profile, name:1x3x224x224[,name2:…]",
       [](O o, View f, View v) { set_shapes(o, f, v, &ProfileShapes::min); }, true},
      {"optShapes", "SPEC", Group::Build, "shapes to tune for; alone it is also the smallest and the largest",
       [](O o, View f, View v) { set_shapes(o, f, v, &ProfileShapes::opt); }, true},
      {"maxShapes", "SPEC", Group::Build, "largest input shapes of a profile",
       [](O o, View f, View v) { set_shapes(o, f, v, &ProfileShapes::max); }, true},
      {"profile", "N", Group::Build, "the shapes that follow belong to profile N (from 0, without gaps)", open_profile,
       true},
      {"inputIOFormats", "SPEC", Group::Build, "type:format[+format] of each input, or one for all (fp32:chw)",
       [](O o, View f, View v) { o.build.input_formats = parse_io_formats(f, v); }},
      {"outputIOFormats", "SPEC", Group::Build, "the same for the outputs",
       [](O o, View f, View v) { o.build.output_formats = parse_io_formats(f, v); }},
      {"fp16", "", Group::Build, "allow half precision where it is faster",
       [](O o, View, View) { o.build.fp16 = true; }},
      {"bf16", "", Group::Build, "allow bfloat16 where it is faster", [](O o, View, View) { o.build.bf16 = true; }},
      {"int8", "", Group::Build, "allow products of 8 bits; needs --calibrationData or --calib to be exact",
       [](O o, View, View) { o.build.int8 = true; }},
      {"calib", "FILE", Group::Build,
       "ranges for --int8: read if the file exists (also TensorRT's), else written after calibrating",
       [](O o, View f, View v) { o.build.calibration_cache = file(f, v); }},
      {"calibrationData", "DIR", Group::Build,
       "calibrate --int8 on the images, .npy, .npz or raw .bin files below this folder",
       [](O o, View f, View v) { o.build.calibration_data = not_empty(f, v, "a folder"); }},
      {"calibrationImages", "N", Group::Build, "files of it at most (512), its folders in turn",
       [](O o, View f, View v) { o.build.calibration_images = integer(f, v, 1); }},
      {"calibrationSeed", "N", Group::Build, "shuffle the files before (0: sorted by name)",
       [](O o, View f, View v) { o.build.calibration_seed = parse_integer(f, v, 0, INT64_MAX); }},
      {"calibrationBatch", "N", Group::Build, "samples of one run (1); ranges do not depend on it",
       [](O o, View f, View v) { o.build.calibration_batch = integer(f, v, 1, 4096); }},
      {"calibrationUnsigned", "", Group::Build, "activations that are never negative may be u8: one bit more",
       [](O o, View, View) { o.build.calibration_unsigned = true; }},
      {"calibrator", "NAME", Group::Build,
       "mse (default), entropy2, entropy, minmax, percentile=P, legacy=QUANTILE:CUTOFF or auto",
       [](O o, View f, View v) { o.build.calibrator = not_empty(f, v, "a method"); }},
      {"quantizationLevel", "N", Group::Build,
       "corrections of what is rounded: 0 none, 1 biases and channels, 2 weights, too",
       [](O o, View f, View v) { o.build.quantization_level = integer(f, v, 0, 2); }},
      {"accuracyBudget", "X", Group::Build,
       "leave layers in floats until int8 costs X at most, on samples that are held out",
       [](O o, View f, View v) { o.build.accuracy_budget = parse_number(f, v, 0, 1e300); }},
      {"metric", "NAME", Group::Build,
       "of the budget: agreement (default) or top1, in percent lost, or sqnr, the least dB",
       [](O o, View f, View v) {
         o.build.metric = choice<View>(f, v, {{"agreement", "agreement"}, {"top1", "top1"}, {"sqnr", "sqnr"}});
       }},
      {"evaluationData", "DIR", Group::Build, "samples for the budget, instead of some of --calibrationData",
       [](O o, View f, View v) { o.build.evaluation_data = not_empty(f, v, "a folder"); }},
      {"exportQdq", "FILE", Group::Build,
       "write the ONNX file anew, with QuantizeLinear and DequantizeLinear for what --int8 rounds",
       [](O o, View f, View v) { o.build.export_qdq = file(f, v); }},
      {"qdqProfile", "NAME", Group::Build, "who reads it: native (default), trt or ort-cpu",
       [](O o, View f, View v) {
         using enum tenon::QdqProfile;
         o.build.qdq_profile =
             choice<tenon::QdqProfile>(f, v, {{"native", kNATIVE}, {"trt", kTRT}, {"ort-cpu", kORT_CPU}});
       }},
      {"qdq", "MODE", Group::Build,
       "QuantizeLinear and DequantizeLinear of the model: bind (default), or hint: ranges that permit --int8",
       [](O o, View f, View v) {
         o.build.qdq_as_ranges = choice<bool>(f, v, {{"bind", false}, {"hint", true}});
       }},
      {"best", "", Group::Build, "allow all types where they are faster",
       [](O o, View, View) { o.build.best = o.build.fp16 = o.build.bf16 = o.build.int8 = true; }},
      {"precisionConstraints", "MODE", Group::Build,
       "types of single layers: none (ignored), prefer (with a warning where one cannot be had), obey (or "
       "fail)",
       [](O o, View f, View v) {
         using enum PrecisionConstraints;
         o.build.precision_constraints =
             choice<PrecisionConstraints>(f, v, {{"none", kNone}, {"prefer", kPrefer}, {"obey", kObey}});
       }},
      {"layerPrecisions", "SPEC", Group::Build,
       "types of layers, name:fp16,\"odd,name\":fp32,block*:bf16; later entries win",
       [](O o, View f, View v) { add_types(o.build.layer_precisions, f, v, false); }, true},
      {"layerOutputTypes", "SPEC", Group::Build,
       "types in which layers' outputs are stored, name:fp16 or name:fp16+fp32",
       [](O o, View f, View v) { add_types(o.build.layer_output_types, f, v, true); }, true},
      {"noTF32", "", Group::Build, "forbid TF32 on a GPU",
       [](O o, View f, View v) {
         o.build.tf32 = false;
         gpu_only(o, f, v);
       }},
      {"stronglyTyped", "", Group::Build, "take all types from the network; switches --fp16 and --bf16 off",
       [](O o, View, View) { o.build.strongly_typed = true; }},
      {"explicitBatch", "", Group::Build, "accepted for old scripts; always so",
       [](O o, View f, View) { o.notes.push_back(fmt::format("{} is always on and not needed", f)); }},
      {"memPoolSize", "SPEC", Group::Build, "limits, workspace:512M (units B, K, M, G; MiB without one)",
       set_memory_pools},
      {"workspace", "N", Group::Build, "old form of --memPoolSize=workspace:N",
       [](O o, View f, View v) { o.build.workspace = integer(f, v, 0) * (int64_t{1} << 20); }},
      {"tacticSources", "SPEC", Group::Build,
       "libraries to take implementations from (+) or not (-), such as -CUDNN,+CUBLAS_LT (default: all)",
       set_tactic_sources},
      {"timingCacheFile", "FILE", Group::Build, "times measured before: read if it exists, extended after the build",
       [](O o, View f, View v) { o.build.timing_cache_file = file(f, v); }},
      {"noBuilderCache", "", Group::Build, "measure without a timing cache",
       [](O o, View, View) { o.build.builder_cache = false; }},
      {"errorOnTimingCacheMiss", "", Group::Build, "fail instead of measuring what the timing cache lacks",
       [](O o, View, View) { o.build.error_on_timing_cache_miss = true; }},
      {"builderOptimizationLevel", "N", Group::Build, "0 (measure nothing) to 5 (measure everything); default 3",
       [](O o, View f, View v) { o.build.optimization_level = integer(f, v, 0, 5); }},
      {"avgTiming", "N", Group::Build, "runs averaged per measurement (8)",
       [](O o, View f, View v) { o.build.avg_timing = integer(f, v, 1); }},
      {"maxTactics", "N", Group::Build, "implementations measured per layer at most (-1: by the level)",
       [](O o, View f, View v) { o.build.max_tactics = integer(f, v, -1); }},
      {"profilingVerbosity", "MODE", Group::Build, "layer_names_only (default), detailed or none", set_verbosity},
      {"saveEngine", "FILE", Group::Build, "write the engine; DIR/ names it module.precision.engine in that folder",
       [](O o, View f, View v) { o.build.save_engine = file(f, v); }},
      {"loadEngine", "FILE", Group::Build, "load this engine instead of building one",
       [](O o, View f, View v) { o.build.load_engine = file(f, v); }},
      {"getPlanVersionOnly", "", Group::Build, "with --loadEngine: print which version wrote it, and stop",
       [](O o, View, View) { o.build.get_plan_version_only = true; }},
      {"validate", "", Group::Build, "say what a build would meet, without building: exit code 1 where it would fail",
       [](O o, View, View) { o.build.validate = true; }},
      {"skipInference", "", Group::Build, "stop after the build",
       [](O o, View, View) { o.build.skip_inference = true; }},
      {"buildOnly", "", Group::Build, "old name of --skipInference",
       [](O o, View, View) { o.build.skip_inference = true; }},
      {"backend", "NAME", Group::Build, "auto (default; says what it chose and why), cpu or cuda",
       [](O o, View f, View v) {
         using enum tenon::Backend;
         o.build.backend = choice<tenon::Backend>(f, v, {{"auto", kAUTO}, {"cpu", kCPU}, {"cuda", kCUDA}});
       }},
      {"targetArch", "ARCH", Group::Build,
       "GPUs to build for without measuring, such as sm_90 or sm_80,sm_90 (default: those here)",
       [](O o, View f, View v) { o.build.architecture = not_empty(f, v, "an architecture"); }},
      {"explain", "", Group::Build, "print every implementation considered: chosen, its time, or why not",
       [](O o, View, View) { o.build.explain = true; }},
      {"exportGraph", "FILE", Group::Build, "write the optimized graph as text",
       [](O o, View f, View v) { o.build.export_graph = file(f, v); }},
      {"preprocess", "SPEC", Group::Build,
       "how an image becomes the input (kept in the engine), e.g. resize=256,crop=224",
       [](O o, View f, View v) { o.build.preprocess = not_empty(f, v, "a specification"); }},
      {"disablePass", "NAME", Group::Build, "leave an optimization pass out; may be repeated",
       [](O o, View f, View v) { o.build.disabled_passes.push_back(not_empty(f, v, "the name of a pass")); }, true},
      {"maxPatches", "N", Group::Build, "stop rewriting the graph after N changes, to find a wrong one",
       [](O o, View f, View v) { o.build.max_patches = integer(f, v, 0); }},
  };
}

}  // namespace tenonexec
